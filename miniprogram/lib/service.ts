// The one place that speaks to the service and to WeChat's sign-in.

import { SERVICE } from '../config';
import { Trouble, again } from './again';

const OFFLINE = '没有连上网络。请看看手机网络，再试一次。';
const LATER = '服务正忙。请过一会儿再试一次。';

type Method = 'GET' | 'POST' | 'DELETE';

/** One call; `data` is what the service says. */
export function call<T>(method: Method, path: string, { body, token }: { body?: object; token?: string } = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    wx.request({
      url: `${SERVICE}/api${path}`,
      method,
      data: body,
      header: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      success: ({ statusCode, data }) => {
        if (statusCode >= 200 && statusCode < 300) resolve(data as unknown as T);
        else reject(refusal(statusCode, data));
      },
      fail: () => reject(new Trouble(OFFLINE, true)),
    });
  });
}

function refusal(status: number, data: unknown): Trouble {
  // A proxy may answer with a page of its own.
  const { message } = (typeof data === 'object' && data ? data : {}) as { message?: string };
  return new Trouble(message || LATER, status >= 500 || status === 429);
}

export const get = <T>(path: string): Promise<T> => again(() => call<T>('GET', path));

/** A fresh code of WeChat's: good once, for five minutes. */
export function loginCode(): Promise<string> {
  return again(() => new Promise<string>((resolve, reject) => {
    const failed = () => reject(new Trouble('微信登录没有成功。请看看网络，再试一次。', true));
    wx.login({ success: ({ code }) => (code ? resolve(code) : failed()), fail: failed });
  }));
}

/** Does something as whoever holds the phone, with a session that ends with it. */
export async function signedIn<T>(work: (token: string) => Promise<T>): Promise<T> {
  const { token } = await call<{ token: string }>('POST', '/session', { body: { code: await loginCode() } });
  try {
    return await work(token);
  } finally {
    // A session that stays behind ends by itself.
    await call('DELETE', '/session', { token }).catch(() => undefined);
  }
}
