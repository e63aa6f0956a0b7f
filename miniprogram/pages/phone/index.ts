// The phone number that WeChat vouches for. WeChat gives a code at the tap; this page takes
// it to the service itself, under a session of its own, so that neither code nor number ever
// stands in an address or passes through the web-view.

import { wordsOf } from '../../lib/again';
import { call, signedIn } from '../../lib/service';
import { textStyle } from '../../lib/scale';
import { home } from '../../lib/way';

/** The button's word; `code` is there if the person allowed it. */
interface Given {
  code?: string;
  errMsg: string;
  errno?: number;
}

const PRIVACY = 104;
const USED_UP = 1400001;

Page({
  data: { kept: '', words: '', busy: false, style: textStyle() },

  given({ detail }: WechatMiniprogram.CustomEvent<Given>) {
    if (this.data.busy) return;
    if (detail.code) void this.keep(detail.code);
    else this.setData({ words: refusal(detail) });
  },

  async keep(code: string) {
    this.setData({ busy: true, words: '' });
    try {
      const me = await signedIn((token) => call<{ phone_masked?: string }>('POST', '/me/phone', { body: { code }, token }));
      this.setData({ kept: me.phone_masked ?? '好了' });
    } catch (error) {
      // The code is spent or will be: the next tap brings another.
      this.setData({ words: wordsOf(error) });
    } finally {
      this.setData({ busy: false });
    }
  },

  leave: home,
});

function refusal({ errno, errMsg }: Given): string {
  if (errno === PRIVACY || /privacy/.test(errMsg)) return '您没有同意隐私说明，手机号没有记下。';
  if (errno === USED_UP) return '现在用不了。请回去自己填手机号。';
  return '您没有同意，手机号没有记下。';
}
