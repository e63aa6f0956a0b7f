// 班级: the table of a term.

import { api, query } from './api.js';
import { h } from './dom.js';
import { field } from './form.js';
import { listView } from './list_view.js';
import { may } from './roles.js';
import { go } from './router.js';
import { weekday } from './time.js';
import { badge, empty, pageHead, table } from './ui.js';

export async function page(ctx) {
  const { me, signal, search } = ctx;
  const terms = await api.list('/api/staff/terms', { signal });
  const wanted = search.get('term') ?? String((await current(signal))?.id ?? terms[0]?.id ?? '');
  const classes = await api.list(`/api/staff/classes${query({ term_id: wanted })}`, { signal });
  const plans = may(me, 'enrolment');
  const head = pageHead({
    title: '班级',
    lead: '点班级名称，看课次和学员，或为居民报名。',
    actions: plans ? [wanted && h('a.button', { href: `#/classes/import?term=${wanted}`, testid: 'class-import' }, '导入班级（Excel）'), h('a.button.main', { href: '#/classes/new', testid: 'class-new' }, '开班')] : [],
  });
  if (!terms.length) {
    return h('div.page', {}, head, h('div.panel.flush', {}, empty('还没有学期。', '先建学期，再开班。', may(me, 'centre') && h('a.button.main', { href: '#/terms' }, '去建学期'))));
  }
  const choice = field({ name: 'term', label: '学期', type: 'select', value: wanted, options: terms.map((term) => [term.id, term.name]), onchange: (event) => go(`#/classes?term=${event.target.value}`) });
  const sites = [...new Set(classes.map((one) => one.site_name))].map((name) => [name, name]);
  const days = [...new Set(classes.map((one) => one.weekday))].sort().map((day) => [String(day), weekday(day)]);
  const list = listView({
    ctx,
    ...classColumns,
    rows: classes,
    before: [choice.element],
    words: { placeholder: '班级、老师或学习点' },
    filters: [
      { name: 'state', label: '状态', options: [['free', '有空位'], ['full', '已满'], ['waiting', '有人候补'], ['cancelled', '已停开']], fits: fitsState },
      days.length > 1 && { name: 'day', label: '星期', options: days, fits: (one, day) => String(one.weekday) === day },
      sites.length > 1 && { name: 'site', label: '学习点', options: sites, fits: (one, site) => one.site_name === site },
    ].filter(Boolean),
    file: `班级-${terms.find((term) => String(term.id) === wanted)?.name ?? ''}`,
    none: empty('这个学期还没有班级。', '开一个班，居民就能报名。', plans && h('a.button.main', { href: '#/classes/new' }, '开班')),
  });
  return h('div.page', {}, head, list.element);
}

function fitsState(one, state) {
  if (state === 'cancelled') return one.status === 'cancelled';
  if (one.status === 'cancelled') return false;
  return { free: one.free > 0, full: one.free <= 0, waiting: one.waiting > 0 }[state] ?? true;
}

/** The term that runs, or comes next; `null` without one. */
export async function current(signal) {
  try {
    return await api.get('/api/terms/current', { signal });
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** Places taken of all, as numbers and as a bar. */
export function places(one) {
  const bar = h('i');
  bar.style.width = `${Math.min(100, one.capacity ? (one.taken / one.capacity) * 100 : 0)}%`;
  return h('div.meter', {}, h('span.numbers', {}, h('b', one.taken), ` / ${one.capacity}`), h('div.bar', { 'aria-hidden': 'true' }, bar));
}

export function classBadge(one) {
  if (one.status === 'cancelled') return badge('已停开', 'bad');
  if (one.free <= 0) return one.kept > 0 ? badge('只剩窗口名额', 'info') : badge('已满', 'warn');
  return badge('有空位', 'ok');
}

export const classTable = (classes, none) => table({ ...classColumns, rows: classes, none });

const classColumns = {
    label: '班级',
    testid: 'class-table',
    rowTestid: (one) => `class-row-${one.id}`,
    rowOff: (one) => one.status === 'cancelled',
    columns: [
      { name: '班级', lead: true, cell: (one) => [h('a.title', { href: `#/classes/${one.id}`, testid: `class-open-${one.id}` }, one.name), one.course_name !== one.name && h('div.small.soft', one.course_name)] },
      { name: '老师', cell: (one) => h('span.nowrap', one.teacher_name) },
      { name: '时间', sort: (one) => one.weekday * 1440 + one.start_minute, cell: (one) => h('span.nowrap', one.time_text) },
      { name: '地点', cell: (one) => [one.site_name, one.room && h('div.small.soft', one.room)] },
      { name: '名额', sort: (one) => one.taken, cell: places },
      { name: '空位', right: true, sort: (one) => one.free, cell: (one) => (one.status === 'cancelled' ? '–' : [one.free, one.kept > 0 && h('div.small.soft.nowrap', `窗口 ${one.kept}`)]) },
      { name: '候补', right: true, cell: (one) => one.waiting },
      { name: '状态', cell: classBadge },
    ],
};
