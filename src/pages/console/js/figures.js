// 学时人次: what was attended in a time, and what it counts for.

import { api } from './api.js';
import { h } from './dom.js';
import { field, form } from './form.js';
import * as time from './time.js';
import { empty, pageHead, table } from './ui.js';

export async function page({ search, signal }) {
  const first = search.get('first') ?? `${time.day().slice(0, 4)}-01-01`;
  const last = search.get('last') ?? time.day();
  const one = await api.get(`/api/staff/figures?first_day=${first}&last_day=${last}`, { signal });
  return h('div.page', {},
    pageHead({ title: '学时人次', lead: '从点名册算出来：一人一次课，算一人次。改了点名册，这里跟着变。' }),
    h('section.panel', {}, days(first, last)),
    h('section.panel.stack', { 'aria-label': '合计' }, h('dl.facts', { testid: 'figure-sum' },
      fact('人次', String(one.person_times)),
      fact('学时', time.hours(one.hundredths)),
      fact('智在指尖', `${one.smart_person_times} 人次，目标一年 ${one.smart_goal}`),
      fact('来过的学员', `${one.learners} 人`),
      fact(`满 ${time.hours(one.goal_hundredths)} 学时`, `${one.reached} 人`))),
    part('按班级', one.classes), part('按课程', one.courses), part('按学习点', one.sites),
    part('按学员的社区', one.communities.map((row) => ({ ...row, name: row.name || '没填社区' }))));
}

const fact = (name, text) => [h('dt', name), h('dd', text)];

const part = (title, rows) => h('section.panel.flush', { 'aria-label': title },
  h('div.panel-head', {}, h('h2', title)),
  table({
    label: title, rows, none: empty('这段时间没有人上课。', ''),
    columns: [
      { name: '名称', lead: true, cell: (row) => h('span.strong', row.name) },
      { name: '人次', right: true, cell: (row) => String(row.person_times) },
      { name: '学时', right: true, cell: (row) => time.hours(row.hundredths) },
    ],
  }));

const days = (first, last) => form({
  fields: [
    field({ name: 'first', label: '从哪天', type: 'date', value: first, required: true }),
    field({ name: 'last', label: '到哪天', type: 'date', value: last, required: true }),
  ],
  submitText: '看这段时间',
  submit: async (values) => { location.hash = `#/figures?first=${values.first}&last=${values.last}`; },
});
