// 新闻统计: month by month, what was published and taken, by community and project.

import { api } from './api.js';
import { h } from './dom.js';
import { day } from './time.js';
import { empty, pageHead, table } from './ui.js';

export async function page({ search, signal }) {
  const year = Number(search.get('year') ?? day().slice(0, 4));
  const lines = await api.list(`/api/staff/news-figures?year=${year}`, { signal });
  const months = [...new Set(lines.map((line) => line.month))].reverse();
  const number = (name, value) => ({ name, right: true, cell: (line) => String(value(line)) });
  return h('div.page', {},
    pageHead({ title: '新闻统计', lead: '每个月发布了多少篇，投稿录用多少，按社区和项目分。阅读人数只有群发的文章才有。', back: { href: '#/ledger', text: '投稿' } }),
    h('nav.row', { 'aria-label': '换年份' },
      h('a.button', { href: `#/news/figures?year=${year - 1}` }, '上一年'), h('h2', `${year}年`), h('a.button', { href: `#/news/figures?year=${year + 1}` }, '下一年')),
    months.length ? months.map((month) => {
      const rows = lines.filter((line) => line.month === month);
      return h('section.panel.flush', { 'aria-label': month }, h('h2.panel-title', `${Number(month.slice(5))} 月`), table({
        label: `${month} 的新闻`, testid: `news-figures-${month}`, rows,
        columns: [
          { name: '社区', lead: true, cell: (line) => h('span.strong', line.community_name || '教育中心') },
          { name: '项目', cell: (line) => line.project || '没有填' },
          number('发布', (line) => line.published),
          number('阅读人数', (line) => line.readers),
          number('稿件', (line) => line.items),
          number('投出', (line) => line.sent),
          number('录用', (line) => line.taken),
          number('分', (line) => line.points),
        ],
      }));
    }) : empty('这一年还没有新闻。', '发布了文章，或者写了稿件，就会出现在这里。'));
}
