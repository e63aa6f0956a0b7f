// What the machine check found: what has to be changed, and what is worth a look.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { badge, button, failure } from './ui.js';

/** `{element, refresh(id)}`; `find(quote)` leads to the place, where there is one. */
export function checkBox({ find, signal }) {
  const place = h('div', { 'aria-live': 'polite' });
  const element = h('section.panel.stack', { 'aria-label': '机器检查', testid: 'article-check', hidden: true },
    h('div.row.spread', {}, h('h2', '机器检查'), h('a', { href: '#/news/words' }, '词语表')), place);
  async function refresh(id) {
    try {
      const found = await api.list(`/api/staff/articles/${id}/check`, { signal });
      element.hidden = false;
      put(place, found.length ? list(found, find) : h('p.soft', '没有发现问题。机器看不出的，还要靠人。'));
    } catch (error) {
      if (isGone(error)) return;
      element.hidden = false;
      put(place, failure(error));
    }
  }
  return { element, refresh };
}

function list(found, find) {
  return h('ul.findings', found.map((one) => h('li', { 'data-weight': one.weight },
    badge(one.weight === 'stop' ? '要改' : '看一看', one.weight === 'stop' ? 'bad' : 'warn'),
    h('div.grow', {}, h('span.strong', one.place), one.quote && h('q', one.quote), h('div', one.message)),
    find && one.quote && !one.quote.includes('****') ? button('找到它', { quiet: true, about: one.quote, onclick: () => find(one.quote) }) : null)));
}
