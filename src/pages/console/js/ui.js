// Buttons, messages, badges, tables and dialogs, as all pages use them.

import { h, add, put, uid } from './dom.js';
import { icon } from './icons.js';
import { isGone } from './api.js';

const TOAST_MS = 8000;

/** A button whose work may take a while: it is off while it runs. `about` is said after its text, to tell it from its like. */
export function button(text, { main, danger, quiet, testid, onclick, type = 'button', about, icon: name, ...more } = {}) {
  const style = ['button.button', main && 'main', danger && 'danger', quiet && 'quiet'].filter(Boolean).join('.');
  const element = h(style, { testid, type, ...more }, name && icon(name), text, about && h('span.sr', `：${about}`));
  if (onclick) element.addEventListener('click', (event) => busy(element, () => onclick(event)));
  return element;
}

/** Runs `work` with the button off, unless it is running already. A failure is a toast, if nobody else shows it. */
export async function busy(element, work) {
  if (element.getAttribute('aria-busy') === 'true') return undefined;
  const promise = work();
  if (!(promise instanceof Promise)) return promise;
  const had = document.activeElement === element;
  element.setAttribute('aria-busy', 'true');
  element.disabled = true;
  try {
    return await promise;
  } catch (error) {
    if (!isGone(error)) tell(error.message, 'bad');
    return undefined;
  } finally {
    element.removeAttribute('aria-busy');
    element.disabled = false;
    if (had && element.isConnected && document.activeElement === document.body) element.focus();
  }
}

/** A short sentence at the lower edge; an error stays until it is closed. */
export function tell(text, kind = 'ok') {
  const region = document.getElementById('toasts');
  const toast = h('div.toast', { testid: 'toast' }, icon(kind), h('span', text),
    h('button', { type: 'button', 'aria-label': '关闭提示', onclick: () => toast.remove() }, '×'));
  put(region, toast);
  if (kind !== 'bad') setTimeout(() => toast.remove(), TOAST_MS);
}

/** A box that says something important, where it belongs. */
export function alertBox(kind, ...content) {
  return h(`div.alert.${kind}`, { role: kind === 'bad' ? 'alert' : null }, icon(kind), h('div.grow', {}, ...content));
}

/** What went wrong, with what can be done instead and the number to tell the centre. */
export function failure(error) {
  const steps = (error.next ?? []).map((step) => h('li', `可以：${step.text}`));
  const number = error.status >= 500 && error.requestId ? h('p.small', `报修时请说编号：${error.requestId}`) : null;
  return alertBox('bad', h('p.strong', { testid: 'error' }, error.message), steps.length ? h('ul', steps) : null, number);
}

export const badge = (text, kind = '') => h(kind ? `span.badge.${kind}` : 'span.badge', text);

/** What stands where a list has nothing: what it is, and what to do. */
export function empty(title, hint, ...actions) {
  return h('div.empty', { testid: 'empty' }, h('div', {}, h('p.strong', title), hint && h('p', hint)), actions.length ? h('div.row', actions) : null);
}

/**
 * `columns`: {name, cell(row), right?, lead?, acts?}. On a phone each row is a card.
 * The lead column needs no name there; the acts column holds buttons.
 * `sorting`: {by: '名称' or '-名称', set(by, name)} makes the headings buttons, but for `fixed` ones.
 */
export function table({ label, columns, rows, none, rowTestid, rowOff, testid, sorting }) {
  if (!rows.length) return none;
  const cell = (column, row) => h('td', {
    role: 'cell',
    class: [column.tick && 'tick-cell', column.right && 'right numbers', column.lead && 'lead', column.acts && 'acts'].filter(Boolean).join(' ') || null,
    'data-label': column.name || null,
  }, column.cell(row));
  return h('table.list', { role: 'table', 'aria-label': label, testid },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, columns.map((column) =>
      heading(column, sorting)))),
    h('tbody', { role: 'rowgroup' }, rows.map((row) =>
      h('tr', { role: 'row', testid: rowTestid?.(row), class: rowOff?.(row) ? 'off' : null }, columns.map((column) => cell(column, row))))));
}

/** Of a column: three taps are up, down and as it was. */
function heading(column, sorting) {
  const props = { role: 'columnheader', scope: 'col', class: column.right ? 'right' : null };
  if (column.acts) return h('th', props, h('span.sr', '操作'));
  if (column.tick) return h('th', props, h('span.sr', '选中'));
  if (!sorting || column.fixed || !column.name) return h('th', props, column.name);
  const { name } = column;
  const how = { [name]: 'ascending', [`-${name}`]: 'descending' }[sorting.by] ?? 'none';
  const next = { none: name, ascending: `-${name}`, descending: '' }[how];
  const mark = { none: '↕', ascending: '▲', descending: '▼' }[how];
  return h('th', { ...props, 'aria-sort': how },
    h('button.sorter', { type: 'button', testid: `sort-${name}`, onclick: () => sorting.set(next, name) }, name, h('span.sort-mark', { 'aria-hidden': 'true' }, mark)));
}

/** The head of a page: way back, title, one line, buttons. */
export function pageHead({ title, lead, back, badges, actions = [], plainTitle }) {
  return h('div.page-head', {},
    h('div.grow', {},
      back && h('a.back', { href: back.href }, `‹ ${back.text}`),
      h('h1', { tabindex: '-1', 'data-title': plainTitle ?? title }, title, badges),
      lead && h('p.lead', lead)),
    actions.length ? h('div.row', actions) : null);
}

/** A modal window. Resolves with what `close(value)` was called with; undefined when it was left. */
export function dialog({ title, wide, content, testid }) {
  return new Promise((resolve) => {
    const id = uid('dialog');
    let value;
    const element = h(wide ? 'dialog.wide' : 'dialog', { 'aria-labelledby': id, testid });
    // While something is being sent the window stays: its outcome is still to be told.
    const sending = () => element.querySelector('[aria-busy="true"]') !== null;
    const close = (given) => {
      if (given === undefined && sending()) return;
      value = given;
      element.close();
    };
    element.addEventListener('cancel', (event) => { if (sending()) event.preventDefault(); });
    add(element, h('div.dialog-body', {}, h('h2', { id }, title), content(close)));
    element.addEventListener('close', () => { element.remove(); resolve(value); });
    // Only by a button or Escape: a click beside the window must not lose what was typed.
    document.body.append(element);
    element.showModal();
    (element.querySelector('[autofocus]') ?? element.querySelector('input:not([type=hidden]), select, textarea, button'))?.focus();
  });
}

/** Asks before something that cannot be taken back; runs it in the window. */
export function confirm({ title, text, yes, danger = false, work, testid }) {
  return dialog({
    title,
    testid,
    content: (close) => {
      const problems = h('div');
      return [
        h('div.stack.tight', {}, [].concat(text).map((line) => h('p', line))),
        problems,
        h('div.form-end', {},
          button(yes, {
            main: !danger, danger, testid: 'dialog-submit',
            onclick: async () => {
              try { close((await work()) ?? true); } catch (error) { if (!isGone(error)) put(problems, failure(error)); }
            },
          }),
          button('取消', { onclick: () => close() })),
      ];
    },
  });
}
