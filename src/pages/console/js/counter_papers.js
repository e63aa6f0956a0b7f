// What is still missing at the counter: the pledge, or a relative. It is recorded beside the
// sign-up, which goes on by itself.

import { api } from './api.js';
import { h } from './dom.js';
import { field } from './form.js';
import { alertBox, button } from './ui.js';

const PAPERS = { pledge_needed: pledge, relative_needed: relative };

export const isPaper = (error) => error.code in PAPERS;

/** What records the paper that was refused for, and where to begin: `{element, first}`. */
export const paper = (error, desk) => PAPERS[error.code](error, desk);

/** Records it, when the tick is there, and signs up. */
function goOn(desk, tick, without, save) {
  return async () => {
    if (!tick.get()) {
      tick.show(without);
      desk.focus(tick.input);
      return;
    }
    await save();
    desk.papers.replaceChildren();
    await desk.send(desk.waiting);
  };
}

const box = (testid, title, error, ...content) => h('section.stack', { testid, role: 'group', 'aria-label': title },
  alertBox('warn', h('p', error.message)), content);

async function pledge(error, desk) {
  const { id, title, body } = await api.get('/api/pledge');
  let work;
  const tick = field({ name: 'pledge', label: '本人看过上面的话，在纸上签了名', type: 'checkbox', full: true, ...desk.enter(() => work()) });
  work = goOn(desk, tick, '请先让本人看一遍（或者念给他听），在纸上签名，再打勾。',
    () => api.post(`/api/staff/residents/${desk.person.id}/pledge`, { id }));
  const element = box('counter-pledge', title, error,
    h('h2', title), h('div.stack.tight', { testid: 'counter-pledge-text' }, body.split('\n').filter((line) => line.trim()).map((line) => h('p', line))),
    tick.element, h('div', {}, button('登记，接着报名', { main: true, testid: 'counter-pledge-go', onclick: () => desk.once(work) })));
  return { element, first: tick.input };
}

async function relative(error, desk) {
  let work;
  const one = (spec, next) => field({ required: true, autocomplete: 'off', ...spec, ...desk.enter(() => next()) });
  const name = one({ name: 'relative-name', label: '家人姓名', maxlength: '20' }, () => desk.goOn(name, relation));
  const relation = one({ name: 'relative-relation', label: '关系', maxlength: '10', placeholder: '女儿' }, () => desk.goOn(relation, phone));
  const phone = one({ name: 'relative-phone', label: '家人手机号', inputmode: 'tel', maxlength: '20' }, () => desk.goOn(phone, way));
  const way = one({ name: 'relative-way', label: '怎样同意的', type: 'select', value: 'call', options: [['call', '电话里同意'], ['paper', '纸上签名']] }, () => desk.goOn(way, tick));
  const tick = field({ name: 'relative-agrees', label: '家人同意老人来上课，也同意有事时打电话', type: 'checkbox', full: true, ...desk.enter(() => work()) });
  const wrong = () => [name, relation, phone].find((each) => { const message = each.check(); each.show(message); return message; });
  const save = goOn(desk, tick, '请先问过这位家人，同意了再打勾。', () => api.put(`/api/staff/residents/${desk.person.id}/relative`,
    { name: name.get(), relation: relation.get(), phone: phone.get(), way: way.get() }));
  work = async () => {
    const missing = wrong();
    if (missing) desk.focus(missing.input); else await save();
  };
  const element = box('counter-relative', '家人', error,
    h('div.form-grid', {}, name.element, relation.element, phone.element, way.element),
    tick.element, h('div', {}, button('登记，接着报名', { main: true, testid: 'counter-relative-go', onclick: () => desk.once(work) })));
  return { element, first: name.input };
}
