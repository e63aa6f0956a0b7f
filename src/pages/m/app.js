// Starts the pages: the frame around them, and the way from one to the next.

import { about, memory, session } from './api.js';
import { tellTitle } from './bridge.js';
import { focus, h, icon, put, say } from './dom.js';
import { failed, phoneButton, problemBox, takeWord } from './parts.js';
import { here, instead, needLogin, tookPlace, trail } from './routes.js';
import { canSpeak, isSpeaking, onSpeech, speak, stop } from './speech.js';
import { arrive } from './wechat.js';
import { absent } from './pages/absent.js';
import { cardPage, cardSeen } from './pages/card.js';
import { change } from './pages/change.js';
import { checkin } from './pages/checkin.js';
import { classes } from './pages/classes.js';
import { classPage } from './pages/class.js';
import { consent } from './pages/consent.js';
import { drawPage } from './pages/draw.js';
import { desk } from './pages/desk.js';
import { FAMILY_CODE, family, ownOnly, wantedActing } from './pages/family.js';
import { help, missing } from './pages/help.js';
import { home } from './pages/home.js';
import { hoursPage } from './pages/hours.js';
import { login } from './pages/login.js';
import { messages } from './pages/messages.js';
import { mine } from './pages/mine.js';
import { article, news } from './pages/news.js';
import { pledge } from './pages/pledge.js';
import { profile } from './pages/profile.js';
import { relative } from './pages/relative.js';
import { wishes } from './pages/wishes.js';

const MODE = 'shangxue.mode';
/** What is opened seldom is fetched when it is. */
const later = (name, load) => async (route) => (await load())[name](route);
const PAGES = {
  care: later('care', () => import('./later/care.js')),
  pledge, relative, home, classes, class: classPage, mine, change, checkin, hours: hoursPage, messages,
  leave: later('leave', () => import('./later/leave.js')),
  link: later('linkPage', () => import('./later/link.js')),
  verify: later('verify', () => import('./later/verify.js')),
  guest: later('guest', () => import('./later/guest.js')),
  record: later('record', () => import('./later/record.js')),
  news, article, login, consent, profile, help, missing, desk,
  wishes, draw: drawPage, family, absent, card: cardPage, seen: cardSeen,
};
/** Nobody does these for another. */
const OWN_ONLY = ['checkin', 'messages', 'profile', 'leave', 'desk', 'link', 'consent', 'absent', 'card', 'care', 'guest'];

const root = document.documentElement;
const main = document.getElementById('main');
const bar = document.getElementById('bar');

const heading = h('h1', { id: 'title', tabindex: '-1' });
const back = h('button.tool', { type: 'button', 'data-testid': 'back', onclick: goBack }, icon('back'), '返回');
const aloud = h('button.tool', { type: 'button', 'data-testid': 'read-aloud', onclick: readAloud });
const mode = h('button.tool', { type: 'button', 'data-testid': 'mode', onclick: switchMode });
const banner = document.getElementById('banner');
const voiceProblem = h('p.voice-problem');
const helping = h('div.helping');

/** How many pages of ours lie behind this one. */
let depth = 0;
/** Where the person was on the pages behind. */
const scrolled = [];
/** Of two pages on their way, the later one wins. */
let turn = 0;
let first = true;
let hiddenAt = 0;
let complete = true;

function setMode(elder) {
  root.dataset.mode = elder ? 'elder' : 'standard';
  put(mode, elder ? '标准版' : '大字版');
  mode.setAttribute('aria-label', elder ? '换成标准版' : '换成大字版');
}

function switchMode() {
  const elder = root.dataset.mode !== 'elder';
  memory.set(MODE, elder ? 'elder' : 'standard');
  setMode(elder);
  say(elder ? '已换成大字版' : '已换成标准版');
}

function showSpeech(on, problem) {
  put(aloud, on ? '停止' : '朗读');
  aloud.setAttribute('aria-pressed', String(on));
  put(voiceProblem, problem);
  if (problem) say(problem);
}

function readAloud() {
  if (isSpeaking()) stop();
  else speak(`${heading.textContent}。\n${main.innerText}`);
}

function goBack() {
  if (depth > 0) history.back();
  else instead('/');
}

