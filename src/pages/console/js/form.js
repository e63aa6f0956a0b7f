// Forms: labels, hints, errors beside the field, and a button that is off while it runs.
// What a person typed is touched by nothing but the person.

import { h, put, uid, chars } from './dom.js';
import { isGone } from './api.js';
import { button, busy, dialog, failure } from './ui.js';

/**
 * A field: {name, label, type, value, required, hint, options, full, max, autofocus, testid, …attributes}.
 * Types: text (default), password, number, date, datetime-local, time, search, select, textarea, checkbox.
 * `count` limits the characters and shows how many there are. Optional `read(text)` turns the text into the value that is sent.
 */
export function field(spec) {
  const { name, label, type = 'text', value, required, hint, options, full, count: most, testid, read, autofocus, ...attributes } = spec;
  const id = uid(name);
  const problem = h('p.problem', { id: `${id}-problem`, hidden: true });
  const hintLine = hint && h('p.hint', { id: `${id}-hint` }, hint);
  const describedby = `${hint ? `${id}-hint ` : ''}${id}-problem`;
  const common = { id, name, testid: testid ?? `field-${name}`, required, 'aria-required': required ? 'true' : null, 'aria-describedby': describedby, autofocus: autofocus || null, ...attributes };
  const input = control(type, common, value, options);
  const long = type === 'textarea';
  const counter = most ? h('span.count', { testid: `${testid ?? `field-${name}`}-count` }) : null;
  const count = () => {
    if (!counter) return;
    const length = chars(input.value.trim());
    counter.textContent = `${length} / ${most}`;
    counter.classList.toggle('over', length > most);
    if (length > most) counter.textContent += `（多了 ${length - most} 个字）`;
  };
  count();
  const show = (message) => {
    problem.textContent = message ?? '';
    problem.hidden = !message;
    if (message) input.setAttribute('aria-invalid', 'true'); else input.removeAttribute('aria-invalid');
  };
  input.addEventListener('input', () => { show(null); count(); });
  const caption = h('label', { for: id }, label, required && type !== 'checkbox' ? h('span.must', { title: '必填', 'aria-hidden': 'true' }, '*') : null);
  const element = type === 'checkbox'
    ? h(full ? 'div.field.full' : 'div.field', {}, h('label.check', { for: id }, input, label), hintLine, problem)
    : h(full ? 'div.field.full' : 'div.field', {}, counter ? h('div.label-line', {}, caption, counter) : caption, long && hintLine, input, !long && hintLine, problem);
  return {
    name, label, input, element, show,
    get: () => {
      if (type === 'checkbox') return input.checked;
      const text = type === 'password' ? input.value : input.value.trim();
      if (read) return read(text);
      if (text === '') return required || type === 'text' || type === 'textarea' || type === 'password' ? '' : null;
      return type === 'number' ? Number(text) : text;
    },
    check: () => {
      if (required && type !== 'checkbox' && !input.value.trim()) return `请${options ? '选择' : '填写'}${label}。`;
      if (input.validity.badInput) return `${label}填得不对。`;
      if (input.validity.rangeUnderflow) return `${label}不能小于 ${input.min}。`;
      if (input.validity.rangeOverflow) return `${label}不能大于 ${input.max}。`;
      if (most && chars(input.value.trim()) > most) return `${label}最多 ${most} 个字。`;
      return null;
    },
  };
}

function control(type, common, value, options) {
  if (type === 'textarea') return h('textarea.input', { rows: '4', ...common, value: value ?? '' });
  if (type === 'checkbox') return h('input', { type, ...common, checked: Boolean(value) });
  if (type === 'select') {
    const select = h('select.input', common, options.map(([key, text]) => h('option', { value: String(key) }, text)));
    if (value != null) select.value = String(value);
    return select;
  }
  return h('input.input', { type, ...common, value: value ?? '' });
}

/** Reads of select fields that hold ids. */
export const asId = (text) => (text === '' ? null : Number(text));

/**
 * `submit(values)` sends; its failure is shown beside the field it names, or above the buttons.
 * `fields` may hold elements between the fields.
 */
export function form({ fields, submitText, submit, cancel, testid, grid = true, danger = false, submitTestid }) {
  const real = fields.filter((one) => one && one.get);
  const problems = h('div');
  const send = button(submitText, { main: !danger, danger, type: 'submit', testid: submitTestid ?? (testid ? `${testid}-submit` : 'form-submit') });
  const element = h('form.stack', { novalidate: true, testid },
    h(grid ? 'div.form-grid' : 'div.stack', {}, fields.filter(Boolean).map((one) => one.element ?? one)),
    problems,
    h('div.form-end', {}, send, cancel && button('取消', { onclick: cancel })));
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    put(problems);
    let first = null;
    for (const one of real) {
      const wrong = one.check();
      one.show(wrong);
      if (wrong) first ??= one;
    }
    if (first) { first.input.focus(); return; }
    const values = Object.fromEntries(real.map((one) => [one.name, one.get()]));
    busy(send, async () => {
      try {
        await submit(values);
      } catch (error) {
        if (isGone(error)) return;
        const named = error.status === 400 && !error.next?.length ? real.find((one) => error.message.includes(one.label)) : null;
        if (named) {
          named.show(error.message);
          named.input.focus();
        } else {
          put(problems, failure(error));
        }
      }
    });
  });
  return element;
}

/** A form in a window; resolves with what `submit` returned, undefined when it was left. */
export function formDialog({ title, intro, fields, submitText = '保存', submit, wide, testid, danger, grid }) {
  return dialog({
    title,
    wide,
    testid,
    content: (close) => [
      intro && h('div.stack.tight', {}, [].concat(intro).map((line) => (line instanceof Node ? line : h('p', line)))),
      form({ fields, submitText, danger, grid, submitTestid: 'dialog-submit', cancel: () => close(), submit: async (values) => close((await submit(values)) ?? true) }),
    ],
  });
}

/** Asks for a reason, which is kept or told to the learners; some are offered as buttons. */
export function askReason({ title, intro, label = '原因', hint, offers = [], submitText, danger, submit, before = [] }) {
  const reason = field({ name: 'reason', label, type: 'textarea', rows: '2', required: true, hint, full: true, maxlength: '200' });
  const quick = offers.length ? h('div.row.tight.full', { role: 'group', 'aria-label': '常用原因' }, offers.map((text) =>
    button(text, { onclick: () => { reason.input.value = text; reason.show(null); reason.input.focus(); } }))) : null;
  return formDialog({ title, intro, fields: [...before, quick, reason], submitText, danger, submit, testid: 'reason-dialog' });
}
