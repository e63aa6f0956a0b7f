// One class, and signing up for it.

import { get, newKey, post, session } from '../api.js';
import { askForMessages } from '../bridge.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, classFacts, day, link, moment, note, pageOf, places, prepared, soon, withdrawal } from '../parts.js';
import { phaseCard, phases, planned } from '../phase.js';
import { instead } from '../routes.js';
import { wishPart } from './wishes.js';

const LIVE = ['placed', 'offered', 'waiting'];

export async function classPage(route) {
  const page = h('div.page', {});
  const load = () => fill(page, route, load);
  await load();
  return page;
}

/** `again`: when its hour has come. */
async function fill(page, { id, query, whole, setTitle }, again) {
  const own = (path) => (session.signedIn ? get(path).catch((error) => {
    if (error.status === 401 || error.code === 'not_delegated') return null;
    throw error;
  }) : null);
  const [one, term, mine, phase, needs] = await Promise.all([
    get(`/classes/${id}`),
    get('/terms/current').catch(() => null),
    own('/me/enrolments'),
    phases(),
    own(`/classes/${id}/needs`),
  ]);
  if (one.kind !== 'course') {
    instead(pageOf(one).slice(1));
    return;
  }
  const here = phase && phase.term_id === one.term_id && phase;
  const wish = here && here.phase === 'wishes' && one.status !== 'cancelled' && await wishPart(one, whole);
  const held = mine && mine.items.find((enrolment) => enrolment.class.id === one.id && LIVE.includes(enrolment.status));
  const done = (result) => {
    const title = { placed: '报名成功', waiting: '已加入候补', already: '已经报过名' }[result.outcome];
    setTitle(title);
    put(page, signUpResult(result, title, withdrawn));
    say(`${title}。${result.message}`);
    scrollTo(0, 0);
    lead(page.firstChild);
  };
  const withdrawn = ({ class: { name }, status_text: words }) => {
    setTitle('已退课');
    put(page, note('good', 'check', h('p.strong', {}, `“${name}”${words}。`), '名额还在的话，可以再报。'),
      button('改了主意，再报名', { kind: 'second', id: 'withdraw-undo', work: async () => { setTitle('班级'); await again(); } }),
      link('看看别的班', '#/classes', 'main'), link('回首页', '#/', 'second'));
    say(`“${name}”${words}。`);
    scrollTo(0, 0);
    lead(page.firstChild);
  };
  put(page,
    h('h2.name', {}, one.name),
    places(one),
    classFacts(one),
    h('div.signup', {}, held ? already(held) : wish || signUp(one, term, { here, again }, query.get('join') === '1', whole, done, papers(needs))),
    !held && papersPart(papers(needs), whole),
    one.description && h('section', {}, h('h2', {}, '学什么'), h('p.text', {}, one.description)),
    h('section', {}, h('h2', {}, '谁可以报'), h('p', {}, ages(one)), conditions(one).map((line) => h('p', {}, line))),
    held?.status === 'placed' && soon(async () => (await import('../later/near.js')).near(one.id)),
    meetings(one.meetings));
}

function ages({ min_age: least, max_age: most }) {
  const from = least ? `开学时满 ${least} 周岁` : '年龄不限';
  return most ? `${from}，最大 ${most} 周岁。` : `${from}。`;
}

/** What this class asks for beyond consent and profile. */
const papers = (needs) => (needs ? needs.items.filter((need) => ['pledge_needed', 'relative_needed'].includes(need.code)) : []);

const toPaper = ({ page }, whole) => `#${page}?to=${encodeURIComponent(whole)}`;
const PAPER = { '/pledge': '先签承诺书', '/relative': '先留家人的电话' };

/** Said before, so that it can be done before the hour. */
function papersPart(items, whole) {
  return items.length ? h('section.card', { 'data-testid': 'papers' },
    h('h2', {}, '报名前要办'),
    items.map((need) => [h('p.text', {}, need.text), link(PAPER[need.page] || '去办', toPaper(need, whole), 'second', { 'data-testid': 'paper' })])) : null;
}