/** Keeps the count of pages behind in the history itself, so that it survives “forward”. */
function count() {
  const held = history.state && history.state.depth;
  const replaced = tookPlace();
  if (typeof held === 'number') {
    const returned = held < depth;
    depth = held;
    return returned;
  }
  if (!first && !replaced) depth += 1;
  history.replaceState({ depth }, '');
  return false;
}

async function show() {
  stop();
  put(voiceProblem);
  turn += 1;
  const own = turn;
  const returned = count();
  const route = here();
  trail.length = depth;
  trail[depth] = route.whole;
  if (route.own && !session.signedIn) {
    needLogin(route.whole);
    return;
  }
  const stale = () => own !== turn;
  setTitle(route.title);
  bar.classList.toggle('home', route.name === 'home');
  const slow = setTimeout(() => { if (!stale() && !first) put(main, h('p.waiting', {}, '请稍等…')); }, 250);
  let content;
  try {
    if (session.signedIn && !(await wantedActing(route.query))) return;
    content = session.acting && OWN_ONLY.includes(route.name) ? ownOnly() : await PAGES[route.name]({ ...route, stale, setTitle });
  } catch (error) {
    if (stale() || failed(error)) return;
    content = [problemBox(error, { again: show })];
  } finally {
    clearTimeout(slow);
  }
  if (stale() || !content) return;
  if (!complete) surround();
  main.dataset.page = route.name;
  const word = takeWord();
  put(main, word, content);
  if (first) first = false;
  else focus(heading);
  scrollTo(0, returned && !word ? scrolled[depth] || 0 : 0);
}

function setTitle(title) {
  put(heading, title);
  heading.classList.toggle('long', title.length > 5);
  document.title = title === '尚学' ? title : `${title} · 尚学`;
  tellTitle(title);
}

/** Who acts for another sees it on each page, and is one tap from being themselves. */
function showActing() {
  const { acting } = session;
  banner.classList.toggle('acting', Boolean(acting));
  put(helping, acting && [h('p.strong', { 'data-testid': 'acting' }, `正在帮 ${acting.name} 办`),
    h('button.tool', { type: 'button', 'data-testid': 'acting-end', onclick: ownAgain }, '换回自己')]);
}

/** What the page shows is another's: oneself begins at the start. */
function ownAgain() {
  session.actFor(null);
  instead('/');
}

async function frame() {
  put(bar, back, heading, canSpeak && aloud, mode);
  banner.append(helping, voiceProblem);
  showActing();
  setMode(memory.get(MODE) !== 'standard');
  onSpeech(showSpeech);
  showSpeech(false);
  document.getElementById('skip').addEventListener('click', () => main.focus());
  await surround();
}

/** Banner and foot. Without a connection at first, they come with the first page that does. */
async function surround() {
  const centre = await about().catch(() => null);
  complete = Boolean(centre);
  banner.querySelector('.demo')?.remove();
  if (centre && centre.demo) banner.prepend(h('p.demo', { 'data-testid': 'demo-banner' }, '示例数据，仅供试用'));
  put(document.getElementById('foot'),
    centre && h('p.strong', {}, centre.centre_name),
    await phoneButton('有事打电话'),
    centre && h('p.small', {}, centre.hours),
    h('a.textlink', { href: '#/consent' }, '隐私说明'));
}

/** A scanned code comes as /m/?c=…, a scanned card as /m/?k=…; it must not stay in the address. */
function takeScannedCode() {
  const query = new URLSearchParams(location.search);
  const code = query.get('c');
  const family = FAMILY_CODE.exec(code || '');
  if (query.get('k')) history.replaceState(null, '', `${location.pathname}#/seen`);
  else if (family) history.replaceState(null, '', `${location.pathname}#/family?code=${family[1]}`);
  else if (code) history.replaceState(null, '', `${location.pathname}#/checkin?c=${encodeURIComponent(code)}`);
}

addEventListener('scroll', () => { scrolled[depth] = scrollY; }, { passive: true });
addEventListener('hashchange', show);
addEventListener('acting', showActing);
addEventListener('visibilitychange', () => {
  if (document.hidden) {
    hiddenAt = Date.now();
    stop();
  } else if (hiddenAt && Date.now() - hiddenAt > 120000 && here().name === 'home') {
    // Someone comes back after a while: what matters now may be another thing.
    show();
  }
});

takeScannedCode();
frame();
arrive().then((left) => { if (!left) show(); });
