// 重点项目: what each came to in a year.

import { came } from './activities.js';
import { api } from './api.js';
import { download } from './download.js';
import { h } from './dom.js';
import { field, formDialog } from './form.js';
import { may } from './roles.js';
import { reload } from './router.js';
import * as time from './time.js';
import { badge, button, empty, pageHead, table, tell } from './ui.js';

export async function page({ me, search, signal }) {
  const year = search.get('year') ?? time.day().slice(0, 4);
  const items = await api.list(`/api/staff/project-pages?year=${year}`, { signal });
  return h('div.page', {},
    pageHead({
      title: '重点项目', lead: '人次和学时从签到算出来，不用另外填。',
      actions: [
        button('下载年度报告', { testid: 'project-report', onclick: () => report(year) }),
        may(me, 'centre') && button('添加项目', { main: true, icon: 'plus', testid: 'project-new', onclick: () => edit() }),
      ],
    }),
    years(year, '#/projects'),
    h('div.panel.flush', {}, table({
      label: '重点项目', testid: 'project-table', rows: items, none: empty('还没有项目。', ''),
      rowTestid: (one) => `project-row-${one.project.id}`,
      rowOff: (one) => one.project.closed,
      columns: [
        { name: '项目', lead: true, cell: ({ project }) => [h('a.strong', { href: `#/projects/${project.id}?year=${year}` }, project.name), project.closed && badge('已结束'), h('div.small.soft', project.aim)] },
        { name: '活动和班级', right: true, cell: (one) => String(one.parts.length) },
        { name: '场次', right: true, cell: (one) => String(one.sum.meetings) },
        { name: '人次', right: true, cell: (one) => came(one.sum) },
        { name: '学时', right: true, cell: (one) => time.hours(one.sum.hundredths) },
        { name: '文章', right: true, cell: (one) => String(one.articles.length) },
      ],
    })));
}

/** The years to look at. */
export function years(year, href) {
  const now = Number(time.day().slice(0, 4));
  const tab = (one) => h('a', { href: `${href}?year=${one}`, 'aria-current': String(one) === String(year) ? 'page' : null }, `${one}年`);
  return h('nav.tabs', { 'aria-label': '年份' }, [now, now - 1, now - 2].map(tab));
}

export async function report(year, project) {
  const name = await download('GET', `/api/staff/project-report?year=${year}${project ? `&project_id=${project}` : ''}`);
  tell(`已下载“${name}”。`);
}

export async function edit(project) {
  const saved = await formDialog({
    title: project ? '修改项目' : '添加项目', testid: 'project-dialog', grid: false,
    fields: [
      field({ name: 'name', label: '项目名称', value: project?.name, required: true, full: true, maxlength: '30' }),
      field({ name: 'aim', label: '目标', value: project?.aim, required: true, full: true, maxlength: '100', hint: '一句话：为谁，做什么。' }),
      field({ name: 'lead', label: '负责人', value: project?.lead, full: true, maxlength: '30' }),
      field({ name: 'description', label: '说明', type: 'textarea', rows: '4', value: project?.description, full: true, count: 2000 }),
      project && field({ name: 'closed', label: '项目已结束，不再加内容', type: 'checkbox', value: project.closed, full: true }),
    ],
    submit: (values) => (project ? api.put(`/api/staff/projects/${project.id}`, values) : api.post('/api/staff/projects', values)),
  });
  if (saved) { await reload(); tell('已保存。'); }
}
