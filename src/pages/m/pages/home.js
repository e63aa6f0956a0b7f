// The start: the one thing that matters now, then everything else.

import { about, get, session } from '../api.js';
import { canScan } from '../bridge.js';
import { h, icon } from '../dom.js';
import { day, link, moment, note, soon } from '../parts.js';
import { coming, comingCard, phaseCard, phases, planned } from '../phase.js';
import { leavePart } from './absent.js';
import { offer } from './mine.js';

const TILES = [
  ['找班级', '#/classes', 'search'],
  ['我的课程', '#/mine', 'book'],
  ['签到', '#/checkin', 'scan'],
  ['学时', '#/hours', 'hours'],
  ['消息', '#/messages', 'mail'],
  ['新闻', '#/news', 'news'],
];

/** An end that is farther away is nothing to look at each day. */
const NEAR_MS = 7 * 86400000;

/** A part that may fail without taking the page with it. */
const quietly = (asked, otherwise) => asked.catch((error) => {
  if (error.status === 401 || error.code === 'not_delegate') throw error;
  return otherwise;
});

export async function home({ setTitle }) {
  const matters = session.signedIn ? mattersNow() : forGuests().then((cards) => ({ cards, unread: 0 }));
  const [centre, phase, now] = await Promise.all([quietly(about(), null), phases(), matters]);
  if (centre) setTitle(centre.centre_name.slice(0, 14));
  const near = phase && phase.until && Date.parse(phase.until) - Date.parse(phase.now) < NEAR_MS;
  // What is offered says itself until when.
  const said = phase && phase.phase === 'confirm' && now.offers > 0;
  const card = phase && phase.phase !== 'closed' && !said && (planned(phase) || near) && phaseCard(phase);
  // While it is one's turn to do something.
  const first = card && ['continuation', 'wishes'].includes(phase.phase);
  // Messages and check-in are one's own.
  const tiles = TILES.filter(([, , mark]) => !session.acting || !['mail', 'scan'].includes(mark));
  return [
    now.greeting && h('p.greeting', {}, now.greeting),
    h('section.now', { 'aria-label': '现在', 'data-testid': 'now' }, card && first && card, now.cards, card && !first && card),
    h('nav.tiles', { 'aria-label': '全部功能' }, tiles.map((tile) => oneTile(tile, now.unread))),
    // Weeks ahead: below what is used every day, and nothing waits for it.
    soon(async () => comingCard(await coming())),
    link([icon('calendar'), '活动、社团、志愿服务'], '#/activities', 'second', { 'data-testid': 'activities-link' }),
    session.signedIn && !session.acting && link([icon('scan'), '我的学员卡'], '#/card', 'second', { 'data-testid': 'card-link' }),
    link([icon('person'), session.acting ? '看我在帮谁' : '家人帮我，我帮家人'], '#/family', 'second', { 'data-testid': 'family-link' }),
  ];
}

function oneTile([name, href, mark], unread) {
  const count = mark === 'mail' && unread > 0 && h('span.count', {}, `${unread} 条未读`);
  return h('a.tile', { href, 'data-testid': `tile-${mark}` }, icon(mark, 'large'), h('span', {}, name), count);
}

async function mattersNow() {
  const [me, meetings, enrolments, notices] = await Promise.all([
    session.acting ? null : quietly(session.me(), null),
    quietly(get('/me/meetings'), { items: [] }),
    quietly(get('/me/enrolments'), { items: [] }),
    session.acting ? { items: [] } : quietly(get('/me/notices'), { items: [] }),
  ]);
  const offers = enrolments.items.filter((one) => one.status === 'offered');
  const todays = meetings.items.filter((one) => one.is_today);
  const open = todays.find((one) => one.status === 'planned' && one.check_in === 'open');
  const next = open || todays.find((one) => one.check_in !== 'closed') || meetings.items.find((one) => !one.is_today);
  const cards = [];
  if (open) cards.push(meetingCard(open));
  for (const one of offers) cards.push(offer(one));
  if (next && next !== open) cards.push(meetingCard(next));
  if (!cards.length) cards.push(nothingYet(enrolments.items));
  if (me && me.needs.length) cards.push(firstVisit(me));
  return {
    cards,
    offers: offers.length,
    greeting: me && me.name && `${me.name}，您好！`,
    unread: notices.items.filter((one) => !one.read).length,
  };
}

