// 回访: who did not come, and is to be asked after. Care calls stand first.

import { api } from './api.js';
import { h } from './dom.js';
import { badge, empty, pageHead } from './ui.js';

export async function page({ search, signal }) {
  const closed = search.get('closed') === '1';
  const tasks = await api.list(`/api/staff/care-tasks?closed=${closed}`, { signal });
  const tab = (is, href, text) => h('a', { href, testid: is ? 'care-closed' : 'care-open', 'aria-current': is === closed ? 'page' : null }, text);
  return h('div.page', {},
    pageHead({ title: '回访', lead: '连着没来、也没请假的人。打个电话问一声，把对方说的写下来。' }),
    h('nav.tabs', { 'aria-label': '按状态看' }, tab(false, '#/care', '要办的'), tab(true, '#/care?closed=1', '办结的')),
    h('div.panel.flush', {}, tasks.length ? h('ul.desk-list', tasks.map(row))
      : empty(closed ? '还没有办结的回访。' : '没有要回访的人。', closed ? '' : '有人连着两次没来，会排在这里。')));
}

export const marks = (task) => [
  !task.outcome && task.kind === 'care' && badge('紧急', 'bad'),
  task.late && badge('过期了', 'bad'),
  task.outcome ? badge(task.outcome_text, task.outcome === 'corrected' ? 'info' : 'ok')
    : badge(task.taken_by ? `${task.taken_by}在办` : '还没人接手', task.taken_by ? 'info' : 'warn'),
];

function row(task) {
  return h('li', h('a', { href: `#/care/${task.id}`, testid: `care-row-${task.id}` },
    h('span.row.spread', {}, h('span.strong', `${task.name}${task.age ? `，${task.age} 岁` : ''}`), h('span.row.tight', {}, marks(task))),
    h('span', `${task.kind_text} · ${task.class_name}，连缺 ${task.absences} 次`),
    h('span.small.soft', task.outcome ? `${task.closed_text}${task.said ? `：${task.said}` : ''}` : `没来：${task.missed_text} · 请在${task.due_text}前办`)));
}
