// What waits for this person today.

import { api } from './api.js';
import { silenceBox, urgentBox } from './news_alarms.js';
import { articleList, stageOf, waitingFor } from './news_words.js';
import { classTable } from './classes.js';
import { h } from './dom.js';
import { meetingCards } from './meetings.js';
import { may } from './roles.js';
import { phaseBadge } from './terms.js';
import * as time from './time.js';
import { alertBox, empty, failure, pageHead } from './ui.js';

export async function page(ctx) {
  const { me } = ctx;
  const parts = await Promise.all([
    may(me, 'centre') && guarded(health, ctx),
    may(me, 'news') && guarded(newsDesk, ctx),
    may(me, 'rolls') && guarded(tray, ctx),
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

async function health({ signal }) {
  const status = await api.get('/api/staff/status', { signal });
  if (!status.jobs_dead) return null;
  return alertBox('warn',
    h('p', {}, h('span.strong', `有 ${status.jobs_dead} 件任务没有做成。`), ' 请看看原因，再做一次。 ',
      h('a', { href: '#/jobs', testid: 'start-dead-jobs' }, '去看任务')));
}

async function tray({ signal }) {
  const { waiting } = await api.get('/api/staff/tray-count', { signal });
  if (!waiting) return null;
  return alertBox('warn',
    h('p', {}, h('span.strong', `有 ${waiting} 条扫卡没有算上，要您看一看。`), ' ',
      h('a', { href: '#/tray', testid: 'start-tray' }, '去处理')));
}

async function today(ctx) {
  const meetings = await api.list('/api/staff/meetings', { signal: ctx.signal });
  return h('section.stack', { 'aria-labelledby': 'start-today' },
    h('div.row.spread', {}, h('h2', { id: 'start-today' }, '今日课次'), h('a.way', { href: '#/meetings' }, '看其他日子')),
    meetings.length ? meetingCards(meetings, 'h3') : h('div.panel.flush', {}, empty('今天没有课。', '到“今日课次”里可以看前后几天。')));
}

async function term({ me, signal }) {
  const now = await api.get('/api/terms/current', { signal }).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });
  if (!now) {
    return h('section.panel.flush', {}, may(me, 'centre')
      ? empty('现在没有学期。', '先建学期，再开班。', h('a.button.main', { href: '#/terms' }, '去建学期'))
      : empty('现在没有学期。', '教育中心建好学期后，这里会有班级。'));
  }
  const [classes, running] = await Promise.all([api.list(`/api/staff/classes?term_id=${now.id}`, { signal }), api.get(`/api/staff/terms/${now.id}/running`, { signal })]);
  const undecided = running.classes.filter((one) => one.undecided).length;
  const open = classes.filter((one) => one.status === 'open');
  const sum = (key) => open.reduce((total, one) => total + (one[key] ?? 0), 0);
  return h('section.stack', { 'aria-labelledby': 'start-term' },
    h('div.row.spread', {}, h('h2', { id: 'start-term' }, now.name, ' ', phaseBadge(now)), h('div.row', {},
      may(me, 'centre') && h('a', { href: `#/terms/${now.id}/opening` }, '报名实况'), h('a', { href: `#/terms/${now.id}/running` }, '开班情况'), h('a', { href: '#/classes' }, '全部班级'))),
    undecided ? alertBox('warn', h('p', {}, h('span.strong', `有 ${undecided} 个班人数不够，要决定开不开。`), ' ', h('a', { href: `#/terms/${now.id}/running`, testid: 'start-undecided' }, '去看看'))) : null,
    h('dl.figures', {},
      figure('班级', open.length, '个'),
      figure('名额', sum('capacity'), '个'),
      figure('已占', sum('taken'), '个'),
      figure('空位', sum('free'), '个'),
      figure('候补', sum('waiting'), '人')),
    h('div.panel.flush', {}, classTable(classes, empty('这个学期还没有班级。', '开一个班，居民就能报名。', h('a.button.main', { href: '#/classes/new' }, '开班')))));
}

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
