// The roll of one meeting: large names, two answers for each, and cards scanned.

import { h, put, say } from '../../js/dom.js';
import * as time from '../../js/time.js';
import { askWhy } from './why.js';
import { scanWindow } from './scan.js';
import { standing, takes } from './standing.js';

const WORDS = { present: '到课', absent: '缺席', leave: '请假' };
const WAYS = { code: '扫码', card: '学员卡', roll: '点名', leave: '本人请假' };

/** `{element, update(at), leave()}` */
export function rollView(world, first) {
  let at = first;
  const rows = new Map();
  const count = h('b', { testid: 'present' });
  const total = h('span');
  const list = h('ul.people');
  const scan = h('button.button.main.wide', { type: 'button', testid: 'scan-open', onclick: () => { open = scanWindow(world, () => at, tap); } }, '扫学员卡');
  let open = null;
  const { meeting } = at;
  const element = h('div.stack', {},
    h('a.back', { href: '#/' }, '← 今天的课'),
    h('div', {}, h('h1', meeting.class_name), h('p.soft', `第 ${meeting.number} 次 · ${meeting.time_text}–${time.clockText(meeting.ends_at)} · ${meeting.room}`)),
    meeting.status === 'cancelled' && h('p.notice', '这次课已经停课。'),
    h('div.row.spread', {}, h('p.numbers.present', {}, '已到 ', count, ' / ', total, ' 人')),
    scan, list);

  const now = (learner) => standing(learner, world.mine().filter((one) => one.meeting === at.meeting.id && one.resident_id === learner.id), at.day.asked_at);

  async function tap(learner, status) {
    const stands = now(learner);
    if (stands.status === status) return;
    const reason = takes(stands, status) ? null : await askWhy(learner.name, WORDS[stands.status], WORDS[status], status);
    if (reason === undefined) return;
    await world.record(at.day.day, at.meeting.id, { kind: 'tap', resident_id: learner.id, status, ...(reason ? { reason } : {}) });
  }

  function row(learner) {
    const note = h('span.note.small');
    const answers = ['present', 'absent'].map((status) => h('button.answer', { type: 'button', 'aria-pressed': 'false', 'aria-label': `${learner.name}：${WORDS[status]}`, testid: `${status}-${learner.id}`, onclick: () => tap(learner, status) }, WORDS[status]));
    const made = h('li.person', { testid: `row-${learner.id}` }, h('div.grow', {}, h('b.name', learner.name), h('span.soft.small.numbers', learner.number), note), answers);
    list.append(made);
    return { made, note, answers };
  }

  function update(fresh) {
    at = fresh;
    let there = 0;
    for (const learner of at.meeting.learners) {
      if (!rows.has(learner.id)) rows.set(learner.id, row(learner));
      const { made, note, answers } = rows.get(learner.id);
      const stands = now(learner);
      if (stands.status === 'present') there += 1;
      made.dataset.status = stands.status ?? '';
      answers.forEach((one, index) => one.setAttribute('aria-pressed', String(stands.status === ['present', 'absent'][index])));
      const tray = world.mine().findLast((one) => one.meeting === at.meeting.id && one.resident_id === learner.id && one.answer?.outcome === 'tray');
      say(note, [stands.status && (stands.status === 'leave' ? '请假' : WAYS[stands.way]), stands.reason, stands.waits && '还没传', tray && '有一条待处理'].filter(Boolean).join(' · '));
    }
    for (const [id, { made }] of rows) if (!at.meeting.learners.some((one) => one.id === id)) { made.remove(); rows.delete(id); }
    say(count, String(there));
    say(total, String(at.meeting.learners.length));
    if (!at.meeting.learners.length && !list.firstChild) put(list, h('li.soft', '这个班还没有学员。'));
  }
  return { element, update, leave: () => open?.close() };
}
