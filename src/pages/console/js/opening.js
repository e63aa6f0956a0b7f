// 报名实况: an opening while it goes on. Looks again by itself.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { figure } from './start.js';
import { alertBox, empty, pageHead, table } from './ui.js';

const AGAIN_MS = 3000;
/** More work than this that is due and not done is worth a word. */
const MANY_JOBS = 200;

export async function page(ctx) {
  const path = `/api/staff/terms/${ctx.params.id}/opening`;
  const body = h('div.stack');
  const state = h('p.soft.numbers', { testid: 'opening-state', role: 'status' });
  const show = (now) => {
    put(state, `${now.time_text} 的情况，每 3 秒自动更新`);
    put(body, figures(now), jobs(now), minutes(now), ends(now), classes(now));
  };
  const first = await api.get(path, { signal: ctx.signal });
  show(first);
  const again = async () => {
    if (ctx.signal.aborted) return;
    try {
      // A page that nobody looks at asks for nothing.
      if (!document.hidden) show(await api.get(path, { signal: ctx.signal }));
    } catch (error) {
      if (isGone(error)) return;
      put(state, '暂时连不上，正在再试。下面是上一次的情况。');
    }
    setTimeout(again, AGAIN_MS);
  };
  setTimeout(again, AGAIN_MS);
  return h('div.page', {},
    pageHead({ title: '报名实况', lead: first.term_name, back: { href: '#/terms', text: '学期' } }), state, body);
}

function figures(now) {
  const minute = now.minutes.at(-2) ?? now.minutes.at(-1);
  return h('dl.figures', {},
    figure('名额', now.capacity, '个'),
    figure('已占', now.taken, '个'),
    figure('空位', now.capacity - now.taken, '个'),
    figure('候补', now.waiting, '人'),
    figure('上一分钟报名', minute?.sign_ups ?? 0, '次'),
    figure('待办任务', now.jobs_due, '件'));
}

const jobs = (now) => (now.jobs_due > MANY_JOBS
  ? alertBox('warn', h('p', `有 ${now.jobs_due} 件任务排着队（多半是通知）。报名不受影响，会陆续做完。`)) : null);

/** One bar a minute, with its number: nothing by colour alone. */
function minutes(now) {
  const most = Math.max(1, ...now.minutes.map((one) => one.sign_ups));
  return h('section.panel.stack.tight', { 'aria-labelledby': 'opening-minutes' },
    h('h2', { id: 'opening-minutes' }, '每分钟报名次数'),
    h('ol.bars', {}, now.minutes.map((one) => h('li', {},
      h('span.numbers', one.sign_ups),
      h('meter', { min: '0', max: String(most), value: String(one.sign_ups), 'aria-label': `${one.time_text}：${one.sign_ups} 次` }),
      h('span.small.soft.numbers', one.time_text)))));
}

function ends(now) {
  const sums = new Map();
  for (const { ended } of now.minutes) {
    for (const { code, text, count } of ended) sums.set(code, { text, count: (sums.get(code)?.count ?? 0) + count });
  }
  const rows = [...sums.values()].sort((one, other) => other.count - one.count);
  return h('section.panel.flush', { 'aria-labelledby': 'opening-ends' },
    h('div.panel-head', {}, h('h2', { id: 'opening-ends' }, '结果（最近 15 分钟）')),
    table({
      label: '结果', rows, testid: 'opening-ends', none: empty('最近 15 分钟没有人报名。'),
      columns: [
        { name: '结果', lead: true, cell: (row) => row.text },
        { name: '次数', right: true, cell: (row) => row.count },
      ],
    }));
}

function classes(now) {
  return h('section.panel.flush', { 'aria-labelledby': 'opening-classes' },
    h('div.panel-head', {}, h('h2', { id: 'opening-classes' }, '各班（最满的在前）')),
    table({
      label: '各班', rows: now.classes, testid: 'opening-classes', none: empty('这个学期还没有班级。'),
      columns: [
        { name: '班级', lead: true, cell: (one) => h('a', { href: `#/classes/${one.id}/learners` }, one.name) },
        { name: '名额', right: true, cell: (one) => one.capacity },
        { name: '已占', right: true, cell: (one) => (one.offered ? `${one.taken}（待确认 ${one.offered}）` : one.taken) },
        { name: '空位', right: true, cell: (one) => Math.max(0, one.capacity - one.taken) },
        { name: '候补', right: true, cell: (one) => one.waiting },
      ],
    }));
}
