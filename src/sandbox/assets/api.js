// The sandbox's own interface, and what the phone knows of it.

const BASE = "/sandbox/api";

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.message ?? "沙盒没有回应。");
  return body;
}

export async function get(path) {
  return answer(await fetch(BASE + path, { cache: "no-store" }));
}

export async function post(path, body = {}) {
  return answer(await fetch(BASE + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }));
}

/** Sends a picture into a chat: `picture` or `mini-picture`. */
export async function sendPicture(blob, where = "picture") {
  const sent = { method: "POST", headers: { "content-type": blob.type }, body: blob };
  return answer(await fetch(`${BASE}/users/${user}/${where}`, sent)).finally(refresh);
}

export async function scanPicture(blob) {
  const sent = { method: "POST", headers: { "content-type": blob.type }, body: blob };
  return answer(await fetch(`${BASE}/scan`, sent));
}

const POLL_MS = 800;
const listeners = new Set();
// Of two phones in one window, which share this tab's storage, each has a name.
const KEPT = window.name ? `user:${window.name}` : "user";
const kept = sessionStorage.getItem(KEPT);
const given = new URLSearchParams(location.search).get("user");
let user = Number(window.name ? kept ?? given : given ?? kept) || 1;
let running = null;

/** The last state; null before the first answer. */
export let state = null;

export function onState(listener) {
  listeners.add(listener);
  if (state) listener(state);
  return () => listeners.delete(listener);
}

/** As `me("say", {text})`. */
export function me(what, body) {
  const done = post(`/users/${user}/${what}`, body);
  // What was sent shows at once, the answer when it is there.
  setTimeout(refresh, 60);
  return done.finally(refresh);
}

export function currentUser() {
  return user;
}

export async function switchUser(id) {
  user = id;
  sessionStorage.setItem(KEPT, String(id));
  const address = new URL(location.href);
  address.searchParams.set("user", String(id));
  history.replaceState(null, "", address);
  state = null;
  await refresh();
}

export async function refresh() {
  if (running) { await running.catch(() => {}); }
  const asked = user;
  const known = state && state.me?.id === user ? `&version=${state.version}` : "";
  running = get(`/state?user=${user}${known}`);
  const fresh = await running.catch(() => null);
  running = null;
  if (!fresh || fresh.same || asked !== user) return;
  state = fresh;
  // The kept person may be gone when the sandbox starts afresh.
  if (fresh.me) user = fresh.me.id;
  for (const listener of listeners) listener(state);
}

export function poll() {
  const tick = async () => {
    if (document.visibilityState === "visible") await refresh();
    setTimeout(tick, POLL_MS);
  };
  tick();
}