function conditions(one) {
  return [
    one.residence === 'own_only' && '只收学习点所在社区的居民。',
    one.residence === 'own_first' && '填志愿时先给学习点所在社区的居民；先到先得时大家都能报。',
    one.previous_needed && `要先学过“${one.previous_course_name || one.course_name}”。`,
  ].filter(Boolean);
}

function already(enrolment) {
  const words = { placed: '您已经报上这个班了。', waiting: '您在这个班候补。', offered: '有名额为您留着，请去确认。' }[enrolment.status];
  return [note(enrolment.status === 'offered' ? 'warn' : 'good', enrolment.status === 'placed' ? 'check' : 'wait', h('p.strong', {}, words)),
    link('看我的课程', '#/mine', enrolment.status === 'offered' ? 'main' : 'second', { 'data-testid': 'my-classes' })];
}

function signUp(one, term, { here, again }, join, whole, done, asked) {
  if (one.status === 'cancelled') return note('warn', 'alert', '这个班不开了，不能报名。', link('看看其他班', '#/classes', 'second'));
  if (term && term.id === one.term_id && term.phase === 'before') {
    const when = `${moment(term.enrolment_opens_at)} 开始。`;
    const card = here && phaseCard(here, { way: planned(here), turned: again });
    return card && !planned(here) ? [card, h('p.hint', {}, when)] : [note('plain', 'calendar', h('p.strong', {}, '报名还没开始'), when), card];
  }
  if (term && term.id === one.term_id && term.phase === 'closed') {
    return note('plain', 'calendar', h('p.strong', {}, '报名已经结束'), '想来上课，可以打电话问问教育中心。');
  }
  // One for as long as this button stands: who taps again after a lost answer is in once.
  const key = newKey();
  const send = (waiting) => async () => {
    if (!(await prepared(whole))) return;
    if (asked.length) {
      location.hash = toPaper(asked[0], whole);
      return;
    }
    await askForMessages();
    done(await post(`/classes/${one.id}/enrolments`, { join_waitlist: waiting }, key));
  };
  const queue = (words) => button(words, { busy: '正在加入候补…', kind: 'main', work: send(true), id: 'join-waitlist', steps });
  const steps = (step) => step.page === `/classes/${one.id}?join=1` && queue(step.text);
  if (join || one.free <= 0) {
    return [queue('加入候补'), h('p.hint', {}, '候补：前面有人退出，就按先后为您留位子，并通知您。')];
  }
  return button('报名', { busy: '正在报名…', kind: 'main', work: send(false), id: 'signup-button', steps, once: true });
}

function signUpResult({ enrolment, outcome, message }, title, withdrawn) {
  return [
    h('section.result.good', { 'data-testid': 'signup-result', 'data-outcome': outcome },
      icon(outcome === 'waiting' ? 'wait' : 'check', 'huge'), h('h2', {}, title), h('p.text', {}, message)),
    h('h2.name', {}, enrolment.class.name),
    enrolment.waiting_position && h('p.places', {}, icon('wait'), `您排在第 ${enrolment.waiting_position} 位`),
    enrolment.warning && note('warn', 'alert', enrolment.warning),
    classFacts(enrolment.class),
    link('看我的课程', '#/mine', 'main', { 'data-testid': 'my-classes' }),
    link('回首页', '#/', 'second'),
    enrolment.may.includes('withdraw') && withdrawal(enrolment, withdrawn),
  ];
}

function meetings(items) {
  if (!items.length) return null;
  return h('details.meetings', {}, h('summary.button.second', {}, icon('calendar'), `看全部 ${items.length} 次课`),
    h('ol.lines', {}, items.map((one) => h('li', {},
      h('p', {}, h('strong', {}, `第 ${one.number} 次`), ` ${one.time_text || day(one.starts_at)}`),
      h('p.small', {}, `${one.site_name} ${one.room}`),
      one.status === 'cancelled' && note('warn', 'alert', `这次课取消了${one.note ? `：${one.note}` : ''}`),
      one.status !== 'cancelled' && one.note && note('warn', 'alert', one.note)))));
}
