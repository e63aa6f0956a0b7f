// 班级: the table of a term.

import { api, query } from './api.js';
import { h, put } from './dom.js';
import { field } from './form.js';
import { may } from './roles.js';
import { go } from './router.js';
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
  const list = h('div.panel.flush');
  const text = field({ name: 'q', label: '查找', type: 'search', placeholder: '班级、老师或学习点' });
  const show = () => {
    const words = text.input.value.trim();
    const found = classes.filter((one) => [one.name, one.course_name, one.teacher_name, one.site_name, one.time_text].join(' ').includes(words));
    put(list, classTable(found, words
      ? empty(`没有找到“${words}”。`, '换个词再试试。')
      : empty('这个学期还没有班级。', '开一个班，居民就能报名。', plans && h('a.button.main', { href: '#/classes/new' }, '开班'))));
  };
  text.input.addEventListener('input', show);
  show();
  const choice = field({ name: 'term', label: '学期', type: 'select', value: wanted, options: terms.map((term) => [term.id, term.name]), onchange: (event) => go(`#/classes?term=${event.target.value}`) });
  return h('div.page', {}, head, h('div.filters', {}, choice.element, text.element), list);
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

export function classTable(classes, none) {
  return table({
    label: '班级',
    testid: 'class-table',
    rows: classes,
    none,
    rowTestid: (one) => `class-row-${one.id}`,
    rowOff: (one) => one.status === 'cancelled',
    columns: [
      { name: '班级', lead: true, cell: (one) => [h('a.title', { href: `#/classes/${one.id}`, testid: `class-open-${one.id}` }, one.name), one.course_name !== one.name && h('div.small.soft', one.course_name)] },
      { name: '老师', cell: (one) => h('span.nowrap', one.teacher_name) },
      { name: '时间', cell: (one) => h('span.nowrap', one.time_text) },
      { name: '地点', cell: (one) => [one.site_name, one.room && h('div.small.soft', one.room)] },
      { name: '名额', cell: places },
      { name: '空位', right: true, cell: (one) => (one.status === 'cancelled' ? '–' : [one.free, one.kept > 0 && h('div.small.soft.nowrap', `窗口 ${one.kept}`)]) },
      { name: '候补', right: true, cell: (one) => one.waiting },
      { name: '状态', cell: classBadge },
    ],
  });
}
