// 任务: what the service does by itself, and what it could not do.

import { api } from './api.js';
import { h, put } from './dom.js';
import { listView } from './list_view.js';
import { reload } from './router.js';
import * as time from './time.js';
import { badge, button, empty, failure, pageHead, tell } from './ui.js';

const STATES = { dead: ['没有做成', 'bad'], ready: ['等着做', 'info'], running: ['正在做', 'ok'] };
/** Fewer than these are seen at a glance. */
const MANY = 8;
const NONE = {
  dead: ['没有做不成的任务。', '一切正常，不用做什么。'],
  ready: ['没有等着做的任务。', '都做完了。'],
  running: ['现在没有正在做的任务。', '任务通常几秒就做完。'],
};

export async function page(ctx) {
  const { search, signal } = ctx;
  const state = STATES[search.get('state')] ? search.get('state') : 'dead';
  const [jobs, status] = await Promise.all([
    api.list(`/api/staff/jobs?state=${state}`, { signal }),
    api.get('/api/staff/status', { signal }),
  ]);
  const counts = { dead: status.jobs_dead, ready: status.jobs_ready };
  return h('div.page', {},
    pageHead({
      title: '任务',
      lead: '发通知、安排候补、发布文章，由系统自己做。做不成的留在这里，等人来看。',
      actions: [button('刷新', { onclick: () => reload() })],
    }),
    h('nav.tabs', { 'aria-label': '按状态看' }, Object.entries(STATES).map(([key, [text]]) =>
      h('a', { href: `#/jobs?state=${key}`, testid: `jobs-${key}`, 'aria-current': key === state ? 'page' : null }, text, counts[key] == null ? null : `（${counts[key]}）`))),
    jobTable(ctx, jobs, state),
    h('p.soft.small', `还有 ${status.notices_unsent} 条通知没有发到微信。尚学 ${status.version}`));
}

function jobTable(ctx, jobs, state) {
  return listView({
    ctx,
    label: '任务',
    testid: 'job-table',
    rows: jobs,
    none: empty(...NONE[state]),
    rowTestid: (job) => `job-row-${job.id}`,
    columns: [
      { name: '任务', lead: true, cell: (job) => [h('span.strong', job.kind_text), h('div.small.soft', `编号 ${job.id} · ${job.time_text}`)] },
      { name: '状态', cell: (job) => badge(...(STATES[job.state] ?? [job.state])) },
      { name: '试过', cell: (job) => h('span.nowrap', `${job.attempts} 次`) },
      { name: state === 'ready' ? '上次为什么没成' : '原因', cell: (job) => h('span.break', job.last_error ?? (state === 'dead' ? '没有记下原因' : '')) },
      ...(state === 'ready' ? [{ name: '什么时候做', cell: (job) => time.spoken(job.run_after) }] : []),
      ...(state === 'dead' ? [{ name: '', acts: true, cell: (job) => retry(job) }] : []),
    ],
    words: jobs.length > MANY && { placeholder: '任务或原因' },
  }).element;
}

function retry(job) {
  const place = h('div.stack.tight');
  const again = button('再做一次', {
    about: `${job.kind_text}，编号 ${job.id}`,
    testid: 'job-retry',
    onclick: async () => {
      try {
        await api.post(`/api/staff/jobs/${job.id}/retry`);
        await reload();
        tell('已排上，马上再做一次。');
      } catch (error) {
        put(place, again, failure(error));
      }
    },
  });
  return put(place, again);
}
