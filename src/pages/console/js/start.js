// What waits for this person today.

import { api } from './api.js';
import { silenceBox, urgentBox } from './news_alarms.js';
import { articleList, stageOf, waitingFor } from './news_words.js';
import { classTable, current } from './classes.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { meetingCards } from './meetings.js';
import { may } from './roles.js';
import { phaseBadge } from './terms.js';
import * as time from './time.js';
import { empty, failure, pageHead } from './ui.js';

/** So many classes stand on the first page; all of them have a page of their own. */
const SHOWN = 10;

export async function page(ctx) {
  const { me } = ctx;
  const parts = await Promise.all([
    guarded(todo, ctx),
    may(me, 'news') && guarded(newsDesk, ctx),
    may(me, 'rolls') && guarded(today, ctx),
    may(me, 'enrolment') && guarded(term, ctx),
  ]);
  return h('div.page', {},
    pageHead({ title: `${me.name}，您好`, plainTitle: '首页', lead: `今天是${time.dayText(time.day())}。`, actions: may(me, 'news') ? [h('a.button.main', { href: '#/news/new', testid: 'article-new' }, '写文章')] : [] }),
    parts);
}

/** One part that fails leaves the others standing. */
async function guarded(part, ctx) {
  try {
    return await part(ctx);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    return failure(error);
  }
}

/** [who, what has to be done, how much of it there is]. */
const DUTIES = [
  ['enrolment', offers], ['enrolment', count('calls', '/api/staff/call-count', '#/calls', (n) => `${n} 人要打电话提醒上课`)],
  ['enrolment', count('care', '/api/staff/care-count', '#/care', (n) => `${n} 人连着没来，要回访`)],
  ['enrolment', count('desk', '/api/staff/desk-count', '#/desk', (n) => `${n} 条留言等回复`)],
  ['enrolment', undecided],
  ['rolls', count('tray', '/api/staff/tray-count', '#/tray', (n) => `${n} 条签到没有算上，要您看一看`)],
  ['enrolment', count('checks', '/api/staff/checks-count', '#/checks', (n) => `${n} 条内容等人看`)],
  ['centre', dead],
];

/** What waits for this person, the most urgent first; nothing else. */
async function todo(ctx) {
  const mine = DUTIES.filter(([who]) => may(ctx.me, who));
  if (!mine.length) return null;
  const found = (await Promise.all(mine.map(([, duty]) => duty(ctx).catch((error) => {
    if (error.name === 'AbortError') throw error;
    return { bad: true, text: error.message, href: '#/', key: 'failed' };
  })))).filter(Boolean);
  return h('section.panel.flush', { 'aria-labelledby': 'start-todo', testid: 'start-todo' },
    h('div.panel-head', {}, h('h2', { id: 'start-todo' }, '要办的事')),
    found.length
      ? h('ul.duties', {}, found.map(({ key, href, text, more, bad }) => h('li', {}, h('a', { href, testid: `start-${key}` }, icon(bad ? 'bad' : 'warn'), h('span.grow', {}, h('span.strong', text), more && h('span.small.soft', more)), h('span', { 'aria-hidden': 'true' }, '›')))))
      : h('p.done', {}, icon('ok'), '都办好了，现在没有等着您的事。'));
}

function count(key, path, href, words) {
  return async ({ signal }) => {
    const { waiting } = await api.get(path, { signal });
    return waiting ? { key, href, text: words(waiting) } : null;
  };
}

async function offers({ signal }) {
  const { items, total } = await api.get('/api/staff/offers', { signal });
  if (!total) return null;
  const who = items.slice(0, 3).map((one) => one.name).join('、');
  return { key: 'offers', href: '#/offers', text: `${total} 个名额等人确认，最早的到${items[0].expires_text}`, more: total > 3 ? `${who}等` : who };
}

async function dead({ signal }) {
  const status = await api.get('/api/staff/status', { signal });
  return status.jobs_dead ? { key: 'dead-jobs', href: '#/jobs', bad: true, text: `${status.jobs_dead} 件任务没有做成`, more: '看看原因，再做一次' } : null;
}

