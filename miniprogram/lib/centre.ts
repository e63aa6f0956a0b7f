// The centre's name and number: what was known last serves while there is no connection.

import { PHONE } from '../config';
import { get } from './service';

export interface Centre {
  centre_name: string;
  phone: string;
  hours: string;
}

const KEY = 'centre';

export async function askCentre(): Promise<Centre> {
  const { centre_name, phone, hours } = await get<Centre>('/about');
  const centre = { centre_name, phone, hours };
  wx.setStorage({ key: KEY, data: centre });
  return centre;
}

export function knownCentre(): Centre {
  const kept = wx.getStorageSync<Centre | ''>(KEY);
  return kept || { centre_name: '教育中心', phone: PHONE, hours: '' };
}
