// The way back to the pages under /m/.

import { HOME, pageOfWeb } from './address';

/** To where the person came from; to the first page, where this one was opened by itself. */
export function home(): void {
  if (getCurrentPages().length > 1) wx.navigateBack();
  else open(HOME);
}

/** The resident page `to`, signed in afresh, in the place of all that is open. */
export function open(to: string): void {
  wx.reLaunch({ url: pageOfWeb(to) });
}
