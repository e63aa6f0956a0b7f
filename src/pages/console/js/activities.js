// 活动: what is planned and what was held.

import { api, query } from './api.js';
import { h } from './dom.js';
import * as time from './time.js';
import { badge, empty, pageHead, table } from './ui.js';

export const KINDS = [
  ['vocational', '企业职工技能培训'], ['law', '法律法规培训'], ['farming', '农业种植技术培训'], ['reading', '读书会'],
  ['lesson', '千名教师进社区'], ['charity', '义卖'], ['learning_week', '全民终身学习周'], ['exhibition', '成果展演'],
];

export async function page({ search, signal }) {
  const year = search.get('year') ?? time.day().slice(0, 4);
  const kind = search.get('kind') ?? '';
  const project = search.get('project') ?? '';
  const [items, projects] = await Promise.all([
    api.list(`/api/staff/activities${query({ year, kind, project_id: project })}`, { signal }),
    api.list('/api/staff/projects', { signal }),
  ]);
  return h('div.page', {},
    pageHead({
      title: '活动', lead: '培训、读书会、义卖、展演。签到和点名与上课一样。',
      actions: [h('a.button.main', { href: '#/activities/new', testid: 'activity-new' }, '办活动')],
    }),
    filters({ year, kind, project }, projects),
    h('div.panel.flush', {}, table({
      label: '活动', testid: 'activity-table', rows: items,
      none: empty('这里还没有活动。', '点“办活动”，填好时间地点就可以报名了。'),
      rowTestid: (one) => `activity-row-${one.id}`,
      rowOff: (one) => one.status === 'cancelled',
      columns: [
        { name: '活动', lead: true, cell: (one) => [h('a.strong', { href: `#/activities/${one.id}` }, one.name), h('div.small.soft', [one.kind_text, one.project_name].filter(Boolean).join(' · '))] },
        { name: '时间', cell: (one) => h('span.nowrap', one.time_text) },
        { name: '地点', cell: (one) => `${one.site_name} ${one.room}` },
        { name: '报名', right: true, cell: (one) => (one.open_door ? '不用报名' : `${one.taken} / ${one.capacity}`) },
        { name: '到场', right: true, cell: (one) => came(one.sum) },
        { name: '状态', cell: (one) => state(one) },
      ],
    })));
}

/** People with names; those without stand apart. */
export const came = (sum) => `${sum.person_times}${sum.heads ? `，另 ${sum.heads} 人不记名` : ''}`;

export function state(one) {
  if (one.status === 'cancelled') return badge('已取消', 'bad');
  if (one.closed) return badge('已结束');
  if (one.over) return badge('要写小结', 'warn');
  return badge('报名中', 'ok');
}

function filters({ year, kind, project }, projects) {
  const now = Number(time.day().slice(0, 4));
  const chosen = { year, kind, project };
  const select = (name, label, options, value) => {
    const element = h('select.input', {
      'aria-label': label, testid: `filter-${name}`,
      onchange: () => { chosen[name] = element.value; location.hash = `#/activities${query(chosen)}`; },
    }, options.map(([key, text]) => h('option', { value: String(key) }, text)));
    element.value = String(value);
    return element;
  };
  return h('div.row', { role: 'group', 'aria-label': '筛选' },
    select('year', '年份', [now + 1, now, now - 1, now - 2].map((one) => [one, `${one}年`]), year),
    select('kind', '种类', [['', '全部种类'], ...KINDS], kind),
    select('project', '项目', [['', '全部项目'], ...projects.map((one) => [one.id, one.name])], project));
}
