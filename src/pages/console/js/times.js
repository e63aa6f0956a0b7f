// When something meets: one or more times, each a day, from when and until when.

import { h } from './dom.js';
import * as time from './time.js';
import { button } from './ui.js';

/** A field of a form; its value is a list of {starts_at, ends_at}. */
export function timesField({ name = 'times', label = '时间' } = {}) {
  const rows = [];
  const list = h('div.stack.tight');
  const problem = h('p.problem', { hidden: true });
  const show = (message) => {
    problem.textContent = message ?? '';
    problem.hidden = !message;
  };
  const part = (type, words, value) => h('input.input', { type, value, 'aria-label': words, testid: `time-${type === 'date' ? 'day' : words === '几点开始' ? 'from' : 'to'}-${rows.length}`, oninput: () => show(null) });
  const add = (like) => {
    const row = {
      day: part('date', '哪一天', like ? time.addDays(like.day.value || time.day(), 7) : ''),
      from: part('time', '几点开始', like?.from.value ?? '09:00'),
      to: part('time', '几点结束', like?.to.value ?? '11:00'),
    };
    const element = h('div.row.tight', {}, row.day, row.from, h('span', '到'), row.to,
      rows.length ? button('去掉', { quiet: true, onclick: () => { rows.splice(rows.indexOf(row), 1); element.remove(); } }) : null);
    rows.push(row);
    list.append(element);
    return row;
  };
  add();
  const input = rows[0].day;
  const instant = (day, minute) => time.fromInput(`${day}T${minute}`);
  return {
    name, label, input, show,
    element: h('div.field.full', {}, h('span.label', label, h('span.must', { title: '必填', 'aria-hidden': 'true' }, '*')), list,
      h('div', {}, button('再加一场', { quiet: true, icon: 'plus', testid: 'time-more', onclick: () => { add(rows.at(-1)).day.focus(); } })), problem),
    get: () => rows.map((row) => ({ starts_at: instant(row.day.value, row.from.value), ends_at: instant(row.day.value, row.to.value) })),
    check: () => {
      if (rows.some((row) => !row.day.value || !row.from.value || !row.to.value)) return '请填好每一场的日期、开始和结束时间。';
      if (rows.some((row) => row.to.value <= row.from.value)) return '结束要晚于开始。';
      return null;
    },
  };
}
