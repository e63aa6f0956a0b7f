// The one place that speaks to /api, and keeps the sign-in.

const KEY = 'shangxue.token';
const ABOUT = 'shangxue.about';
const ACTING = 'shangxue.acting';
/** What is always one's own. */
const OWN = /^\/(session|me\/family)/;
const PATIENCE_MS = 20000;
/** One's own timetable and card: worth seeing as they were where there is no network. */
const KEPT = 'shangxue.kept';
const WORTH = ['/me', '/me/meetings', '/me/enrolments', '/me/card'];

/** What came back instead of an answer. `code` is 'offline' when nothing came. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body.message);
    this.status = status;
    this.code = body.code;
    this.next = body.next || [];
    this.requestId = body.request_id;
  }
}

const OFFLINE = { code: 'offline', message: '没有连上，请再试一次。' };
const BROKEN = { code: 'internal', message: '系统出了点问题，请稍后再试。' };

/** A frame that plays a phone's browser says so by its name, and whose phone it is. */
export const framed = window.parent !== window && /^MicroMessenger/.test(window.name) ? window.name : '';
export const agent = framed || navigator.userAgent;

/** Some phones forbid storage; the visit then lasts as long as the page. */
export const memory = {
  get(key) {
    try { return localStorage.getItem(framed + key); } catch { return memory[key] || null; }
  },
  set(key, value) {
    try { localStorage.setItem(framed + key, value); } catch { memory[key] = value; }
  },
  drop(key) {
    delete memory[key];
    try { localStorage.removeItem(framed + key); } catch { /* was never there */ }
  },
};

let known = null;

export const session = {
  get signedIn() { return Boolean(memory.get(KEY)); },
  /** The signed-in resident; asked once per visit. */
  async me() {
    if (!known) known = await get('/me');
    return known;
  },
  keep(me) { known = me; },
  /** The learner for whom this person acts now: {id, name}, or null. */
  get acting() {
    try { return JSON.parse(memory.get(ACTING)); } catch { return null; }
  },
  actFor(person) {
    if (person) memory.set(ACTING, JSON.stringify(person));
    else memory.drop(ACTING);
    dispatchEvent(new Event('acting'));
  },
  begin(token, me) {
    memory.set(KEY, token);
    known = me;
  },
  end() {
    memory.drop(KEY);
    memory.drop(KEPT);
    known = null;
    if (session.acting) session.actFor(null);
  },
};

/** What is kept of answers, each with when it came. */
function kept() {
  try { return JSON.parse(memory.get(KEPT)) || {}; } catch { return {}; }
}

/** As `ask`; of what is worth it the last answer serves where none comes, and says so. */
async function call(method, path, body, key) {
  const worth = WORTH.includes(path) && method !== 'PUT' && method !== 'DELETE' && !session.acting;
  try {
    const value = await ask(method, path, body, key);
    if (worth) memory.set(KEPT, JSON.stringify({ ...kept(), [path]: { at: new Date().toISOString(), value } }));
    return value;
  } catch (error) {
    const old = worth && error.code === 'offline' && kept()[path];
    if (!old) throw error;
    dispatchEvent(new CustomEvent('kept', { detail: old.at }));
    return old.value;
  }
}

async function ask(method, path, body, key) {
  const token = memory.get(KEY);
  const headers = { Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  const { acting } = session;
  if (acting && !OWN.test(path)) headers['X-Acting-For'] = acting.id;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  let status;
  let text;
  try {
    const answer = await fetch(`/api${path}`, {
      method, headers, signal: stop.signal, cache: 'no-store', credentials: 'omit',
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    status = answer.status;
    text = await answer.text();
  } catch {
    throw new Refusal(0, OFFLINE);
  } finally {
    clearTimeout(timer);
  }
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { /* a proxy's own page */ }
  if (status >= 200 && status < 300) return value;
  if (status === 401 && memory.get(KEY) === token) session.end();
  if (acting && value && value.code === 'not_delegate') session.actFor(null);
  if (value && value.message) throw new Refusal(status, value);
  throw new Refusal(status, [502, 503, 504].includes(status) ? OFFLINE : BROKEN);
}

export const get = (path) => call('GET', path);
/** With a key, a repeat after a lost answer changes nothing. */
export const post = (path, body = {}, key = undefined) => call('POST', path, body, key);
export const replace = (path, body) => call('PUT', path, body);
export const remove = (path) => call('DELETE', path);

/** Names one request of this page. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** What this phone calls itself: random, and nothing about it. */
export function device() {
  const key = 'shangxue.device';
  const known = memory.get(key) || newKey();
  memory.set(key, known);
  return known;
}

const once = new Map();

/** For what does not change during a visit. A failure is not remembered. */
export function getOnce(path) {
  if (!once.has(path)) {
    once.set(path, get(path).catch((error) => {
      once.delete(path);
      throw error;
    }));
  }
  return once.get(path);
}

/** The centre; what was known last serves while there is no connection. */
export async function about() {
  try {
    const centre = await getOnce('/about');
    memory.set(ABOUT, JSON.stringify(centre));
    return centre;
  } catch (error) {
    const kept = memory.get(ABOUT);
    if (kept) return JSON.parse(kept);
    throw error;
  }
}