async function undecided({ signal }) {
  const now = await current(signal);
  if (!now) return null;
  const running = await api.get(`/api/staff/terms/${now.id}/running`, { signal });
  const few = running.classes.filter((one) => one.undecided).length;
  return few ? { key: 'undecided', href: `#/terms/${now.id}/running`, text: `${few} 个班人数不够，要决定开不开` } : null;
}

async function today(ctx) {
  const meetings = await api.list('/api/staff/meetings', { signal: ctx.signal });
  return h('section.stack', { 'aria-labelledby': 'start-today' },
    h('div.row.spread', {}, h('h2', { id: 'start-today' }, '今日课次'), h('a.way', { href: '#/meetings' }, '看其他日子')),
    meetings.length ? meetingCards(meetings, 'h3') : h('div.panel.flush', {}, empty('今天没有课。', '到“今日课次”里可以看前后几天。')));
}

async function term({ me, signal }) {
  const now = await current(signal);
  if (!now) {
    return h('section.panel.flush', {}, may(me, 'centre')
      ? empty('现在没有学期。', '先建学期，再开班。', h('a.button.main', { href: '#/terms' }, '去建学期'))
      : empty('现在没有学期。', '教育中心建好学期后，这里会有班级。'));
  }
  const classes = await api.list(`/api/staff/classes?term_id=${now.id}`, { signal });
  const open = classes.filter((one) => one.status === 'open');
  const sum = (key) => open.reduce((total, one) => total + (one[key] ?? 0), 0);
  return h('section.stack', { 'aria-labelledby': 'start-term' },
    h('div.row.spread', {}, h('h2', { id: 'start-term' }, now.name, ' ', phaseBadge(now)), h('div.row', {},
      may(me, 'centre') && h('a', { href: `#/terms/${now.id}/opening` }, '报名实况'), h('a', { href: `#/terms/${now.id}/running` }, '开班情况'), h('a', { href: '#/classes' }, '全部班级'))),
    h('dl.figures', {},
      figure('班级', open.length, '个'),
      figure('名额', sum('capacity'), '个'),
      figure('已占', sum('taken'), '个'),
      figure('空位', sum('free'), '个'),
      figure('候补', sum('waiting'), '人')),
    h('div.panel.flush', {}, classTable(fullest(classes), empty('这个学期还没有班级。', '开一个班，居民就能报名。', h('a.button.main', { href: '#/classes/new' }, '开班')))));
}

/** Those that people look at first: waited for, then nearly full. */
const fullest = (classes) => [...classes].filter((one) => one.status === 'open').sort((one, other) => other.waiting - one.waiting || one.free - other.free).slice(0, SHOWN);

export const figure = (name, number, unit) => h('div', {}, h('dt', name), h('dd.numbers', {}, h('b', number), unit));

async function newsDesk({ me, signal }) {
  const [articles, alarms] = await Promise.all([api.list('/api/staff/articles', { signal }), api.get('/api/staff/news-alarms', { signal })]);
  const waiting = articles.filter((article) => waitingFor(me, article));
  const mine = articles.filter((article) => article.author_name === me.name && ['draft', 'in_review'].includes(article.status) && !waiting.includes(article));
  const stage = stageOf(me);
  return [
    urgentBox(alarms, stage),
    alarms.level === 'none' ? null : silenceBox(alarms),
    h('section.stack', { 'aria-labelledby': 'start-waiting', testid: 'start-waiting' },
      h('div.row.spread', {}, h('h2', { id: 'start-waiting' }, `等我处理（${waiting.length}）`), h('a', { href: '#/news' }, '全部新闻')),
      h('div.panel.flush', {}, articleList(waiting, empty('没有文章等您处理。', stage ? `有文章要${stage}时，会排在这里。` : '')))),
    mine.length ? h('section.stack', { 'aria-labelledby': 'start-mine' },
      h('h2', { id: 'start-mine' }, '我写的'),
      h('div.panel.flush', {}, articleList(mine))) : null,
  ];
}
