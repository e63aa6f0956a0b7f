// 发布日历: what went out, what is planned, and how long nothing has.

import { api } from './api.js';
import { h } from './dom.js';
import { silenceBox } from './news_alarms.js';
import * as time from './time.js';
import { badge, empty, pageHead } from './ui.js';

const WAY = { publish: '发布', mass_send: '群发', by_hand: '手工发布' };

function shifted(month, by) {
  const [year, number] = month.split('-').map(Number);
  const index = year * 12 + number - 1 + by;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
}

function state(line) {
  if (line.withdrawn) return badge('已撤下', 'warn');
  if (line.planned) return badge('已定时', 'info');
  return line.state === 'published' ? badge('已发布', 'ok') : badge('正在发布', 'info');
}

export async function page({ search, signal }) {
  const month = search.get('month') ?? time.day().slice(0, 7);
  const [lines, alarms] = await Promise.all([api.list(`/api/staff/news-calendar?month=${month}`, { signal }), api.get('/api/staff/news-alarms', { signal })]);
  const days = [...new Set(lines.map((line) => line.day))];
  const [year, number] = month.split('-');
  return h('div.page', {},
    pageHead({ title: '发布日历', lead: '已经发布的，和定好时间的。', back: { href: '#/news', text: '新闻' } }),
    silenceBox(alarms),
    h('nav.row', { 'aria-label': '换月份' },
      h('a.button', { href: `#/news/calendar?month=${shifted(month, -1)}`, testid: 'month-before' }, '上个月'),
      h('h2', `${year}年${Number(number)}月`),
      h('a.button', { href: `#/news/calendar?month=${shifted(month, 1)}`, testid: 'month-after' }, '下个月')),
    h('div.panel.flush', {}, days.length ? h('ol.calendar', { testid: 'news-calendar' }, days.map((day) => h('li', {},
      h('div.strong.numbers', time.dayText(day)),
      h('ul', lines.filter((line) => line.day === day).map((line) => h('li.row', {},
        h('span.numbers', line.time_text), h('a', { href: `#/news/${line.article_id}` }, line.title), h('span.soft', WAY[line.way]), state(line))))))) : empty('这个月还没有文章。', '三审通过的文章可以定时发布，会排在这里。')));
}
