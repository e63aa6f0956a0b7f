// 我的课程: where each sign-up stands, and what can be done with it.

import { get, post, session } from '../api.js';
import { askForMessages } from '../bridge.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, confirmed, keepWord, link, note, pageOf, soon, takeWord, withdrawal } from '../parts.js';

const LIVE = ['offered', 'placed', 'waiting'];
const WORDS = { course: '看这个班', activity: '看这个活动', club: '看这个社团', shift: '看志愿服务' };
const MARKS = { placed: ['good', 'check'], offered: ['warn', 'alert'], waiting: ['plain', 'wait'], withdrawn: ['plain', 'full'], cancelled: ['warn', 'alert'] };

export async function mine() {
  const page = h('div.page');
  const load = async () => {
    const { items } = await get('/me/enrolments');
    put(page, takeWord(), list(items, again));
  };
  /** After a change: the list anew, with a word on top that stays. */
  const again = async (words, undo) => {
    keepWord(words, undo);
    await load();
    say(words);
    lead(page.firstChild);
  };
  await load();
  return page;
}

function list(items, again) {
  if (!items.length) {
    return [h('p.empty', {}, '您还没有报名。'), link([icon('search'), '找班级'], '#/classes', 'main')];
  }
  const live = LIVE.flatMap((status) => items.filter((one) => one.status === status));
  // A class that does not take place is no thing of the past while there is one instead.
  const open = (one) => one.status === 'cancelled' && one.may.includes('change_class');
  live.push(...items.filter(open));
  const past = items.filter((one) => !LIVE.includes(one.status) && !open(one));
  return [
    !session.acting && live.some((one) => one.status === 'waiting') && soon(async () => (await import('../later/guest.js')).waiting()),
    live.length ? h('ul.cards', {}, live.map((one) => h('li', {}, one.status === 'offered' ? offer(one, again) : card(one, again))))
      : h('p.empty', {}, '您现在没有报名的班。'),
    !session.acting && live.some((one) => one.status === 'placed') && [link([icon('scan'), '我的学员卡'], '#/card', 'second', { 'data-testid': 'card-link' }), link('有课来不了，请假', '#/absent', 'second', { 'data-testid': 'absent-link' })],
    link([icon('search'), '再找一个班'], '#/classes', 'second'),
    past.length > 0 && h('details', {}, h('summary.button.quiet', {}, `以前的报名（${past.length}）`),
      h('ul.cards', {}, past.map((one) => h('li', {}, card(one, again))))),
  ];
}

function card(one, again) {
  const [kind, mark] = MARKS[one.status] || MARKS.waiting;
  const position = one.waiting_position && `，您排在第 ${one.waiting_position} 位`;
  return h('article.card', { 'data-testid': 'enrolment', 'data-status': one.status },
    h('h2', {}, one.class.name),
    note(kind, mark, h('p.strong', { 'data-testid': 'enrolment-status' }, `${one.status_text}${position || ''}`)),
    LIVE.includes(one.status) && facts(one.class),
    one.warning && note('warn', 'alert', one.warning),
    one.by_family && one.by_family.map((words) => h('p.line', { 'data-testid': 'by-family' }, icon('person'), words)),
    LIVE.includes(one.status) && link(WORDS[one.class.kind] || WORDS.course, pageOf(one.class), 'second'),
    one.may.includes('change_class') && link(one.status === 'cancelled' ? '换到同课程的别的班' : '换到别的班', `#/change/${one.id}`, 'second', { 'data-testid': 'change-class-link' }),
    one.may.includes('withdraw') && withdrawal(one, () => again(one.status === 'waiting' ? `已退出“${one.class.name}”的候补。` : `已退掉“${one.class.name}”。`,
      link('改了主意，再报名', pageOf(one.class), 'second', { 'data-testid': 'withdraw-undo' }))));
}

const facts = (one) => [h('p.line', {}, icon('calendar'), one.time_text), h('p.line', {}, icon('place'), `${one.site_name} ${one.room}`)];

/** A place that is kept: to take or to leave, and until when. */
export function offer(one, again = started) {
  const may = (what) => one.may.includes(what);
  const act = (what) => post(`/me/enrolments/${one.id}/${what}`);
  return h('article.card.offer', { 'data-testid': 'offer', 'data-status': one.status },
    h('h2', {}, '有位子了！'),
    h('p.what', {}, one.class.name),
    facts(one.class),
    note('warn', 'wait', h('p.strong', {}, one.offer_text || '请尽快确认。')),
    one.warning && note('warn', 'alert', one.warning),
    may('accept') && button('我要这个位子', { kind: 'main', busy: '正在确认…', id: 'offer-accept', work: async () => { await askForMessages(['placed', 'meeting_changed']); await act('accept'); await again(`报上了“${one.class.name}”。`); } }),
    may('decline') && confirmed('不要了', `不要“${one.class.name}”的位子吗？会让给后面的人。`,
      { yes: '是，不要了', busy: '正在处理…', id: 'offer-decline', work: async () => { await act('decline'); await again(`“${one.class.name}”的位子已让给别人。`); } }));
}

/** From the start page: the answer is shown among one's own classes. */
async function started(words) {
  keepWord(words);
  location.hash = '#/mine';
}
