// 志愿服务: the teams.

import { api } from './api.js';
import { h } from './dom.js';
import { asId, field, formDialog } from './form.js';
import { may } from './roles.js';
import { reload } from './router.js';
import { badge, button, empty, pageHead, table, tell } from './ui.js';

export async function page({ me, signal }) {
  const items = await api.list('/api/staff/teams', { signal });
  const centre = may(me, 'centre');
  return h('div.page', {},
    pageHead({
      title: '志愿服务', lead: '队长收人、排班、核定时长。居民在手机上申请和报名。',
      actions: centre ? [button('添加服务队', { main: true, icon: 'plus', testid: 'team-new', onclick: () => edit() })] : [],
    }),
    h('div.panel.flush', {}, table({
      label: '服务队', testid: 'team-table', rows: items, none: empty('还没有服务队。', ''),
      rowTestid: (one) => `team-row-${one.id}`, rowOff: (one) => one.closed,
      columns: [
        { name: '服务队', lead: true, cell: (one) => [one.mine ? h('a.strong', { href: `#/teams/${one.id}` }, one.name) : h('span.strong', one.name), one.closed && badge('不再收人'), h('div.small.soft', one.purpose)] },
        { name: '队长', cell: (one) => one.leader_name ?? badge('还没有队长', 'warn') },
        { name: '队员', right: true, cell: (one) => `${one.people} 人` },
        { name: '', acts: true, cell: (one) => centre && button('修改', { quiet: true, about: one.name, testid: `team-edit-${one.id}`, onclick: () => edit(one) }) },
      ],
    })));
}

async function edit(team) {
  const leaders = await api.list('/api/staff/team-leaders');
  const saved = await formDialog({
    title: team ? '修改服务队' : '添加服务队', testid: 'team-dialog', grid: false,
    fields: [
      field({ name: 'name', label: '队名', value: team?.name, required: true, full: true, maxlength: '20' }),
      field({ name: 'purpose', label: '做什么', value: team?.purpose, required: true, full: true, maxlength: '100' }),
      field({ name: 'leader_id', label: '队长', type: 'select', full: true, read: asId, value: team?.leader_id ?? '', options: [['', '还没有'], ...leaders.map((one) => [one.id, one.name])], hint: '队长用自己的账号登录，收人、排班、核定时长。' }),
      team && field({ name: 'closed', label: '不再收人', type: 'checkbox', value: team.closed, full: true }),
    ],
    submit: (values) => (team ? api.put(`/api/staff/teams/${team.id}`, values) : api.post('/api/staff/teams', values)),
  });
  if (saved) { await reload(); tell('已保存。'); }
}
