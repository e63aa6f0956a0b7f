// What people sent: a picture, a recording; and what is shown only to who asks for it.

import { h, put } from './dom.js';
import { button } from './ui.js';

/** `one`: {shown, url, text}. */
export function media(one, id) {
  if (one.shown === 'picture') {
    return h('a.sent', { href: one.url, target: '_blank', rel: 'noopener' },
      h('img', { src: one.url, alt: '居民发来的图片，点开看大图', loading: 'lazy', testid: `picture-${id}` }));
  }
  if (one.shown === 'sound') {
    return h('div.stack.tight', {}, h('audio', { src: one.url, controls: true, preload: 'none', 'aria-label': one.text, testid: `sound-${id}` }));
  }
  if (one.shown === 'file') {
    return h('div.stack.tight', {},
      h('p', {}, h('a.button', { href: one.url, download: '', testid: `file-${id}` }, one.text)),
      h('p.small.soft', '浏览器放不了这种录音。下载后用手机或播放器听。'));
  }
  return h('p.small.soft', one.text);
}

/** A sentence and a button in the place of `content()`, until somebody wants to see it. */
export function covered(text, content, testid) {
  const place = h('div.covered');
  const open = button('点开看', { testid, onclick: () => put(place, content()) });
  return put(place, h('p', text), h('p', {}, open));
}
