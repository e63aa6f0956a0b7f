// 开班情况: which classes have too few people, what becomes of them, and why people left.

import { api } from './api.js';
import { sisterField } from './class_page.js';
import { h } from './dom.js';
import { askReason } from './form.js';
import { may } from './roles.js';
import { reload } from './router.js';
import { badge, button, empty, pageHead, table, tell } from './ui.js';

export async function page(ctx) {
  const view = await api.get(`/api/staff/terms/${ctx.params.id}/running`, { signal: ctx.signal });
  const undecided = view.classes.filter((one) => one.undecided);
  const rest = view.classes.filter((one) => !one.undecided);
  return h('div.page', {},
    pageHead({ title: '开班情况', lead: `${view.term_name}。${view.decide_text}看人数，不够的班列在下面，由您决定。`, back: may(ctx.me, 'centre') ? { href: '#/terms', text: '学期' } : { href: '#/', text: '首页' } }),
    h('section.panel.flush', { 'aria-labelledby': 'undecided' },
      h('div.panel-head', {}, h('h2', { id: 'undecided' }, `等决定的班（${undecided.length}）`)),
      classes(undecided, '等决定的班', true, empty('没有班等决定。', '到时候人数不够的班，会排在这里。'))),
    h('section.panel.flush', { 'aria-labelledby': 'others' },
      h('div.panel-head', {}, h('h2', { id: 'others' }, '其他班')),
      classes(rest, '其他班', false, empty('没有别的班。'))),
    left(view.left));
}

function classes(rows, label, decide, none) {
  return table({
    label, rows, none, testid: decide ? 'undecided' : 'running', rowTestid: (one) => `running-row-${one.id}`,
    columns: [
      { name: '班级', lead: true, cell: (one) => [h('a.title', { href: `#/classes/${one.id}/learners` }, one.name), h('div.small.soft', `${one.time_text} · ${one.site_name}`)] },
      { name: '人数', right: true, cell: (one) => `${one.people} / ${one.capacity}` },
      { name: '最低', right: true, cell: (one) => one.least },
      { name: '情况', cell: (one) => state(one) },
      decide && { name: '', acts: true, cell: (one) => h('div.row', {},
        button('照常开班', { about: one.name, testid: `keep-open-${one.id}`, onclick: () => keep(one) }),
        button('停开', { danger: true, about: one.name, testid: `cancel-${one.id}`, onclick: () => cancel(one) })) },
    ].filter(Boolean),
  });
}

function state(one) {
  if (one.people >= one.least) return badge('够了', 'ok');
  if (one.kept_open) return badge('人少，照常开', 'info');
  return badge(`差 ${one.least - one.people} 人`, 'warn');
}

async function keep(one) {
  const kept = await askReason({
    title: `“${one.name}”照常开班？`,
    intro: [`现在 ${one.people} 人，最低 ${one.least} 人。`],
    hint: '会记下来，学员看不到。',
    offers: ['这门课要连着开', '人数还会增加', '老师是志愿者'],
    submitText: '照常开班',
    submit: (values) => api.post(`/api/staff/classes/${one.id}/keep-open`, values),
  });
  if (kept) await done('已决定照常开班。');
}

async function cancel(one) {
  const gone = await askReason({
    title: `停开“${one.name}”？`,
    intro: ['停开以后不能恢复。学员马上收到通知。'],
    before: one.sisters.length ? [sisterField(one.sisters, one.people)] : [],
    hint: '学员会看到这个原因。',
    offers: ['报名人数不够'],
    submitText: '停开并通知学员',
    danger: true,
    submit: (values) => api.post(`/api/staff/classes/${one.id}/cancel`, values),
  });
  if (gone) await done('已停开，正在通知学员。');
}

async function done(text) {
  await reload();
  tell(text);
}

const left = (rows) => h('section.panel.flush', { 'aria-labelledby': 'left' },
  h('div.panel-head', {}, h('h2', { id: 'left' }, '退课的原因')),
  table({
    label: '退课的原因', rows, testid: 'left', none: empty('还没有人退课。'),
    columns: [{ name: '原因', lead: true, cell: (row) => row.text }, { name: '人数', right: true, cell: (row) => row.people }],
  }));
