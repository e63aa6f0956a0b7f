// 放假日.

import { api } from './api.js';
import { crudPage } from './crud.js';
import { h } from './dom.js';
import { field } from './form.js';
import { reload } from './router.js';
import * as time from './time.js';
import { button, confirm, tell } from './ui.js';

async function remove(holiday) {
  const done = await confirm({
    title: `删除${time.dayText(holiday.day)}？`,
    text: '以后开班时，这一天会照常排课。已经排好的课次不变。',
    yes: '删除',
    danger: true,
    work: () => api.delete(`/api/staff/holidays/${holiday.day}`),
  });
  if (done) {
    await reload();
    tell('已删除。');
  }
}

export const page = (ctx) => crudPage(ctx, {
  key: 'holiday',
  title: '放假日',
  noun: '放假日',
  lead: '开班排课时会跳过这些日子。已经排好的课次不会变。',
  hint: '先把国庆、春节等日子添加好，再开班。',
  path: '/api/staff/holidays',
  fixed: true,
  name: (holiday) => holiday.name,
  columns: [
    { name: '日期', lead: true, cell: (holiday) => h('span.strong.numbers', time.dayText(holiday.day)) },
    { name: '名称', cell: (holiday) => holiday.name },
  ],
  extra: (holiday) => button('删除', { quiet: true, danger: true, about: holiday.day, testid: `holiday-delete-${holiday.day}`, onclick: () => { remove(holiday); } }),
  fields: () => [
    field({ name: 'day', label: '日期', type: 'date', required: true }),
    field({ name: 'name', label: '名称', required: true, placeholder: '元旦', maxlength: '20' }),
  ],
});
