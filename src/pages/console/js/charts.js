// 图表: sign-ups by hour, attendance by week, places by site, 人次 against the plan. Under each
// picture stands the table it was drawn from.

import { api, query } from './api.js';
import { current } from './classes.js';
import { h } from './dom.js';
import { draw } from './draw_chart.js';
import { field } from './form.js';
import { go } from './router.js';
import * as time from './time.js';
import { empty, pageHead, table } from './ui.js';

export async function page(ctx) {
  const { search, signal } = ctx;
  const terms = await api.list('/api/staff/terms', { signal });
  const wanted = search.get('term') ?? String((await current(signal))?.id ?? terms.at(-1)?.id ?? '');
  const head = pageHead({ title: '图表', lead: '都从报名和点名算出来，打开一次算一次。' });
  if (!wanted) return h('div.page', {}, head, h('div.panel.flush', {}, empty('还没有学期。', '有了学期和班级，这里就有图。')));
  const all = await api.get(`/api/staff/terms/${wanted}/charts`, { signal });
  const choice = field({ name: 'term', label: '学期', type: 'select', value: wanted, options: terms.map((term) => [term.id, term.name]), onchange: (event) => go(`#/charts${query({ term: event.target.value })}`) });
  return h('div.page', {}, head, h('div.filters', {}, choice.element),
    hours(ctx, all.hours), weeks(ctx, all.weeks), sites(ctx, all.sites), months(ctx, all));
}

/** A picture, what it says in a sentence, and its figures. */
function part(ctx, { key, title, says, rows, columns, none, chart }) {
  const id = `chart-${key}`;
  if (!rows.length) return h('section.panel.flush', { 'aria-labelledby': id }, h('div.panel-head', {}, h('h2', { id }, title)), empty(none));
  const place = h('div.chart', { role: 'img', 'aria-label': `${title}。${says}数字在下面的表里。`, testid: id });
  draw(ctx, place, chart);
  return h('section.panel.stack.tight', { 'aria-labelledby': id },
    h('h2', { id }, title), h('p', says), place,
    h('details', {}, h('summary', '看数字'), table({ label: title, testid: `${id}-table`, rows, columns })));
}

const HOUR_MS = 3600_000;

/** Every hour from the first to the last with a sign-up, so that a quiet night is seen as one. */
function filled(rows) {
  if (!rows.length) return [];
  const known = new Map(rows.map((row) => [Date.parse(row.at), row]));
  const [first, last] = [Date.parse(rows[0].at), Date.parse(rows.at(-1).at)];
  const step = Math.max(1, Math.ceil((last - first) / HOUR_MS / 240));
  const all = [];
  for (let at = first; at <= last; at += step * HOUR_MS) {
    const sum = { at, by_themselves: 0, by_staff: 0 };
    for (let nth = 0; nth < step; nth += 1) {
      const one = known.get(at + nth * HOUR_MS);
      if (one) { sum.by_themselves += one.by_themselves; sum.by_staff += one.by_staff; }
    }
    all.push(sum);
  }
  return all;
}

function hours(ctx, rows) {
  const bars = filled(rows);
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const most = rows.reduce((one, row) => (!one || row.by_themselves + row.by_staff > one.by_themselves + one.by_staff ? row : one), null);
  return part(ctx, {
    key: 'hours', title: '按小时的报名', rows, none: '这个学期还没有人报名。',
    says: most ? `一共 ${sum('by_themselves') + sum('by_staff')} 次，其中工作人员代报 ${sum('by_staff')} 次。最多的一小时是${most.time_text}起，${most.by_themselves + most.by_staff} 次。` : '',
    columns: [{ name: '从', lead: true, cell: (row) => row.time_text }, { name: '自己报', right: true, cell: (row) => row.by_themselves }, { name: '工作人员代报', right: true, cell: (row) => row.by_staff }],
    chart: { labels: bars.map((one) => `${time.dayText(time.day(one.at)).replace(/（.*/, '')} ${time.clockText(one.at)}`), series: [{ name: '合计', values: bars.map((one) => one.by_themselves + one.by_staff) }, { name: '其中代报', values: bars.map((one) => one.by_staff), dark: true }] },
  });
}

function weeks(ctx, rows) {
  const share = (row) => (row.expected ? Math.round((row.present / row.expected) * 100) : 0);
  const all = rows.reduce((sum, row) => ({ present: sum.present + row.present, expected: sum.expected + row.expected }), { present: 0, expected: 0 });
  return part(ctx, {
    key: 'weeks', title: '按周的到课', rows, none: '这个学期还没有上过课。',
    says: `应到 ${all.expected} 人次，实到 ${all.present} 人次，到课率 ${share(all)}%。应到按现在的名单算。`,
    columns: [{ name: '周一是', lead: true, cell: (row) => time.dayText(row.first_day) }, { name: '课次', right: true, cell: (row) => row.meetings }, { name: '应到', right: true, cell: (row) => row.expected }, { name: '实到', right: true, cell: (row) => row.present }, { name: '到课率', right: true, cell: (row) => `${share(row)}%` }],
    chart: { labels: rows.map((row) => time.dayText(row.first_day).replace(/（.*/, '')), series: [{ name: '应到', values: rows.map((row) => row.expected) }, { name: '实到', values: rows.map((row) => row.present), dark: true }] },
  });
}

function sites(ctx, rows) {
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  return part(ctx, {
    key: 'sites', title: '各学习点的名额', rows, none: '这个学期还没有班级。',
    says: `一共 ${sum('capacity')} 个名额，占了 ${sum('taken')} 个，${sum('waiting')} 人候补。`,
    columns: [{ name: '学习点', lead: true, cell: (row) => row.name }, { name: '名额', right: true, cell: (row) => row.capacity }, { name: '已占', right: true, cell: (row) => row.taken }, { name: '候补', right: true, cell: (row) => row.waiting }],
    chart: { labels: rows.map((row) => row.name), series: [{ name: '名额', values: rows.map((row) => row.capacity) }, { name: '已占', values: rows.map((row) => row.taken), dark: true }] },
  });
}

function months(ctx, { months: rows, year, smart_goal: goal }) {
  let sofar = 0;
  const summed = rows.map((row) => ({ ...row, sofar: (sofar += row.smart) }));
  return part(ctx, {
    key: 'months', title: `“智在指尖”${year} 年的人次`, rows: summed, none: '今年还没有上过课。',
    says: `到现在 ${sofar} 人次，一年的目标是 ${goal} 人次，完成 ${goal ? Math.round((sofar / goal) * 100) : 0}%。`,
    columns: [{ name: '月份', lead: true, cell: (row) => `${row.month} 月` }, { name: '这个月', right: true, cell: (row) => row.smart }, { name: '累计', right: true, cell: (row) => row.sofar }, { name: '全部课程', right: true, cell: (row) => row.person_times }],
    chart: { labels: summed.map((row) => `${row.month} 月`), series: [{ name: '累计', values: summed.map((row) => row.sofar), dark: true }], goal: { name: `目标 ${goal}`, value: goal } },
  });
}
