// To the server and back: by itself, whenever there is a network.
//
// 1. A tap or scan is sent until the server has answered for it by its name; sent again it
//    counts once. No failure drops one.
// 2. It goes out under the session of whoever made it alone: of staff the mark in
//    `X-CSRF-Token` is of one session, and another's is refused; of a monitor it is looked
//    whose sign-in the phone has before each turn.

import { device } from '../../js/device.js';
import { day as today } from '../../js/time.js';
import { readDay } from './cards.js';
import { keeper, ownerOf } from './keeper.js';
import * as store from './store.js';

const TIMEOUT_MS = 15_000;
const OFTEN_MS = 30_000;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;
const MOST = 200;

class Refused extends Error {
  constructor(status, body) {
    super(body.message || '服务器出了点问题，过一会儿会自己再试。');
    this.status = status;
    this.code = body.code;
  }
}

async function ask(method, path, body, mark) {
  const answer = await fetch(`${keeper.scope}${path}`, {
    method,
    headers: { Accept: 'application/json', ...keeper.headers(method, mark), ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, read);
  return read;
}

/** `changed(what)` is told when something is other than it was. */
export class Sync {
  constructor(changed) {
    this.changed = changed;
    this.me = null;
    this.mark = '';
    this.reached = null;
    this.asks = false;
    this.problem = '';
    this.failures = 0;
    this.timer = 0;
    this.turn = null;
    this.again = false;
  }

  async start() {
    this.me = (await store.fact(keeper.fact)) ?? null;
    for (const [target, name] of [[window, 'online'], [window, 'focus'], [window, 'pageshow'], [document, 'visibilitychange']]) {
      target.addEventListener(name, () => { if (!document.hidden) this.now(); });
    }
    window.addEventListener('offline', () => { this.#set({ reached: false }); });
    this.now();
  }

  /** At once; what comes meanwhile goes with the next turn. */
  now() {
    clearTimeout(this.timer);
    if (this.turn) { this.again = true; return this.turn; }
    this.turn = this.#once().finally(() => {
      this.turn = null;
      const wait = this.again ? 0 : this.#wait();
      this.again = false;
      this.timer = setTimeout(() => this.now(), wait);
    });
    return this.turn;
  }

  #wait() {
    if (!this.failures) return OFTEN_MS;
    const most = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.failures - 1));
    return most * (0.5 + Math.random() / 2);
  }

  async #once() {
    try {
      if (!keeper.same(this.mark)) await this.#who();
      await this.#send();
      await this.#fetch();
      this.failures = 0;
      this.#set({ reached: true, asks: false, problem: '' });
    } catch (error) {
      this.failures += 1;
      if (!(error instanceof Refused)) {
        this.#set({ reached: false, problem: '' });
        return;
      }
      if (error.code === 'csrf') this.mark = '';
      if (error.code === 'not_monitor') { await store.dropDays(this.me.id); this.changed('day'); }
      if (error.status === 401) { this.mark = ''; this.#set({ reached: true, asks: true, problem: '' }); return; }
      this.#set({ reached: true, problem: error.message });
    }
  }

  async #who() {
    await this.#enter(await ask('GET', keeper.who));
  }

  async #enter(session) {
    const { mark, me } = keeper.read(session);
    await store.keepFact(keeper.fact, me);
    this.mark = mark;
    this.me = me;
    this.#set({ asks: false });
  }

  /** Somebody signs in; what others made here stays theirs. */
  async signIn(credentials) {
    try {
      await this.#enter(await ask('POST', '/session', credentials, ''));
    } catch (error) {
      throw error instanceof Refused ? error : new Error('现在连不上服务器，等有网络再登录。记下的都还在。');
    }
    this.now();
  }

  /** Somebody else takes the phone. What was made here waits for whoever made it. */
  async signOut() {
    try {
      if (!this.mark) await this.#who();
      await ask('DELETE', '/session', null, this.mark);
    } catch (error) {
      if (error.status !== 401) return;
    }
    this.mark = '';
    this.me = null;
    await store.keepFact(keeper.fact, null);
    this.#set({ asks: true });
  }

  async #send() {
    const mine = (await store.events()).filter((one) => one.staff === this.me.id && !one.answer);
    mine.sort((one, other) => one.nth - other.nth);
    let failed = null;
    for (const meeting of new Set(mine.map((one) => one.meeting))) {
      const of = mine.filter((one) => one.meeting === meeting);
      for (let from = 0; from < of.length; from += MOST) {
        try {
          await this.#upload(meeting, of.slice(from, from + MOST));
        } catch (error) {
          // What is wrong with one meeting holds up no other.
          if (!(error instanceof Refused) || error.status === 401 || error.code === 'csrf') throw error;
          failed = error;
        }
      }
    }
    if (failed) throw failed;
  }

  async #upload(meeting, events) {
    const scans = events.map(({ scan_id, kind, card, resident_id, learner_number, status, reason, people, draws, of_count, device_at }) => ({ scan_id, kind, card, resident_id, learner_number, status, reason, people, draws, of_count, device_at }));
    const { items } = await ask('POST', `/meetings/${meeting}/scans`, { device: device(), sent_at: new Date().toISOString(), scans }, this.mark);
    const at = Date.now();
    await store.answered(items.map(({ scan_id, outcome, message, name, sample }) => [scan_id, { at, outcome, message, name, sample }]));
    this.changed('events');
  }

  async #fetch() {
    const asked_at = Date.now();
    const signed = await ask('GET', keeper.day(today()), null, this.mark);
    const read = await readDay(signed, signed.public_key);
    if (!read) throw new Refused(502, { message: '取到的名单没有中心的签名，没有用它。' });
    await store.keepFact('keys', { key: signed.public_key, card: signed.card_context });
    await store.keepDay({ staff: ownerOf(read), day: read.day, signed, asked_at, kept_at: Date.now() });
    this.changed('day');
  }

  #set(values) {
    const other = Object.entries(values).some(([name, value]) => this[name] !== value);
    Object.assign(this, values);
    if (other) this.changed('state');
  }
}
