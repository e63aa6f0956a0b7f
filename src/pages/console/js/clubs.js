// 社团.

import { api } from './api.js';
import { h } from './dom.js';
import { field, formDialog } from './form.js';
import { may } from './roles.js';
import { reload } from './router.js';
import { badge, button, empty, pageHead, table, tell } from './ui.js';

export async function page({ me, signal }) {
  const items = await api.list('/api/clubs', { signal });
  const centre = may(me, 'centre');
  return h('div.page', {},
    pageHead({
      title: '社团', lead: '社员、活动和签到，与班级一样办。',
      actions: centre ? [button('添加社团', { main: true, icon: 'plus', testid: 'club-new', onclick: () => edit() })] : [],
    }),
    h('div.panel.flush', {}, table({
      label: '社团', testid: 'club-table', rows: items, none: empty('还没有社团。', ''),
      rowTestid: (one) => `club-row-${one.id}`, rowOff: (one) => one.closed,
      columns: [
        { name: '社团', lead: true, cell: (one) => [h('a.strong', { href: `#/clubs/${one.id}` }, one.name), one.closed && badge('不再收人'), h('div.small.soft', one.aim)] },
        { name: '活动地点', cell: (one) => one.place_text ?? badge('还没有地点', 'warn') },
        { name: '指导', cell: (one) => one.lead_name ?? '' },
        { name: '社员', right: true, cell: (one) => (one.class_id ? `${one.members} / ${one.capacity}` : '') },
      ],
    })));
}

export async function edit(club) {
  const saved = await formDialog({
    title: club ? '修改社团' : '添加社团', testid: 'club-dialog', grid: false,
    fields: [
      field({ name: 'name', label: '社团名称', value: club?.name, required: true, full: true, maxlength: '20' }),
      field({ name: 'aim', label: '做什么', value: club?.aim, required: true, full: true, maxlength: '100' }),
      club && field({ name: 'closed', label: '不再收人', type: 'checkbox', value: club.closed, full: true }),
    ],
    submit: (values) => (club ? api.put(`/api/staff/clubs/${club.id}`, values) : api.post('/api/staff/clubs', values)),
  });
  if (saved) { await reload(); tell('已保存。'); }
}
