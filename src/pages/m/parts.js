// What several pages show: problems, buttons that work, facts of a class.

import { Refusal, about, post, session } from './api.js';
import { h, hush, icon, lead, put, say } from './dom.js';
import { needLogin } from './routes.js';

/** A sentence that stays on the next page, until the person goes on; and the way to undo it. */
let kept = null;
export const keepWord = (text, undo) => { kept = [text, undo]; };
export function takeWord() {
  const words = kept;
  kept = null;
  return words && note('good', 'check', ...words);
}

/** A box with a mark and words: 'good', 'warn', 'bad' or 'plain'. */
export function note(kind, mark, ...words) {
  return h(`div.note.${kind}`, {}, icon(mark), h('div.words', {}, words.map((one) => (typeof one === 'string' ? h('p', {}, one) : one))));
}

export function link(text, href, kind = '', props = {}) {
  return h(`a.button${kind && `.${kind}`}`, { href, ...props }, text);
}

/**
 * A button that runs `work` once at a time. While it runs it says `busy`; a failure is
 * shown under it, with a button to try again, and nothing on the page is lost. A refusal
 * that names other steps takes the place of a button that is `once`.
 */
export function button(text, { busy = '请稍等…', kind = '', work, id, steps, once = false, type = 'button' }) {
  const problem = h('div.problem-place');
  const words = typeof text === 'string' ? [text] : text;
  const element = h(`button.button${kind && `.${kind}`}`, { type, 'data-testid': id }, words);
  const run = async () => {
    if (element.disabled) return;
    element.disabled = true;
    element.setAttribute('aria-busy', 'true');
    put(element, busy);
    say(busy);
    put(problem);
    try {
      await work();
      hush(busy);
    } catch (error) {
      if (!failed(error)) {
        element.hidden = once && error instanceof Refusal && error.next.length > 0;
        put(problem, problemBox(error, { again: run, steps }));
        lead(problem.firstChild);
      }
    } finally {
      element.disabled = false;
      element.removeAttribute('aria-busy');
      put(element, words);
    }
  };
  element.addEventListener('click', run);
  return h('div.act', {}, element, problem);
}

/** A part of a page that is fetched when it is shown. */
export function soon(load) {
  const part = h('div');
  load().then((made) => put(part, made), () => {});
  return part;
}

/** Leads to the sign-in when that is what was missing. */
export function failed(error) {
  if (error instanceof Refusal && error.status === 401) {
    needLogin();
    return true;
  }
  if (!(error instanceof Refusal)) console.error(error);
  return false;
}

/** Why it did not work (unless that is `said` already), and what can be done instead. */
export function problemBox(error, { again, steps, said = false } = {}) {
  const ours = error instanceof Refusal;
  const message = ours ? error.message : '页面出了点问题，请再试一次。';
  const transient = !ours || error.status === 0 || error.status >= 500 || error.status === 429;
  const next = ours ? error.next : [];
  const box = h('section.problem', { 'data-testid': 'problem', 'data-code': ours ? error.code : 'page', 'aria-label': '没有办成' },
    !said && note(transient ? 'warn' : 'bad', 'alert', h('p.strong', {}, message),
      ours && error.code === 'internal' && error.requestId && h('p.small', {}, `打电话时可以报这个编号：${error.requestId}`)),
    transient && again && h('button.button', { type: 'button', 'data-testid': 'retry', onclick: again }, '再试一次'),
    next.map((step) => nextStep(step, steps)));
  say(message);
  return box;
}

/** `steps(step)` may give a button of its own for a step. */
function nextStep(step, steps) {
  const special = steps && steps(step);
  if (special) return special;
  if (!step.page) return h('p.hint', {}, step.text);
  const page = step.page.startsWith('/') ? step.page : `/${step.page}`;
  const needed = ['/consent', '/profile', '/login', '/pledge', '/relative'].includes(page);
  const href = `#${page}${needed ? `?to=${encodeURIComponent(location.hash.slice(1))}` : ''}`;
  return link(step.text, href, 'second', { 'data-testid': 'next-step' });
}

/** Asks once more, on the page itself. */
export function confirmed(opener, question, { yes, no = '先不', busy, id, work }) {
  const place = h('div.confirm-place');
  const open = h('button.button.quiet', { type: 'button', 'data-testid': id }, opener);
  const close = () => {
    put(place, open);
    open.focus();
  };
  open.addEventListener('click', () => {
    const box = h('section.confirm', { 'aria-label': question },
      h('p.strong', {}, question),
      button(yes, { busy, kind: 'danger', work, id: id && `${id}-confirm`, steps: () => null }),
      h('button.button.second', { type: 'button', onclick: close }, no));
    put(place, box);
    lead(box);
  });
  put(place, open);
  return place;
}

