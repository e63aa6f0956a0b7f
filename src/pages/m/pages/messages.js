// 消息: what the centre told this person.

import { get, post } from '../api.js';
import { h, icon } from '../dom.js';
import { link } from '../parts.js';

export async function messages() {
  const { items } = await get('/me/notices');
  const write = link('我的留言', '#/desk', 'second');
  if (!items.length) return [h('p.empty', {}, '还没有消息。报名、候补、改时间的消息都在这里。'), write];
  // Shown is read; the mark stays until the next visit, so that nothing changes under the eyes.
  for (const one of items) if (!one.read) post(`/me/notices/${one.id}/read`).catch(() => {});
  return [write, h('ul.cards', {}, items.map((one) => h('li', {}, h('article.card', { 'data-testid': 'notice', 'data-read': one.read },
    h('h2', {}, one.title),
    h('p.small', {}, !one.read && h('span.fresh', {}, icon('mail'), '新消息'), one.time_text),
    one.about_name && h('p.strong', {}, `这是发给${one.about_name}的：`),
    h('p.text', {}, one.body),
    one.page && link('去看看', `#${one.page}`, 'second')))))];
}
