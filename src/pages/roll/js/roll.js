// The roll of one meeting: large names, two answers for each, cards scanned, people counted.

import { h, put, say } from '../../js/dom.js';
import { callNames, countForm, draw, verdict } from '../../js/sample.js';
import * as time from '../../js/time.js';
import { askWhy } from './why.js';
import { scanWindow } from './scan.js';
import { standing, takes } from './standing.js';

const WORDS = { present: '到课', absent: '缺席', leave: '请假' };
const WAYS = { code: '扫码', card: '学员卡', roll: '点名', leave: '本人请假', poster: '海报，已点头' };
/** So long a count waits for the names that the server draws. */
const PATIENCE_MS = 4000;

/** `{element, update(at), leave()}` */
export function rollView(world, first) {
  let at = first;
  const rows = new Map();
  const count = h('b', { testid: 'present' });
  const total = h('span');
  const list = h('ul.people');
  const scan = h('button.button.main.wide', { type: 'button', testid: 'scan-open', onclick: () => { open = scanWindow(world, () => at, tap); } }, '扫学员卡');
  let open = null;
  const nods = h('button.button.wide', { type: 'button', testid: 'nod-all', onclick: () => nodAll() });
  const { meeting } = at;
  const element = h('div.stack', {},
    h('a.back', { href: '#/' }, '← 今天的课'),
    h('div', {}, h('h1', meeting.class_name), h('p.soft', `第 ${meeting.number} 次 · ${meeting.time_text}–${time.clockText(meeting.ends_at)} · ${meeting.room}`)),
    meeting.status === 'cancelled' && h('p.notice', '这次课已经停课。'),
    h('div.row.spread', {}, h('p.numbers.present', {}, '已到 ', count, ' / ', total, ' 人')),
    scan, meeting.status === 'cancelled' || countForm(countHeads), nods, list);

  const now = (learner) => standing(learner, world.mine().filter((one) => one.meeting === at.meeting.id && one.resident_id === learner.id), at.day.asked_at);

  /** They scanned the poster, and nobody nodded. */
  const waits = (learner) => learner.claimed_at && now(learner).status !== 'present';
  const nod = (learner) => world.record(at.day.day, at.meeting.id, { kind: 'nod', resident_id: learner.id });
  async function nodAll() {
    for (const learner of at.meeting.learners.filter(waits)) await nod(learner);
  }
  const counted = () => at.meeting.counted !== undefined || world.mine().some((one) => one.meeting === at.meeting.id && one.kind === 'count');

  async function countHeads(people) {
    const { day, meeting: { id, learners } } = at;
    const there = learners.filter((learner) => now(learner).status === 'present');
    const draws = world.sync.reached === false;
    const event = await world.record(day.day, id, { kind: 'count', people, draws });
    const sample = draws ? undefined : await drawn(event.scan_id);
    // Without an answer the phone judges by the roll that it has.
    const apart = Math.abs(people - there.length) > day.text.count_tolerance;
    const called = sample ? learners.filter((learner) => sample.includes(learner.id)) : apart ? draw(there) : [];
    if (called.length) await callNames(called, (resident_id, is) => world.record(day.day, id, { kind: 'sample', resident_id, of_count: event.scan_id, status: is ? 'present' : 'absent' }));
    return verdict(people, there.length, called.length > 0);
  }

  /** Whose names the server drew; undefined where it does not answer in time. */
  async function drawn(scan_id) {
    const until = Date.now() + PATIENCE_MS;
    while (Date.now() < until && world.sync.reached !== false) {
      const { answer } = world.events.find((one) => one.scan_id === scan_id) ?? {};
      if (answer) return answer.sample ?? [];
      await new Promise((then) => { setTimeout(then, 100); });
    }
    return undefined;
  }

  async function tap({ id }, status) {
    // As the roll has them by now.
    const learner = at.meeting.learners.find((one) => one.id === id);
    const stands = now(learner);
    if (stands.status === status) return;
    if (status === 'present' && waits(learner)) { await nod(learner); return; }
    const reason = takes(stands, status) ? null : await askWhy(learner.name, WORDS[stands.status], WORDS[status], status);
    if (reason === undefined) return;
    await world.record(at.day.day, at.meeting.id, { kind: 'tap', resident_id: learner.id, status, ...(reason ? { reason } : {}) });
  }

  function row(learner) {
    const note = h('span.note.small');
    const answers = ['present', 'absent'].map((status) => h('button.answer', { type: 'button', 'aria-pressed': 'false', 'aria-label': `${learner.name}：${WORDS[status]}`, testid: `${status}-${learner.id}`, onclick: () => tap(learner, status) }, WORDS[status]));
    const made = h('li.person', { testid: `row-${learner.id}` }, h('div.grow', {}, h('b.name', learner.name), h('span.soft.small.numbers', learner.number), learner.guest && h('span.badge.info', '旁听'), note), answers);
    list.append(made);
    return { made, note, answers };
  }

  function update(fresh) {
    at = fresh;
    let [there, waiting] = [0, 0];
    for (const learner of at.meeting.learners) {
      if (!rows.has(learner.id)) rows.set(learner.id, row(learner));
      const { made, note, answers } = rows.get(learner.id);
      const stands = now(learner);
      if (stands.status === 'present') there += 1;
      if (waits(learner)) waiting += 1;
      made.classList.toggle('waits', Boolean(waits(learner)));
      say(answers[0], waits(learner) ? '点头' : WORDS.present);
      made.dataset.status = stands.status ?? '';
      answers.forEach((one, index) => one.setAttribute('aria-pressed', String(stands.status === ['present', 'absent'][index])));
      const tray = world.mine().findLast((one) => one.meeting === at.meeting.id && one.resident_id === learner.id && one.answer?.outcome === 'tray');
      say(note, [waits(learner) && `${time.clockText(learner.claimed_at)} 扫了海报，等点头`, stands.status && (stands.status === 'leave' ? '请假' : WAYS[stands.way]), stands.reason, stands.waits && '还没传', tray && '有一条待处理'].filter(Boolean).join(' · '));
    }
    for (const [id, { made }] of rows) if (!at.meeting.learners.some((one) => one.id === id)) { made.remove(); rows.delete(id); }
    say(count, String(there));
    say(total, String(at.meeting.learners.length));
    nods.hidden = !waiting;
    nods.disabled = !counted();
    say(nods, counted() ? `全部点头（${waiting} 位）` : `${waiting} 位等点头：数过人数，可以全部点头`);
    if (!at.meeting.learners.length && !list.firstChild) put(list, h('li.soft', '这个班还没有学员。'));
  }
  return { element, update, leave: () => open?.close() };
}
