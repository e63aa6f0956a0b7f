// A list that is looked through: words, choices, an order, fifty lines at a time, and out as a
// file. All of it but the lines stands in the address, so that it survives a reload and can be
// sent to a colleague.

import { h, put } from './dom.js';
import { save } from './download.js';
import { field } from './form.js';
import { rename } from './router.js';
import { button, empty, table } from './ui.js';

const LINES = 50;

const order = new Intl.Collator('zh-CN', { numeric: true });

/**
 * `spec`: {ctx, label, rows, columns, none, …as of `table`}, and
 * `words`: {label, placeholder} where the list is looked through by what its lines say;
 * `filters`: [{name, label, options: [[value, text]], fits(row, value)}];
 * `file`: the name of the file with what is shown, where it may go out without the server's knowing.
 * A column may have `sort(row)` (a number or a text), else it is ordered by what its cells say;
 * `fixed` is not ordered at all. `before`: elements that stand beside the filters.
 * Gives {element, filters, shown()}.
 */
export function listView({ ctx, rows, columns, words, filters = [], file, none, before = [], ...rest }) {
  const params = new URLSearchParams(ctx.search);
  const place = h('div.panel.flush');
  const said = new Map();
  /** What a cell says; asked once. */
  const text = (column, row) => {
    const key = said.get(row) ?? said.set(row, new Map()).get(row);
    if (!key.has(column)) {
      const cell = h('div', {}, column.cell(row));
      key.set(column, [...cell.childNodes].map((node) => node.textContent).filter(Boolean).join(' ').trim());
    }
    return key.get(column);
  };
  const plain = columns.filter((column) => column && !column.acts);
  const whole = (row) => plain.map((column) => text(column, row)).join(' ');
  const value = (column, row) => (column.sort ? column.sort(row) : text(column, row));
  const compare = (one, other) => (typeof one === 'number' && typeof other === 'number' ? one - other : order.compare(String(one ?? ''), String(other ?? '')));

  function shown() {
    const wanted = (params.get('q') ?? '').trim().toLowerCase();
    let found = rows.filter((row) => filters.every((one) => !params.get(one.name) || one.fits(row, params.get(one.name))));
    if (wanted) found = found.filter((row) => whole(row).toLowerCase().includes(wanted));
    const [, down, name] = /^(-?)(.*)$/.exec(params.get('sort') ?? '');
    const column = plain.find((one) => one.name === name && !one.fixed);
    if (!column) return found;
    return [...found].sort((one, other) => compare(value(column, one), value(column, other)) * (down ? -1 : 1));
  }

  function set(changes) {
    for (const [name, given] of Object.entries(changes)) {
      if (given) params.set(name, given); else params.delete(name);
    }
    const [path] = location.hash.split('?');
    const search = params.toString();
    rename(search ? `${path}?${search}` : path);
    show();
  }

  function show() {
    const found = shown();
    const pages = Math.max(1, Math.ceil(found.length / LINES));
    const at = Math.min(pages, Math.max(1, Number(params.get('page')) || 1));
    const some = found.slice((at - 1) * LINES, at * LINES);
    const asked = params.get('q') || filters.some((one) => params.get(one.name));
    const sorting = { by: params.get('sort') ?? '', set: (sort, name) => { set({ sort, page: '' }); place.querySelector(`[data-testid="sort-${name}"]`)?.focus(); } };
    put(place,
      table({ ...rest, columns: columns.filter(Boolean), rows: some, sorting, none: asked ? empty('没有找到。', '换个词，或者少选几样。', button('全部显示', { testid: 'list-all', onclick: () => { clear(); } })) : none }),
      rows.length > 0 && foot(found.length, at, pages));
    sort.input.value = params.get('sort') ?? '';
    count.textContent = asked ? `找到 ${found.length} 条` : `共 ${found.length} 条`;
  }

  function foot(total, at, pages) {
    const turn = (to, name) => button(name, { testid: to > at ? 'list-next' : 'list-before', disabled: to < 1 || to > pages, onclick: () => { set({ page: to > 1 ? String(to) : '' }); place.scrollIntoView({ block: 'start' }); } });
    const out = file && button('导出这些', { quiet: true, icon: 'out', testid: 'list-file', onclick: () => write(file, plain, shown(), text) });
    if (pages === 1 && !out) return null;
    return h('div.list-foot.row.spread', {}, pages > 1
      ? h('div.row', { role: 'group', 'aria-label': '翻页' }, turn(at - 1, '上一页'), h('span.numbers', { testid: 'list-page' }, `第 ${at} 页，共 ${pages} 页`), turn(at + 1, '下一页'))
      : h('span'), out);
  }

  const count = h('p.soft.small', { role: 'status', testid: 'list-count' });
  const inputs = [];
  if (words) {
    const one = field({ name: 'q', label: words.label ?? '查找', type: 'search', placeholder: words.placeholder, value: params.get('q') ?? '', autocomplete: 'off', testid: words.testid });
    one.input.addEventListener('input', () => set({ q: one.input.value.trim(), page: '' }));
    inputs.push(one);
  }
  for (const filter of filters) {
    const one = field({ name: filter.name, label: filter.label, type: 'select', value: params.get(filter.name) ?? '', options: [['', '全部'], ...filter.options], onchange: (event) => set({ [filter.name]: event.target.value, page: '' }) });
    inputs.push(one);
  }
  // On a phone there are no headings to tap.
  const orders = plain.filter((column) => column.name && !column.fixed);
  const sort = field({ name: 'sort', label: '排序', type: 'select', value: params.get('sort') ?? '', options: [['', '照原来的'], ...orders.flatMap(({ name }) => [[name, `${name}，从小到大`], [`-${name}`, `${name}，从大到小`]])], onchange: (event) => set({ sort: event.target.value, page: '' }) });
  sort.element.classList.add('only-narrow');

  function clear() {
    for (const one of inputs) one.input.value = '';
    set(Object.fromEntries([['q', ''], ['page', ''], ...filters.map((one) => [one.name, ''])]));
  }

  show();
  const bar = [...before, ...inputs.map((one) => one.element), rows.length > 1 && sort.element].filter(Boolean);
  return { element: h('div.stack.tight', {}, bar.length > 0 && h('div.filters', {}, bar), rows.length > 0 && count, place), shown };
}

/** As a file that Excel opens; what begins like a formula is none. */
function write(name, columns, rows, text) {
  const cell = (words) => {
    const safe = /^[=+\-@\t\r]/.test(words) ? `'${words}` : words;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const lines = [columns.map((column) => cell(column.name || '')), ...rows.map((row) => columns.map((column) => cell(text(column, row))))];
  // Excel takes a file without the mark for one in the old encoding.
  save(new Blob([`\uFEFF${lines.map((line) => line.join(',')).join('\r\n')}\r\n`], { type: 'text/csv' }), `${name}.csv`);
}
