// 学习点.

import { api } from './api.js';
import { crudPage } from './crud.js';
import { h } from './dom.js';
import { asId, field } from './form.js';

export async function page(ctx) {
  const communities = await api.list('/api/staff/communities', { signal: ctx.signal });
  const nameOf = (id) => communities.find((one) => one.id === id)?.name;
  return crudPage(ctx, {
    key: 'site',
    title: '学习点',
    noun: '学习点',
    lead: '班级在学习点上课。地址会给居民看。',
    hint: '先添加学习点，再开班。',
    path: '/api/staff/sites',
    name: (site) => site.name,
    columns: [
      { name: '名称', lead: true, cell: (site) => h('span.strong', site.name) },
      { name: '地址', cell: (site) => site.address },
      { name: '社区', cell: (site) => nameOf(site.community_id) ?? h('span.soft', '教育中心直管') },
    ],
    fields: (site) => [
      field({ name: 'name', label: '名称', value: site?.name, required: true, maxlength: '40' }),
      field({ name: 'community_id', label: '所属社区', type: 'select', value: site?.community_id ?? '', read: asId, options: [['', '教育中心直管'], ...communities.map((one) => [one.id, one.name])] }),
      field({ name: 'address', label: '地址', value: site?.address, required: true, full: true, maxlength: '100', placeholder: '写到居民找得到，比如：常沙路 8 号二楼' }),
    ],
  });
}
