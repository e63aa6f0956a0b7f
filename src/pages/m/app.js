// Starts the pages: the frame around them, and the way from one to the next.

import { FAMILY_CODE, ownOnly, wantedActing } from './acting.js';
import { Refusal, about, memory, session } from './api.js';
import { tellPage, tellTitle, textScale } from './bridge.js';
import { focus, h, icon, put, say } from './dom.js';
import { failed, moment, phoneButton, problemBox, takeWord } from './parts.js';
import { here, instead, needLogin, tookPlace, trail } from './routes.js';
import { canSpeak, isSpeaking, onSpeech, speak, stop } from './speech.js';
import { arrive } from './wechat.js';
import { home } from './pages/home.js';

const MODE = 'shangxue.mode';
/** Everything but the start is fetched when it is opened, or when there is time. */
const LATER = [
  ['classes', () => import('./pages/classes.js')],
  ['class', () => import('./pages/class.js'), 'classPage'],
  ['login', () => import('./pages/login.js')],
  ['mine', () => import('./pages/mine.js')],
  ['checkin', () => import('./pages/checkin.js')],
  ['messages', () => import('./pages/messages.js')],
  ['hours', () => import('./pages/hours.js'), 'hoursPage'],
  ['card', () => import('./pages/card.js'), 'cardPage'],
  ['news', () => import('./pages/news.js')],
  ['help', () => import('./pages/help.js')],
  ['consent', () => import('./pages/consent.js')],
  ['profile', () => import('./pages/profile.js')],
  ['wishes', () => import('./pages/wishes.js')],
  ['absent', () => import('./pages/absent.js')],
  ['change', () => import('./pages/change.js')],
  ['draw', () => import('./pages/draw.js'), 'drawPage'],
  ['article', () => import('./pages/news.js')],
  ['seen', () => import('./pages/card.js'), 'cardSeen'],
  ['missing', () => import('./pages/help.js')],
  ['desk', () => import('./pages/desk.js')],
  ['family', () => import('./pages/family.js')],
  ['pledge', () => import('./pages/pledge.js')],
  ['relative', () => import('./pages/relative.js')],
  ['care', () => import('./later/care.js')],
  ['leave', () => import('./later/leave.js')],
  ['guest', () => import('./later/guest.js')],
  ['link', () => import('./later/link.js'), 'linkPage'],
  ['photos', () => import('./later/photos.js')],
  ['staffLink', () => import('./later/staff_link.js')],
  ['verify', () => import('./later/verify.js')],
  ['record', () => import('./later/record.js')],
  ['activities', () => import('./later/activities.js')],
  ['activity', () => import('./later/activities.js')],
  ['clubs', () => import('./later/clubs.js')],
  ['club', () => import('./later/clubs.js')],
  ['volunteer', () => import('./later/volunteer.js')],
  ['records', () => import('./later/volunteer.js')],
];
const UNREACHED = { code: 'offline', message: '没有连上，请再试一次。' };
const later = (load, name) => async (route) => {
  const page = await load().catch(() => { throw new Refusal(0, UNREACHED); });
  return page[name](route);
};
const PAGES = Object.fromEntries(LATER.map(([page, load, name = page]) => [page, later(load, name)]));
PAGES.home = home;
/** Nobody does these for another. */
const OWN_ONLY = ['checkin', 'messages', 'profile', 'leave', 'desk', 'link', 'consent', 'absent', 'card', 'care', 'guest', 'photos', 'staffLink'];

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
const keptWord = h('p.voice-problem', { role: 'status', 'data-testid': 'kept' });

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
  else speak(pageText());
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
  showKept();
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
  // A page that somebody has left gives this one no name.
  const titled = (title) => { if (!stale()) setTitle(title); };
  setTitle(route.title);
  bar.classList.toggle('home', route.name === 'home');
  const slow = setTimeout(() => { if (!stale() && !first) put(main, h('p.waiting', {}, '请稍等…')); }, 250);
  let content;
  try {
    if (session.signedIn && !(await wantedActing(route.query))) return;
    content = session.acting && OWN_ONLY.includes(route.name) ? ownOnly() : await PAGES[route.name]({ ...route, stale, setTitle: titled });
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
  tellPage(pageText());
  if (first) settle();
  else focus(heading);
  first = false;
  scrollTo(0, returned && !word ? scrolled[depth] || 0 : 0);
}

const pageText = () => `${heading.textContent}。\n${main.innerText}`;

/** The first page is there: what comes next is fetched, and kept for where there is no network. */
function settle() {
  setTimeout(async () => {
    for (const [, load] of LATER) await load().catch(() => {});
    if (navigator.serviceWorker) navigator.serviceWorker.register('sw.js').catch(() => {});
  }, 1500);
}

function setTitle(title) {
  put(heading, title);
  heading.classList.toggle('long', title.length > 5);
  document.title = title === '尚学' ? title : `${title} · 尚学`;
  tellTitle(title);
}

/** What the phone kept is shown, and says of when it is. */
function showKept(since) {
  put(keptWord, since && `没有网络。这是${moment(since)}看到的，可能已经变了。`);
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

/** Of a bar with a title above its buttons, the buttons stay. */
function stick() {
  const above = mode.offsetTop - parseFloat(getComputedStyle(bar).paddingTop);
  bar.style.top = `${-Math.max(0, above)}px`;
  root.style.setProperty('--bar', `${bar.offsetHeight - Math.max(0, above)}px`);
}

async function frame() {
  put(bar, back, heading, canSpeak && aloud, mode);
  banner.append(helping, keptWord, voiceProblem);
  showActing();
  const chosen = memory.get(MODE);
  // Who made WeChat's text smaller sees well; for everybody else large is right.
  setMode(chosen ? chosen === 'elder' : textScale() >= 1);
  if (window.ResizeObserver) new ResizeObserver(stick).observe(bar);
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
    h('p.ways', {}, h('a.textlink', { href: '#/help' }, '怎么用'), h('a.textlink', { href: '#/consent' }, '隐私说明')));
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
addEventListener('kept', ({ detail }) => showKept(detail));
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
