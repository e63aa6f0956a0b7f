// 扫学员卡: by the camera where the browser can read codes, by typing the number everywhere.
//
// A scan is kept in this browser under a name of its own until the server has answered:
// a lost answer is asked for again with the same name, and counts once.

import { api, isGone } from './api.js';
import { h, put, say } from './dom.js';
import { badge, button, dialog } from './ui.js';

const WAITING = 'shangxue.scans';
const DEVICE = 'shangxue.device';
const LOOK_MS = 250;
/** The same card in view counts once in so long. */
const SAME_MS = 5000;
const MOST = 200;

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** What this browser calls itself: random, and nothing about it. */
function device() {
  try {
    const known = localStorage.getItem(DEVICE) ?? random();
    localStorage.setItem(DEVICE, known);
    return known;
  } catch { return 'no-storage'; }
}

let unkept = {};
function waiting() {
  try { return JSON.parse(localStorage.getItem(WAITING)) ?? {}; } catch { return unkept; }
}
function keep(all) {
  unkept = all;
  try { localStorage.setItem(WAITING, JSON.stringify(all)); } catch { /* as long as the page lives */ }
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
export function scanCard({ meeting, signal, changed }) {
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
  look(camera, take, leave.signal);
  return dialog({
    title: '扫学员卡',
    testid: 'scan-dialog',
    content: (close) => [camera, h('p', '也可以输学员号：'), typed, problem, said, h('div.form-end', {}, button('扫好了', { testid: 'scan-close', onclick: () => close(true) }))],
  }).finally(() => {
    heard.answer = () => {};
    leave.abort();
  });
}

/** The camera, where there is one and the browser can read codes. */
async function look(place, take, signal) {
  const none = (words) => put(place, h('p.soft', { testid: 'scan-no-camera' }, words));
  if (!('BarcodeDetector' in window) || !navigator.mediaDevices?.getUserMedia) {
    none('这个浏览器不能用摄像头扫，请输学员号。');
    return;
  }
  try {
    const detector = new BarcodeDetector({ formats: ['qr_code'] });
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    const stop = () => { for (const track of stream.getTracks()) track.stop(); };
    if (signal.aborted) { stop(); return; }
    signal.addEventListener('abort', stop, { once: true });
    const video = h('video', { autoplay: true, playsinline: true, 'aria-label': '摄像头画面：请对准学员卡' });
    video.muted = true;
    video.srcObject = stream;
    put(place, video, h('p.soft.small', '对准学员卡，听到或看到名字就好了。'));
    watch(video, detector, take, signal);
  } catch {
    none('摄像头打不开，请输学员号。');
  }
}

async function watch(video, detector, take, signal) {
  let last = { text: '', at: 0 };
  while (!signal.aborted) {
    const [code] = await detector.detect(video).catch(() => []);
    const text = code?.rawValue ?? '';
    if (text && (text !== last.text || Date.now() - last.at > SAME_MS)) {
      last = { text, at: Date.now() };
      navigator.vibrate?.(80);
      await take(text);
    }
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
  }
}
