// The privacy text, before the first use of what it is about. WeChat counts only a tap on
// the button named here.

import { answer, attend } from '../../lib/privacy';
import { textStyle } from '../../lib/scale';

const BUTTON = 'privacy-agree';

Component({
  data: { shown: false, style: textStyle() },
  lifetimes: {
    attached() {
      this.attend();
    },
    detached() {
      attend(null);
    },
  },
  pageLifetimes: {
    show() {
      this.attend();
    },
  },
  methods: {
    attend() {
      attend(() => this.setData({ shown: true }));
    },
    read() {
      wx.openPrivacyContract({ fail: () => wx.showToast({ title: '现在打不开', icon: 'none' }) });
    },
    agree() {
      this.setData({ shown: false });
      answer(BUTTON);
    },
    refuse() {
      this.setData({ shown: false });
      answer(null);
    },
    hold() {
      // The page behind stays where it is.
    },
  },
});
