// The pages under /m/, in a web-view that fills this one: nothing of ours lies over it.
// Each opening signs in afresh with a code of WeChat's, so nobody types a password.

import { classIn, pageOfWeb, residentAddress, shareable, shown, wanted, HOME, type Query } from '../../lib/address';
import { wordsOf } from '../../lib/again';
import { askCentre } from '../../lib/centre';
import { get, loginCode } from '../../lib/service';
import { textStyle } from '../../lib/scale';

const NAME = '尚学 · 老年大学报名';

/** What the resident page says of itself; WeChat hands it over when something is shared. */
interface Said {
  to?: unknown;
}

Page({
  data: { src: '', words: '', style: textStyle() },
  /** The page to open. */
  to: HOME,
  /** The page on screen now, as far as it has said so. */
  said: undefined as string | undefined,

  onLoad(query: Query) {
    this.to = wanted(query);
    void this.open();
  },

  async open() {
    this.setData({ src: '', words: '' });
    // Without the service the web-view would show WeChat's own blank error.
    const [centre, code] = await Promise.allSettled([askCentre(), loginCode()]);
    if (centre.status === 'rejected') this.setData({ words: wordsOf(centre.reason) });
    else if (code.status === 'rejected') this.setData({ words: wordsOf(code.reason) });
    else this.setData({ src: residentAddress(this.to, code.value) });
  },

  broken() {
    this.setData({ src: '', words: '页面没有打开。请再试一次。' });
  },

  heard({ detail }: WechatMiniprogram.CustomEvent<{ data: Said[] }>) {
    const last = detail.data[detail.data.length - 1];
    if (typeof last?.to === 'string') this.said = last.to;
  },

  onShareAppMessage({ webViewUrl }: WechatMiniprogram.Page.IShareAppMessageOption) {
    const to = shareable(shown(webViewUrl) ?? this.said ?? this.to);
    const plain = { title: NAME, path: pageOfWeb(to) };
    const id = classIn(to);
    if (!id) return plain;
    // WeChat waits three seconds, then takes the plain title.
    const named = get<{ name: string }>(`/classes/${id}`).then(({ name }) => ({ ...plain, title: `${name} · 一起来上课` }), () => plain);
    return { ...plain, promise: named };
  },
});
