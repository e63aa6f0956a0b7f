// 扫学员卡: by the camera, by a picture, or by typing the number.
//
// A scan is kept in this browser under a name of its own until the server has answered:
// a lost answer is asked for again with the same name, and counts once.

import { api, isGone } from './api.js';
import { look, pictures } from './camera.js';
import { device, random } from './device.js';
import { h, say } from './dom.js';
import { badge, button, dialog } from './ui.js';

const MOST = 200;

/** Whose scans these are: another's on this computer wait for them. */
let staff = 0;
const place = () => `shangxue.scans.${staff}`;

let unkept = {};
function waiting() {
  try { return JSON.parse(localStorage.getItem(place())) ?? {}; } catch { return unkept; }
}
function keep(all) {
  unkept = all;
  try { localStorage.setItem(place(), JSON.stringify(all)); } catch { /* as long as the page lives */ }
}

/** The scans of a meeting that no answer has come for. */
const ofMeeting = (meeting) => waiting()[meeting] ?? [];

function remember(meeting, scan) {
  keep({ ...waiting(), [meeting]: [...ofMeeting(meeting), scan] });
}
function forget(meeting, names) {
  const { [meeting]: mine = [], ...others } = waiting();
  const left = mine.filter((scan) => !names.includes(scan.scan_id));
  keep(left.length ? { ...others, [meeting]: left } : others);
}

/** Sends what waits; the answers. Nothing is forgotten before its answer came. */
async function send(meeting, signal) {
  const scans = ofMeeting(meeting).slice(0, MOST);
  if (!scans.length) return [];
  const { items } = await api.post(`/api/staff/meetings/${meeting}/scans`, { device: device(), sent_at: new Date().toISOString(), scans }, { signal });
  forget(meeting, items.map((one) => one.scan_id));
  return items;
}

/** A scan as it is sent: a card's text, or a learner number. */
function scanOf(text) {
  const whole = { scan_id: random(), device_at: new Date().toISOString() };
  return /^\d{4,12}$/.test(text) ? { ...whole, kind: 'tap', learner_number: text, status: 'present' } : { ...whole, kind: 'card', card: text.slice(0, 2000) };
}

const MARKS = { recorded: ['到课', 'ok'], already: ['已经登记过', 'info'], tray: ['待处理', 'warn'] };

/** The button, with how many scans wait; `changed` is told when the register may be another. */
export function scanCard({ me, meeting, signal, changed }) {
  staff = me.id;
  const note = h('p.small.stale', { role: 'status', testid: 'scans-waiting' });
  const count = () => {
    const left = ofMeeting(meeting.id).length;
    say(note, left ? `有 ${left} 次扫卡还没送到，网络好了会自己再送。` : '');
  };
  // Whoever sends, the window that is open hears what became of it.
  const heard = { answer: () => {} };
  let turn = Promise.resolve();
  const flush = () => {
    turn = turn.catch(() => {}).then(async () => {
      try {
        const answers = await send(meeting.id, signal);
        answers.forEach((one) => heard.answer(one));
        if (answers.some((one) => one.outcome === 'tray')) open.dispatchEvent(new Event('tray-changed', { bubbles: true }));
        if (answers.length) await changed();
      } catch (error) {
        if (!isGone(error)) throw error;
      } finally {
        count();
      }
    });
    return turn;
  };
  const quietly = () => { flush().catch(() => {}); };
  window.addEventListener('online', quietly, { signal });
  quietly();
  const open = button('扫学员卡', { icon: 'camera', main: true, testid: 'scan-open', onclick: () => { window_(meeting, flush, heard); } });
  open.disabled = meeting.status === 'cancelled';
  return { element: h('div.scan-act', {}, open, note), again: quietly };
}

function window_(meeting, flush, heard) {
  const leave = new AbortController();
  const said = h('ol.scan-list', { 'aria-live': 'polite', testid: 'scan-answers' });
  const problem = h('p.small.stale', { role: 'status' });
  const input = h('input.input', { testid: 'scan-text', autocomplete: 'off', inputmode: 'numeric', 'aria-label': '学员号', placeholder: '卡上的学员号' });
  const take = async (text) => {
    remember(meeting.id, scanOf(text));
    say(problem, '');
    try {
      await flush();
    } catch (error) {
      // Kept: it goes on by itself, or with the next one.
      say(problem, `还没送到，已经存在这台手机里。${error.message}`);
    }
  };
  heard.answer = (one) => {
    const [words, kind] = MARKS[one.outcome];
    said.prepend(h('li', { testid: `scan-${one.outcome}` }, h('div.row.tight', {}, badge(words, kind), h('span.strong', one.name ?? '不知道是谁')), one.outcome === 'tray' && h('p.small', one.message)));
  };
  const typed = h('form.row.tight.scan-form', {}, input, button('登记到课', { type: 'submit', testid: 'scan-submit' }));
  typed.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = '';
    input.focus();
    take(text);
  });
  const camera = h('div.scan-view');
  const picture = pictures(take, leave.signal, (words) => say(problem, words));
  look(camera, take, leave.signal);
  return dialog({
    title: '扫学员卡',
    testid: 'scan-dialog',
    content: (close) => [camera, h('p', '也可以用照片，或输学员号：'), picture, typed, problem, said, h('div.form-end', {}, button('扫好了', { testid: 'scan-close', onclick: () => close(true) }))],
  }).finally(() => {
    heard.answer = () => {};
    leave.abort();
  });
}
