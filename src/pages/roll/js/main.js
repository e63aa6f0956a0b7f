// 点名 without network: the day's meetings, the roll of one, cards scanned; all kept on this
// phone first, and sent when there is a network.

import { random } from '../../js/device.js';
import { h, put } from '../../js/dom.js';
import * as time from '../../js/time.js';
import { readDay } from './cards.js';
import { headline, notices, signInForm } from './frame.js';
import { dayList } from './list.js';
import { rollView } from './roll.js';
import * as store from './store.js';
import { Sync } from './sync.js';

const app = document.getElementById('app');
const world = { me: null, days: [], events: [], keys: null, sync: null };

/** What this phone knows, read anew. A day that nobody signed is none. */
async function read() {
  world.me = world.sync.me;
  world.keys = (await store.fact('keys')) ?? null;
  world.events = (await store.events()).sort((one, other) => one.nth - other.nth);
  const kept = (await store.days()).filter((day) => day.staff === world.me?.id);
  const read = await Promise.all(kept.map(async (day) => ({ ...day, text: await readDay(day.signed, world.keys?.key ?? '') })));
  world.days = read.filter((day) => day.text);
}

world.mine = () => world.events.filter((one) => one.staff === world.me?.id);

/** Keeps a tap or a scan, before anything else is done with it. */
world.record = async (day, meeting, what) => {
  const event = { scan_id: random(), staff: world.me.id, day, meeting, nth: Date.now() + performance.now() / 1e9, device_at: new Date().toISOString(), ...what };
  await store.keepEvent(event);
  await changed();
  world.sync.now();
  return event;
};

const top = headline(world);
const said = h('div.notices');
const gate = h('div');
const place = h('main.place');
let view = null;

function meetingAt(hash) {
  const [, day, id] = /^#\/(\d{4}-\d{2}-\d{2})\/(\d+)$/.exec(hash) ?? [];
  const of = world.days.find((one) => one.day === day);
  const meeting = of?.text.meetings.find((one) => one.id === Number(id));
  return meeting && { day: of, meeting };
}

/** Draws what is here; the same view is brought up to date, another takes its place. */
function show() {
  top.update();
  put(said, notices(world));
  const asks = world.sync.asks || (!world.me && world.sync.reached === true);
  if (asks && !gate.firstChild) put(gate, signInForm(world));
  if (!asks) put(gate);
  const at = meetingAt(location.hash);
  const key = at ? `${at.day.day} ${at.meeting.id}` : 'list';
  if (view?.key !== key) {
    view?.leave?.();
    view = { key, ...(at ? rollView(world, at) : dayList(world)) };
    put(place, view.element);
    window.scrollTo(0, 0);
  }
  view.update(at);
}

/** One reading after the other, so that no older one comes last. */
let reading = Promise.resolve();
function changed() {
  reading = reading.catch(() => {}).then(read).then(show);
  return reading;
}

async function start() {
  world.sync = new Sync(() => { changed(); });
  put(app, top.element, said, gate, place);
  await store.tidy(Date.now()).catch(() => {});
  await world.sync.start();
  await changed();
  window.addEventListener('hashchange', show);
  // A new day begins while the page is open.
  let day = time.day();
  setInterval(() => { if (day !== time.day()) { day = time.day(); world.sync.now(); } show(); }, 60_000);
  navigator.storage?.persist?.().catch(() => {});
  navigator.serviceWorker?.register('sw.js').catch(() => {});
}

start().catch(() => {
  put(app, h('main.place', {}, h('h1', '点名页打不开'), h('p', '这个浏览器不让网页存东西（无痕模式？），没有网络时点名会丢，所以不能用。请换一个浏览器，或用工作台点名。')));
});
