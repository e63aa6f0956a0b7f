// 扫一扫: reads a code and opens the page behind it. Only codes of ours lead anywhere. It may
// also be the first page, as the shortcut “签到”.

import { recognise } from '../../lib/codes';
import { textStyle } from '../../lib/scale';
import { home, open } from '../../lib/way';

Page({
  data: { words: '', busy: false, style: textStyle() },

  onLoad() {
    // Who comes from a page has tapped its button already.
    this.scan();
  },

  scan() {
    if (this.data.busy) return;
    this.setData({ busy: true, words: '' });
    wx.scanCode({
      scanType: ['qrCode'],
      success: (scanned) => this.found(recognise(scanned)),
      fail: ({ errMsg }) => this.failed(errMsg),
      complete: () => this.setData({ busy: false }),
    });
  },

  found(to: string | null) {
    if (to) open(to);
    else this.setData({ words: '这不是我们的码。请对准老师屏幕上的码。' });
  },

  failed(why: string) {
    // Who closes the camera wants back; who began here stays and finds the button.
    if (!/cancel/.test(why)) this.setData({ words: '没有扫到码。请再扫一次。' });
    else if (getCurrentPages().length > 1) home();
  },

  leave: home,
});
