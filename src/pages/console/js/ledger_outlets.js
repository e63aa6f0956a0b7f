// 媒体和分值: the papers and platforms, and what an item there is worth.

import { api } from './api.js';
import { crudPage } from './crud.js';
import { h } from './dom.js';
import { field } from './form.js';
import { reload } from './router.js';
import { badge, button, tell } from './ui.js';

/** What the plan names; the points are a beginning, for the centre to change. */
const USUAL = [['学习强国', 10], ['张家港日报', 5], ['张家港市老年报', 3]];

async function addUsual() {
  for (const [name, points] of USUAL) await api.post('/api/staff/outlets', { name, points });
  await reload();
  tell('已添加，分值请按中心的规定改。');
}

export async function page(ctx) {
  const items = await api.list('/api/staff/outlets', { signal: ctx.signal });
  const element = await crudPage(ctx, {
    key: 'outlet', title: '媒体和分值', noun: '媒体', items, path: '/api/staff/outlets',
    lead: '改了分值，所有合计都按新的算。', hint: '可以先添加计划里写的三家。',
    name: (outlet) => outlet.name, off: (outlet) => outlet.off,
    columns: [
      { name: '媒体', lead: true, cell: (outlet) => [h('span.strong', outlet.name), outlet.off && badge('不再投')] },
      { name: '录用一篇', right: true, cell: (outlet) => `${outlet.points} 分` },
    ],
    fields: (outlet) => [
      field({ name: 'name', label: '名称', value: outlet?.name, required: true, maxlength: '30' }),
      field({ name: 'points', label: '分值', type: 'number', value: outlet?.points ?? 1, required: true, min: '0', max: '1000' }),
      outlet && field({ name: 'off', label: '不再投这里', type: 'checkbox', value: outlet.off, full: true }),
    ].filter(Boolean),
  });
  if (!items.length) element.append(h('div', {}, button('添加学习强国、张家港日报、张家港市老年报', { testid: 'outlets-usual', onclick: addUsual })));
  return element;
}
