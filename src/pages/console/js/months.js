// 月度台账: a month with its figures; closed, it stays as it was, and what is corrected after that stands beside it.

import { api } from './api.js';
import { download } from './download.js';
import { h } from './dom.js';
import { askReason } from './form.js';
import { may } from './roles.js';
import { reload } from './router.js';
import { figure } from './start.js';
import * as time from './time.js';
import { alertBox, badge, button, confirm, empty, pageHead, table, tell } from './ui.js';

export async function page({ me, search, signal }) {
  const day = search.get('month') ?? before(time.day());
  const one = await api.get(`/api/staff/months/${day}`, { signal });
  const path = `/api/staff/months/${one.first_day}`;
  const { closed } = one;
  return h('div.page', {},
    pageHead({
      title: `${one.name}台账`, plainTitle: '月度台账',
      badges: [' ', closed ? badge('已关账', 'ok') : badge('没关账', 'warn')],
      lead: me.community ? `从点名册算出来，只算${me.community.name}的学员。` : '从点名册算出来。关了账，数字就不再变；以后的更正另外列出来。',
      actions: [
        button('下载表格', { testid: 'month-sheet', onclick: () => save(one.first_day) }),
        !closed && one.over && may(me, 'centre') && button('关账', { main: true, testid: 'month-close', onclick: () => close(one, path) }),
        closed && may(me, 'admin') && button('重新打开', { danger: true, testid: 'month-reopen', onclick: () => reopen(one, path) }),
      ].filter(Boolean),
    }),
    h('nav.tabs', { 'aria-label': '换月份' }, to(before(one.first_day), '上个月', 'month-before'), to(after(one.first_day), '下个月', 'month-after')),
    h('dl.figures', { testid: 'month-sum' },
      closed ? [figure('关账人次', closed.person_times, '人次'), figure('关账学时', time.hours(closed.hundredths), '学时'), figure('调整', signed(one.all.person_times - closed.person_times), '人次'), figure('调整', signed((one.all.hundredths - closed.hundredths) / 100), '学时')] : null,
      figure(closed ? '现在人次' : '人次', one.all.person_times, '人次'), figure(closed ? '现在学时' : '学时', time.hours(one.all.hundredths), '学时'),
      figure('学员', one.all.learners, '人')),
    closed ? alertBox('info', h('p', `${closed.closed_text} 关账。`)) : null,
    one.reopened.map((words) => alertBox('warn', h('p', `${words}。`))),
    closed ? adjustments(closed) : null,
    classes(one),
    part('按学员的社区', one.communities.map((row) => ({ ...row, name: row.name || '没填社区' }))),
    part('按项目', one.projects));
}

/** The first days of the months beside one. */
const before = (day) => `${time.addDays(`${day.slice(0, 7)}-01`, -1).slice(0, 7)}-01`;
const after = (day) => `${time.addDays(`${day.slice(0, 7)}-01`, 31).slice(0, 7)}-01`;

const to = (day, text, testid) => h('a', { href: `#/months?month=${day}`, testid }, text);

const signed = (number) => (number > 0 ? `+${number}` : String(number));

const adjustments = (closed) => h('section.panel.flush', { 'aria-label': '调整' },
  h('div.panel-head', {}, h('h2', '关账以后的调整')),
  table({
    label: '调整', testid: 'adjustments', rows: closed.adjustments,
    none: empty('没有调整。', '关账以后更正点名册，改了什么、谁改的、为什么，会列在这里。'),
    columns: [
      { name: '学员', lead: true, cell: (row) => [h('div.strong', row.name), h('div.small.soft.numbers', row.learner_number)] },
      { name: '课次', cell: (row) => [h('div', row.class_name), h('div.small.soft', row.meeting_text)] },
      { name: '改动', cell: (row) => h('span.strong', row.what) },
      { name: '差多少', right: true, cell: (row) => `${signed(row.person_times)} 人次，${signed(row.hundredths / 100)} 学时` },
      { name: '谁、为什么', cell: (row) => [h('div', row.why), h('div.small.soft', `${row.by} · ${row.time_text}`)] },
    ],
  }));

/** Where a month is closed, what it was stands before what it is. */
const kept = (now, then) => (then == null || then === now ? String(now) : [h('span.strong', String(now)), h('div.small.soft', `关账时 ${then}`)]);
const orHours = (value) => (value == null ? null : time.hours(value));

const classes = (one) => h('section.panel.flush', { 'aria-label': '按班级' },
  h('div.panel-head', {}, h('h2', '按班级')),
  table({
    label: '按班级', testid: 'month-classes', rows: one.classes, none: empty('这个月没有人上课。', ''),
    columns: [
      { name: '班级', lead: true, cell: (row) => [h('a.strong', { href: `#/classes/${row.class_id}` }, row.name), h('div.small.soft', [row.site_name, row.project].join(' · '))] },
      { name: '课次', right: true, cell: (row) => String(row.meetings) },
      { name: '人次', right: true, cell: (row) => kept(row.person_times, one.closed ? row.frozen_person_times : null) },
      { name: '学时', right: true, cell: (row) => kept(time.hours(row.hundredths), one.closed ? orHours(row.frozen_hundredths) : null) },
      { name: '学员', right: true, cell: (row) => String(row.learners) },
    ],
  }));

const part = (title, rows) => h('section.panel.flush', { 'aria-label': title },
  h('div.panel-head', {}, h('h2', title)),
  table({
    label: title, rows, none: empty('这个月没有人上课。', ''),
    columns: [
      { name: '名称', lead: true, cell: (row) => h('span.strong', row.name) },
      { name: '课次', right: true, cell: (row) => String(row.meetings) },
      { name: '人次', right: true, cell: (row) => String(row.person_times) },
      { name: '学时', right: true, cell: (row) => time.hours(row.hundredths) },
      { name: '学员', right: true, cell: (row) => String(row.learners) },
    ],
  }));

async function save(day) {
  const name = await download('POST', `/api/staff/sheets/months/${day}`);
  tell(`已下载“${name}”。`);
}

async function close(one, path) {
  const done = await confirm({
    title: `${one.name}关账？`, testid: 'close-dialog', yes: '关账',
    text: [`现在是 ${one.all.person_times} 人次、${time.hours(one.all.hundredths)} 学时。关账以后这些数字不再变。`, '以后还可以更正点名册，改动会另外列出来。'],
    work: () => api.post(`${path}/close`, {}),
  });
  if (!done) return;
  await reload();
  tell(`${one.name}关账了。`);
}

async function reopen(one, path) {
  const done = await askReason({
    title: `重新打开${one.name}？`, intro: ['原来的关账数字会留着，注明是谁、为什么重新打开。'],
    offers: ['漏了一个班', '关早了'], submitText: '重新打开', danger: true,
    submit: (values) => api.post(`${path}/reopen`, values),
  });
  if (!done) return;
  await reload();
  tell(`${one.name}重新打开了。`);
}
