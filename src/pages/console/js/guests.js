// 旁听: seats that leaves free at one meeting, and who of the waiting list was asked.

import { api } from './api.js';
import { h, put } from './dom.js';
import { badge, button, confirm, tell } from './ui.js';

const KINDS = { offered: 'warn', taken: 'ok', declined: 'info', lapsed: 'info', given_back: 'info', ended: 'info' };
/** Nobody answered. */
const ENDS = { lapsed: '过时', ended: '不用来了' };

/** `{element, refresh()}`; hidden where no leave has freed a seat. */
export function guestsCard({ meeting, changed, signal }) {
  const path = `/api/staff/meetings/${meeting.id}/guests`;
  const state = h('p.soft.small');
  const list = h('ul.stack.tight', { testid: 'guests' });
  const element = h('section.panel.stack', { hidden: true, 'aria-labelledby': 'guests' }, h('h2', { id: 'guests' }, '旁听'), state, list);
  const refresh = async () => {
    const { freed, free, items } = await api.get(path, { signal });
    element.hidden = !freed && !items.length;
    put(state, `请假空出 ${freed} 个座位，还有 ${free} 个没人。按候补的先后一位一位问。`);
    put(list, items.map((one) => line(one)));
  };
  const answer = async (one, what, text) => {
    await api.post(`/api/staff/guest-offers/${one.id}/${what}`);
    await refresh();
    await changed();
    tell(text);
  };
  const line = (one) => h('li.stack.tight', { testid: `guest-${one.resident_id}` },
    h('div.row.tight', {}, h('span.strong', one.name), h('span.soft.small.numbers', one.learner_number), badge(one.status_text, KINDS[one.status])),
    h('p.small.soft', [`${one.asked_text}问的`, one.may_accept && `留到${one.expires_text}`, one.answered_text && `${one.answered_text}${ENDS[one.status] ?? (one.by_staff ? '电话答复' : '答复')}`].filter(Boolean).join('，')),
    (one.may_accept || one.may_decline) && h('div.row.tight', {},
      one.may_accept && button('电话里说来', { about: one.name, testid: `guest-accept-${one.resident_id}`, onclick: () => answer(one, 'accept', `记下了：${one.name}来旁听。`) }),
      one.may_decline && button('电话里说不来', { quiet: true, about: one.name, testid: `guest-decline-${one.resident_id}`, onclick: () => no(one) })));
  async function no(one) {
    await confirm({ title: `${one.name}不来旁听？`, text: '座位会让给候补的下一位。', yes: '不来', work: () => answer(one, 'decline', `记下了：${one.name}不来。`) });
  }
  refresh().catch(() => {});
  return { element, refresh };
}
