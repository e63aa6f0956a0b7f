// The one way to the server. A failure is an ApiError with a sentence fit to be shown.
//
// 1. A request that failed changes nothing on the page: whoever asked keeps what was typed.
// 2. When the session has run out, the person signs in over the page, and the request goes on.

const TIMEOUT_MS = 20_000;
const UPLOAD_TIMEOUT_MS = 90_000;

class ApiError extends Error {
  constructor(status, body = {}) {
    super(body.message || '系统出了点问题，请稍后再试。');
    this.status = status;
    this.code = body.code || 'unknown';
    this.requestId = body.request_id || '';
    this.next = body.next || [];
  }
}

/** The page that asked is gone: nobody is to be told. */
export const isGone = (error) => error?.name === 'AbortError';

let csrf = '';
let signedIn = null;
let signInAgain = null;

/** The session of the person at the console; null: nobody. */
export function remember(staff) {
  csrf = staff?.csrf_token ?? '';
  signedIn = staff?.id ?? null;
}

/** What to do when the session has run out: a function that resolves to the new StaffMe. */
export function whenExpired(handler) {
  signInAgain = handler;
}

export const api = {
  get: (path, options) => request('GET', path, undefined, options),
  post: (path, body, options) => request('POST', path, body ?? null, options),
  put: (path, body, options) => request('PUT', path, body, options),
  delete: (path, options) => request('DELETE', path, undefined, options),
  /** Lists come as {items, total}. */
  list: async (path, options) => (await request('GET', path, undefined, options)).items ?? [],
  /** The bytes of a file as they are. */
  upload: (path, blob, options) => request('POST', path, blob, { timeout: UPLOAD_TIMEOUT_MS, ...options }),
  /** A file: {blob, name}. */
  file: (method, path, body, options) => request(method, path, body, { timeout: UPLOAD_TIMEOUT_MS, take: file, ...options }),
};

/** `query({a: 1, b: ''})` → `?a=1`. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== '' && value != null);
  const text = new URLSearchParams(given).toString();
  return text ? `?${text}` : '';
}

async function request(method, path, body, options = {}) {
  const { signal, timeout = TIMEOUT_MS, again = true, key, take = read } = options;
  const response = await send(method, path, body, signal, timeout, key);
  if (response.ok) return take(response);
  const error = new ApiError(response.status, await problem(response));
  if (!again || path === '/api/staff/session') throw error;
  if (response.status === 401 && signInAgain) {
    if (await renewed()) return request(method, path, body, { ...options, again: false });
  } else if (error.code === 'csrf') {
    // Signed in anew in another tab: the cookie is the new one, our token the old one.
    const staff = await api.get('/api/staff/session', { again: false });
    if (staff.id !== signedIn) location.reload();
    remember(staff);
    return request(method, path, body, { ...options, again: false });
  }
  throw error;
}

let renewing = null;
function renewed() {
  renewing ??= Promise.resolve(signInAgain()).finally(() => { renewing = null; });
  return renewing;
}

/** `key` names a request that may be sent again. */
async function send(method, path, body, signal, timeout, key) {
  const headers = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf;
  if (key) headers['Idempotency-Key'] = key;
  let payload;
  if (body instanceof Blob) {
    headers['Content-Type'] = body.type || 'application/octet-stream';
    payload = body;
  } else if (body != null) {
    headers['Content-Type'] = 'application/json';
    payload = JSON.stringify(body);
  }
  const limit = AbortSignal.timeout(timeout);
  const either = signal && AbortSignal.any ? AbortSignal.any([signal, limit]) : signal ?? limit;
  try {
    return await fetch(path, { method, headers, body: payload, signal: either, credentials: 'same-origin', cache: 'no-store' });
  } catch (cause) {
    if (signal?.aborted) throw new DOMException('gone', 'AbortError');
    const message = limit.aborted
      ? '服务器很久没有回答。请过一会儿再试，您填的内容还在。'
      : '连不上服务器。请检查网络后再试，您填的内容还在。';
    throw new ApiError(0, { code: 'network', message, cause });
  }
}

async function read(response) {
  if (response.status === 204) return null;
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(response.status, { code: 'garbled', message: '服务器的回答看不懂，请稍后再试。' });
  }
}

/** Its name is Chinese, and written as RFC 5987 says. */
async function file(response) {
  const [, name] = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get('content-disposition') ?? '') ?? [];
  return { blob: await response.blob(), name: name ? decodeURIComponent(name) : 'list.xlsx' };
}

async function problem(response) {
  try {
    return await response.json();
  } catch {
    return { code: `http_${response.status}` };
  }
}
