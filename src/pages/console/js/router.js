// Hash routes. A page is a module with `page(ctx)`, which returns (a promise of) an element.
//
// 1. Only the newest navigation is shown; a page that is left is told, and its requests end.
// 2. A page may ask to stay (unsaved text): then the address goes back to it.

import { h, put } from './dom.js';
import { isGone } from './api.js';
import { button, failure } from './ui.js';

const PATIENCE_MS = 250;

let routes = [];
let outlet = null;
let onShown = () => {};
let base = {};
let now = { hash: '', controller: new AbortController(), guard: null };
let turning = false;

/** `table`: [pattern, () => import(module), navigation key]. */
export function start(table, options) {
  routes = table.map(([pattern, load, key]) => ({ parts: pattern.split('/'), load, key }));
  ({ outlet, onShown } = options);
  base = options.base;
  window.addEventListener('hashchange', turn);
  return show();
}

export function stop() {
  window.removeEventListener('hashchange', turn);
  now.controller.abort();
  now = { hash: '', controller: new AbortController(), guard: null };
}

export function go(hash, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, '', hash);
    return show();
  }
  if (location.hash === hash) return show();
  location.hash = hash;
  return undefined;
}

/** Changes the address without leaving the page. */
export function rename(hash) {
  history.replaceState(null, '', hash);
  now.hash = hash;
}

/** Shows the present page anew. */
export const reload = () => show();

/** Asks the present page, as before every step away from it. */
export const mayLeave = async () => !now.guard || Promise.resolve(now.guard()).catch(() => false);

async function turn() {
  if (turning || location.hash === now.hash) return;
  if (now.guard) {
    const to = location.hash;
    turning = true;
    history.replaceState(null, '', now.hash);
    const free = await mayLeave();
    turning = false;
    if (!free) return;
    history.replaceState(null, '', to);
  }
  // A window belongs to the page that opened it.
  for (const open of document.querySelectorAll('dialog[open]')) open.close();
  await show();
}

async function show() {
  now.controller.abort();
  const [path, search = ''] = (location.hash.replace(/^#/, '') || '/').split('?');
  const found = match(path);
  const mine = { hash: location.hash, controller: new AbortController(), guard: null };
  now = mine;
  const late = setTimeout(() => put(outlet, h('p.waiting', { role: 'status' }, '正在打开…')), PATIENCE_MS);
  try {
    if (!found) throw new NoPage();
    const context = contextOf(mine, found.params, search);
    const module = await found.route.load();
    const element = await module.page(context);
    if (now !== mine) return;
    clearTimeout(late);
    shown(element, found.route.key);
  } catch (error) {
    clearTimeout(late);
    if (now !== mine || isGone(error)) return;
    shown(failed(error), found?.route.key);
  }
}

class NoPage extends Error {
  constructor() { super('没有这个页面。请从菜单里选。'); }
}

function failed(error) {
  const known = error instanceof NoPage || error.status != null;
  if (!known) console.error(error);
  return h('div.page', {},
    h('div.page-head', {}, h('h1', { tabindex: '-1' }, '打不开这一页')),
    failure(known ? error : new Error('页面出了点问题，请刷新后再试。')),
    h('div.row', {},
      button('再试一次', { main: true, onclick: () => show() }),
      h('a.button', { href: '#/' }, '回首页')));
}

function shown(element, key) {
  put(outlet, element);
  window.scrollTo(0, 0);
  const title = outlet.querySelector('h1');
  document.title = `${title?.dataset.title ?? title?.textContent ?? '工作台'} · 尚学`;
  onShown(key);
  title?.focus({ preventScroll: true });
}

function match(path) {
  const parts = path.split('/');
  for (const route of routes) {
    if (route.parts.length !== parts.length) continue;
    const params = {};
    const fits = route.parts.every((part, index) => {
      if (!part.startsWith(':')) return part === parts[index];
      params[part.slice(1)] = decodeURIComponent(parts[index]);
      return part !== ':id' || /^\d+$/.test(parts[index]);
    });
    if (fits) return { route, params };
  }
  return null;
}

function contextOf(mine, params, search) {
  const { signal } = mine.controller;
  return {
    ...base,
    params,
    search: new URLSearchParams(search),
    signal,
    /** Asked before the page is left; false keeps it. */
    guard(ask) { mine.guard = ask; },
    /** Called once when the page is left. */
    left(then) { signal.addEventListener('abort', then, { once: true }); },
    /** Calls `work` again and again, `ms` after it ended, not while the page is out of sight. */
    every(ms, work) { repeat(ms, work, signal); },
  };
}

function repeat(ms, work, signal) {
  let timer = 0;
  let running = false;
  const plan = (delay) => { clearTimeout(timer); if (!signal.aborted && !document.hidden) timer = setTimeout(run, delay); };
  async function run() {
    if (running) return;
    running = true;
    const wait = await Promise.resolve(work()).catch(() => undefined);
    running = false;
    if (wait !== false) plan(typeof wait === 'number' ? wait : ms);
    else end();
  }
  const seen = () => plan(document.hidden ? ms : 0);
  const end = () => { clearTimeout(timer); document.removeEventListener('visibilitychange', seen); };
  document.addEventListener('visibilitychange', seen);
  signal.addEventListener('abort', end);
  plan(ms);
}