function meetingCard(one) {
  const cancelled = one.status === 'cancelled';
  const title = one.is_today ? (cancelled ? '今天的课取消了' : '今天有课') : (cancelled ? '下次课取消了' : '下次上课');
  return h('article.card.lead', { 'data-testid': 'next-meeting' },
    h('h2', {}, title),
    h('p.what', {}, one.class_name),
    h('p.line', {}, icon('calendar'), one.time_text),
    h('p.line', {}, icon('place'), `${one.site_name} ${one.room}`),
    one.note && note('warn', 'alert', one.note),
    !cancelled && one.is_today && checkInPart(one),
    one.keeps_roll && !session.acting && link('班长点名', '/console/roll/?monitor', 'second', { 'data-testid': 'keep-roll' }),
    !session.acting && (one.on_leave || one.may_ask_leave) && leavePart(one));
}

function checkInPart(one) {
  if (one.check_in === 'done') return note('good', 'check', '今天已经签到了。');
  if (one.check_in === 'awaits_nod') return note('warn', 'wait', '扫过海报了，等老师或班长点头。');
  if (one.check_in === 'open') {
    const href = canScan() ? '#/checkin?scan=1' : '#/checkin';
    return link([icon('scan'), '签到'], href, 'main', { 'data-testid': 'home-checkin' });
  }
  return h('p.hint', {}, '快上课时，在这里签到。');
}

function nothingYet(enrolments) {
  const waiting = enrolments.find((one) => one.status === 'waiting');
  if (waiting) {
    return h('article.card.lead', {}, h('h2', {}, '正在候补'), h('p.what', {}, waiting.class.name),
      waiting.waiting_position && h('p.line', {}, icon('wait'), `您排在第 ${waiting.waiting_position} 位`),
      link('看我的课程', '#/mine', 'second'));
  }
  const placed = enrolments.find((one) => one.status === 'placed');
  if (placed) {
    return h('article.card.lead', {}, h('h2', {}, '您的课程'), h('p.what', {}, placed.class.name),
      h('p.line', {}, icon('calendar'), placed.class.time_text),
      h('p.hint', {}, '这两个星期没有课。'), link('看我的课程', '#/mine', 'second'));
  }
  return h('article.card.lead', {}, h('h2', {}, '还没有报名'), h('p', {}, '看看有哪些班，选一个喜欢的。'),
    link([icon('search'), '找班级'], '#/classes', 'main'));
}

function firstVisit(me) {
  const step = me.needs.includes('consent') ? 'consent' : 'profile';
  return h('article.card', {}, h('h2', {}, '先填一次个人信息'), h('p', {}, '填好以后，报名只要点一下。'),
    link('去填写', `#/${step}?to=%2F`, 'second', { 'data-testid': 'fill-profile' }));
}

async function forGuests() {
  const term = await quietly(get('/terms/current'), null);
  const words = term && {
    before: `${moment(term.enrolment_opens_at)} 开始报名。`,
    open: `正在报名，${day(term.enrolment_closes_at)}截止。`,
    closed: '这个学期的报名已经结束。',
  }[term.phase];
  return [h('article.card.lead', {},
    h('h2', {}, term ? term.name : '老年大学'),
    h('p.keep', {}, words || '看看有哪些班。'),
    link([icon('search'), '看看有哪些班'], '#/classes', 'main')),
  link('登录，看自己的课程', '#/login?to=%2F', 'second', { 'data-testid': 'login-link' })];
}
