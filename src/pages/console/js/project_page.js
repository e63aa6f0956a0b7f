// One project: what it is for, and what it came to in a year.

import { came } from './activities.js';
import { api } from './api.js';
import { h } from './dom.js';
import { edit, report, years } from './projects.js';
import { may } from './roles.js';
import * as time from './time.js';
import { badge, button, empty, pageHead, table } from './ui.js';

const STATES = { draft: '在写', in_review: '在审', approved: '审过了', publishing: '正在发布', published: '已发布', failed: '没有发成' };
const PLACES = { activity: 'activities' };

export async function page({ me, params, search, signal }) {
  const year = search.get('year') ?? time.day().slice(0, 4);
  const one = await api.get(`/api/staff/project-pages/${params.id}?year=${year}`, { signal });
  const { project, sum } = one;
  const fact = (name, text) => [h('dt', name), h('dd', text)];
  return h('div.page', {},
    pageHead({
      title: project.name, lead: project.aim, badges: project.closed ? [' ', badge('已结束')] : null, back: { href: `#/projects?year=${year}`, text: '重点项目' },
      actions: [
        button('下载报告', { testid: 'project-report', onclick: () => report(year, project.id) }),
        may(me, 'centre') && button('修改', { testid: 'project-edit', onclick: () => edit(project) }),
      ],
    }),
    years(year, `#/projects/${project.id}`),
    h('section.panel.stack', { 'aria-label': '合计' },
      h('dl.facts', { testid: 'project-sum' },
        fact('场次', String(sum.meetings)), fact('人次', came(sum)), fact('学时', time.hours(sum.hundredths)),
        fact('文章', `${one.articles.length} 篇`), project.lead ? fact('负责人', project.lead) : null),
      project.description && h('p.soft', project.description)),
    h('section.panel.flush', { 'aria-label': '活动和班级' }, h('div.panel-head', {}, h('h2', '活动和班级')), table({
      label: '活动和班级', testid: 'project-parts', rows: one.parts,
      none: empty('这一年还没有内容。', '办活动时选上这个项目，就会出现在这里。'),
      columns: [
        { name: '名称', lead: true, cell: (row) => [h('a.strong', { href: `#/${PLACES[row.kind] ?? 'classes'}/${row.class_id}` }, row.name), h('div.small.soft', [row.kind_text, row.site_name].join(' · '))] },
        { name: '首次', cell: (row) => h('span.nowrap', row.time_text ?? '') },
        { name: '场次', right: true, cell: (row) => String(row.sum.meetings) },
        { name: '人次', right: true, cell: (row) => came(row.sum) },
        { name: '学时', right: true, cell: (row) => time.hours(row.sum.hundredths) },
      ],
    })),
    h('section.panel.flush', { 'aria-label': '文章' }, h('div.panel-head', {}, h('h2', '文章')), table({
      label: '文章', rows: one.articles, none: empty('这一年还没有文章。', '投稿时写上项目名，就会出现在这里。'),
      columns: [
        { name: '标题', lead: true, cell: (row) => h('span.strong', row.title) },
        { name: '日期', cell: (row) => row.day_text },
        { name: '状态', cell: (row) => STATES[row.status] ?? '稿件' },
      ],
    })));
}
