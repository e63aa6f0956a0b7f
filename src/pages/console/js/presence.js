// Beside the roll: who waits for a nod, how many people are in the room, who is 班长.

import { api } from './api.js';
import { device, random } from './device.js';
import { h, put } from './dom.js';
import { asId, field, formDialog } from './form.js';
import { callNames, countForm, verdict } from './sample.js';
import { badge, button, confirm, tell } from './ui.js';

/** Words of this desk; what becomes of each. */
async function send(meeting, words) {
  const at = new Date().toISOString();
  const scans = words.map((word) => ({ scan_id: random(), device_at: at, ...word }));
  const { items } = await api.post(`/api/staff/meetings/${meeting}/scans`, { device: device(), sent_at: at, scans });
  return items;
}

/** To people who scanned the poster. */
export async function nod(meeting, residents) {
  const items = await send(meeting, residents.map((resident_id) => ({ kind: 'nod', resident_id })));
  const [refused] = items.filter((one) => one.outcome === 'tray');
  if (refused) tell(refused.message, 'warn');
}

/** `{element, update(roll)}` */
export function headsCard({ meeting, changed }) {
  let roll;
  const waiting = () => roll.items.filter((row) => row.claimed_text).map((row) => row.resident_id);
  const nods = button('', { testid: 'nod-all', onclick: async () => { await nod(meeting.id, waiting()); await changed(); } });
  const list = h('ul.stack.tight', { testid: 'head-counts' });
  const form = countForm(async (people) => {
    const { present } = roll;
    const [{ scan_id: of_count, sample }] = await send(meeting.id, [{ kind: 'count', people }]);
    const called = roll.items.filter((row) => sample.includes(row.resident_id)).map((row) => ({ id: row.resident_id, name: row.name }));
    if (called.length) await callNames(called, (resident_id, there) => send(meeting.id, [{ kind: 'sample', resident_id, of_count, status: there ? 'present' : 'absent' }]));
    await changed();
    return verdict(people, present, called.length > 0);
  });
  const element = h('section.panel.stack', { 'aria-label': '数人头' }, meeting.status !== 'cancelled' && form, nods, list);
  return {
    element,
    update(fresh) {
      roll = fresh;
      const many = roll.meeting.window === 'open' ? waiting().length : 0;
      nods.hidden = !many;
      nods.disabled = !roll.counts.length;
      put(nods, roll.counts.length ? `全部点头（${many} 位）` : `${many} 位等点头：数过人数，可以全部点头`);
      put(list, roll.counts.map(countLine));
    },
  };
}

function countLine(count) {
  const answers = { true: '在', false: '不在' };
  return h('li', {}, h('p', {}, `${count.time_text} 数到 ${count.people} 位，名单上 ${count.present} 位 `, count.apart && badge('对不上', 'warn')),
    h('p.small.soft', count.by),
    count.sample.length > 0 && h('p.small', `抽查${count.sample[0].drawn_here ? '' : '（手机上抽的）'}：`, count.sample.map((one) => `${one.name} ${answers[one.there] ?? '没问到'}`).join('，')));
}

/** 班长: who they are, one more, one less. */
export function monitorCard({ meeting, people, changed, signal }) {
  const path = `/api/staff/classes/${meeting.class_id}/monitors`;
  const list = h('ul.stack.tight', { testid: 'monitors' });
  const load = async () => {
    const monitors = await api.list(path, { signal });
    put(list, monitors.length ? monitors.map((one) => line(one)) : h('li.soft', '还没有班长。'));
  };
  const after = async (text) => { await load(); await changed(); tell(text); };
  const line = (one) => h('li.row.spread', { testid: `monitor-${one.resident_id}` },
    h('div', {}, h('span.strong', one.name), h('p.small.soft', `${one.made_by} ${one.made_text}设的`)),
    button('不再当', { quiet: true, danger: true, about: one.name, testid: `monitor-end-${one.resident_id}`, onclick: () => end(one) }));
  async function end(one) {
    const done = await confirm({ title: `${one.name}不再当班长？`, text: '以后手机上不能再点这个班的名。记过的都留着。', yes: '不再当', work: () => api.delete(`${path}/${one.resident_id}`) });
    if (done) await after(`${one.name}不再是班长。`);
  }
  async function make() {
    const done = await formDialog({
      title: '设班长', grid: false, testid: 'monitor-dialog',
      intro: '上课那天，班长在自己手机上点名、扫卡、点头。看不到电话，也改不了以前的课。',
      fields: [field({ name: 'resident_id', label: '哪位学员', type: 'select', required: true, read: asId, options: [['', '请选择'], ...people().map((row) => [row.resident_id, `${row.name}（${row.learner_number}）`])] })],
      submitText: '设为班长',
      submit: (values) => api.put(`${path}/${values.resident_id}`),
    });
    if (done) await after('设好了。请告诉本人：上课那天，首页有“班长点名”。');
  }
  load().catch(() => {});
  return h('section.panel.stack', { 'aria-labelledby': 'monitors' },
    h('div.row.spread', {}, h('h2', { id: 'monitors' }, '班长'), button('设班长', { testid: 'monitor-make', onclick: make })), list);
}
