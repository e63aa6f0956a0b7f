// 留言: what people write to the centre. Those that wait for an answer stand first.

import { api } from './api.js';
import { h } from './dom.js';
import { badge, empty, pageHead } from './ui.js';

export async function page({ search, signal }) {
  const closed = search.get('closed') === '1';
  const threads = await api.list(`/api/staff/desk?closed=${closed}`, { signal });
  const tab = (is, href, text) => h('a', { href, testid: is ? 'desk-closed' : 'desk-open', 'aria-current': is === closed ? 'page' : null }, text);
  return h('div.page', {},
    pageHead({ title: '留言', lead: '居民在公众号里回复“人工”以后写的话，和在小程序里写的话。' }),
    h('nav.tabs', { 'aria-label': '按状态看' }, tab(false, '#/desk', '没办结的'), tab(true, '#/desk?closed=1', '办结的')),
    h('div.panel.flush', {}, threads.length
      ? h('ul.desk-list', threads.map(row))
      : empty(closed ? '还没有办结的留言。' : '没有留言。', closed ? '' : '有人写来，会排在这里。')));
}

export const nameOf = (thread) => thread.name ?? (thread.learner_number ? '还没填姓名的学员' : '没有连上账号的微信用户');

function row(thread) {
  return h('li', h('a', { href: `#/desk/${thread.id}`, testid: `desk-row-${thread.id}` },
    h('span.row.spread', {}, h('span.strong', nameOf(thread)), thread.waits ? badge('等回复', 'warn') : badge(thread.closed ? '办结' : '已回复', thread.closed ? '' : 'ok')),
    h('span.desk-last', thread.last_text),
    h('span.small.soft', thread.time_text)));
}