/** How many places there are, in words and with a mark. */
export function places(one) {
  if (one.status === 'cancelled') return h('p.places.none', {}, icon('full'), '这个班不开了');
  if (one.free > 0) return h('p.places.free', {}, icon('seat'), `还有 ${one.free} 个名额`);
  const queue = one.waiting > 0 ? `，${one.waiting} 人在候补` : '';
  if (one.kept > 0) {
    return h('p.places.none', {}, icon('full'), `网上名额已满，可以候补${queue}。另有 ${one.kept} 个名额留给窗口和电话报名，${one.kept_until_text}放出，先给候补的人。`);
  }
  return h('p.places.none', {}, icon('full'), `已满，可以候补${queue}`);
}

/** Where a class of whatever kind has its page. */
export const pageOf = ({ id, kind }) => ({ activity: `#/activities/${id}`, club: `#/clubs/${id}?class=1`, shift: '#/volunteer' }[kind] || `#/classes/${id}`);

const fact = (mark, name, ...words) => h('div.fact', {}, icon(mark), h('dt', {}, name), h('dd', {}, words));

/** When, where and with whom. */
export function classFacts(one) {
  return h('dl.facts', {},
    fact('calendar', '时间', h('strong', {}, one.time_text), one.first_meeting_at && h('span.line', {}, `第一次课：${day(one.first_meeting_at)}`)),
    fact('place', '地点', h('strong', {}, `${one.site_name} ${one.room}`), one.site_address && h('span.line', {}, one.site_address)),
    fact('person', '老师', h('strong', {}, one.teacher_name)));
}

const WEEK = '日一二三四五六';

/** A moment in Shanghai's own time, whatever the phone is set to. */
function local(time) {
  return new Date(Date.parse(time) + 8 * 3600000);
}

/** 9月8日（周二）. */
export function day(time) {
  const at = local(time);
  return `${at.getUTCMonth() + 1}月${at.getUTCDate()}日（周${WEEK[at.getUTCDay()]}）`;
}

/** 9月8日（周二）9:00. */
export function moment(time) {
  const at = local(time);
  return `${day(time)}${at.getUTCHours()}:${String(at.getUTCMinutes()).padStart(2, '0')}`;
}

/** 学时 from hundredths: 2, 1.5, 2.67. */
export const hours = (hundredths) => String(Math.round(hundredths) / 100);

/** The centre's number, large enough to be hit. */
export async function phoneButton(words = '打电话给教育中心') {
  const centre = await about().catch(() => null);
  if (!centre || !centre.phone) return h('p.hint', {}, '也可以到教育中心当面问。');
  return h('a.button.second.call', { href: `tel:${centre.phone.replace(/[^\d+]/g, '')}`, 'data-testid': 'phone' },
    icon('phone'), h('span', {}, words, h('span.line', {}, centre.phone)));
}

const REASONS = [['health', '身体不方便'], ['time', '时间不合适'], ['family', '家里有事'], ['other_class', '想换别的班'], ['other', '其他原因']];

/** 退课, with the reason where the service wants one. */
export function withdrawal(enrolment, done) {
  const waits = enrolment.status === 'waiting';
  const words = waits ? '退出候补' : (enrolment.class.kind === 'course' ? '退掉这个班' : '不去了，退出');
  const name = enrolment.class.name;
  const place = h('div');
  const send = async (body = {}) => done(await post(`/me/enrolments/${enrolment.id}/withdraw`, body));
  const work = async () => {
    try {
      await send();
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'reason_needed') throw error;
      askReason();
    }
  };
  const askReason = () => {
    const own = h('input', { maxlength: '150', 'data-testid': 'withdraw-words' });
    const box = h('section.confirm', {}, h('p.strong', {}, '为什么要退？点一下就退掉了。'),
      h('label.field', {}, h('span', {}, '想说的话（可以不写）'), own),
      REASONS.map(([why, text]) => button(text, { kind: 'second', busy: '正在退课…', work: () => send({ why, reason: own.value.trim() || null }), id: 'withdraw-reason' })),
      h('button.button.quiet', { type: 'button', onclick: show }, '不退了'));
    put(place, box);
    lead(box);
  };
  const show = () => put(place, confirmed(words, waits ? `要退出“${name}”的候补吗？` : `要退掉“${name}”吗？名额会让给别人。`,
    { yes: waits ? '是，退出候补' : '是，退掉', no: '不退了', busy: '正在退课…', id: 'withdraw', work }));
  show();
  return place;
}

/** Before a sign-up: signed in, agreed, known. False when the person was led there. */
export async function prepared(to, asked = ['consent', 'profile']) {
  if (!session.signedIn) {
    needLogin(to);
    return false;
  }
  // What a learner lacks, the service says; nobody does it for them.
  if (session.acting && asked.length > 1) return true;
  const { needs } = await session.me();
  const first = asked.find((need) => needs.includes(need));
  if (!first) return true;
  location.hash = `#/${first}?to=${encodeURIComponent(to)}`;
  return false;
}
