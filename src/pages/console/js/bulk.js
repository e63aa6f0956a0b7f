// Several lines at once: ticked, looked at, then done one after the other.

import { h, put, say } from './dom.js';
import { button, dialog } from './ui.js';

/**
 * `act`: {words(n), title(n), intro, line(row), yes(n), work(row), done(n)}. Gives {column, bar}: a
 * column with ticks for a table of `rows`, and the bar with the button.
 */
export function bulk({ rows, key, name, act }) {
  const chosen = new Set();
  const bar = h('div.bulk.row.spread', { hidden: rows.length < 2 });
  const ticks = new Map();
  const all = h('input', { type: 'checkbox', testid: 'bulk-all', onchange: () => { for (const row of rows) set(row, all.checked); show(); } });
  const go = button('', { main: true, testid: 'bulk-go', onclick: () => preview() });
  const set = (row, on) => {
    if (on) chosen.add(row); else chosen.delete(row);
    const tick = ticks.get(key(row));
    if (tick) tick.checked = on;
  };
  const show = () => {
    go.textContent = act.words(chosen.size);
    go.disabled = chosen.size === 0;
    all.checked = chosen.size === rows.length;
    all.indeterminate = chosen.size > 0 && chosen.size < rows.length;
  };
  const preview = () => dialog({
    title: act.title(chosen.size),
    testid: 'bulk-dialog',
    content: (close) => {
      const some = rows.filter((row) => chosen.has(row));
      const state = h('p', { role: 'status' });
      const meter = h('progress', { max: String(some.length), value: '0', hidden: true, 'aria-label': '办到哪里了' });
      const run = async () => {
        const failed = [];
        meter.hidden = false;
        for (const [nth, row] of some.entries()) {
          say(state, `正在办第 ${nth + 1} 个，共 ${some.length} 个。`);
          try { await act.work(row); chosen.delete(row); } catch (error) { failed.push(`${name(row)}：${error.message}`); }
          meter.value = nth + 1;
        }
        if (!failed.length) { close(some.length); return; }
        put(state, h('span.strong', `办好 ${some.length - failed.length} 个，没办成 ${failed.length} 个：`), h('ul', failed.map((words) => h('li', words))));
      };
      return [
        act.intro && h('p', act.intro),
        h('ul.bulk-lines', some.map((row) => h('li', {}, act.line(row)))),
        meter, state,
        h('div.form-end', {}, button(act.yes(some.length), { main: true, testid: 'dialog-submit', onclick: run }), button('取消', { onclick: () => close() })),
      ];
    },
  }).then((count) => { act.done(count ?? 0); });
  show();
  put(bar, h('label.check', {}, all, '全选'), go);
  return {
    bar,
    column: {
      name: '', fixed: true, tick: true,
      cell: (row) => {
        const tick = h('input', { type: 'checkbox', 'aria-label': `选中${name(row)}`, testid: `bulk-${key(row)}`, checked: chosen.has(row), onchange: () => { set(row, tick.checked); show(); } });
        ticks.set(key(row), tick);
        return h('label.check', {}, tick);
      },
    },
  };
}
