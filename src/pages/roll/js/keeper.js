// Who keeps the roll: staff, by their session at the console; or a monitor (`?monitor`), by the
// sign-in of /m/. Both have the same page, and addresses of their own.

/** A frame that plays a phone's browser keeps its own sign-in (m/api.js). */
const framed = window.parent !== window && /^MicroMessenger/.test(window.name) ? window.name : '';

function token() {
  try { return localStorage.getItem(`${framed}shangxue.token`) ?? ''; } catch { return ''; }
}

const staff = {
  monitor: false,
  fact: 'me',
  scope: '/api/staff',
  who: '/session',
  day: (day) => `/day-roll?day=${day}`,
  headers: (method, csrf) => (method === 'GET' ? {} : { 'X-CSRF-Token': csrf }),
  /** The mark of the session, and who it is. */
  read: ({ csrf_token: mark, id, login, name }) => ({ mark, me: { id, login, name } }),
  /** False where somebody else may be signed in since. */
  same: (mark) => Boolean(mark),
};

const monitor = {
  monitor: true,
  fact: 'monitor',
  scope: '/api/me',
  who: '',
  day: () => '/day-roll',
  headers: (method, mark) => ({ Authorization: `Bearer ${mark || token()}` }),
  read: ({ id, name }) => ({ mark: token(), me: { id: `m${id}`, name } }),
  same: (mark) => Boolean(mark) && mark === token(),
};

export const keeper = new URLSearchParams(location.search).has('monitor') ? monitor : staff;

/** Whose a signed day is, by the names that `read` gives. */
export const ownerOf = (text) => text.staff_id ?? `m${text.monitor_id}`;
