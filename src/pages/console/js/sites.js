// 学习点.

import { api } from './api.js';
import { RESIDENCE, heldField, offerFields } from './class_page.js';
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
    wide: true,
    lead: '班级在学习点上课。地址会给居民看。',
    hint: '先添加学习点，再开班。',
    path: '/api/staff/sites',
    name: (site) => site.name,
    columns: [
      { name: '名称', lead: true, cell: (site) => h('span.strong', site.name) },
      { name: '地址', cell: (site) => site.address },
      { name: '社区', cell: (site) => nameOf(site.community_id) ?? h('span.soft', '教育中心直管') },
    ],
    extra: (site) => h('a.button.quiet', { href: `#/posters/site/${site.id}`, testid: `site-poster-${site.id}` }, '签到海报', h('span.sr', `：${site.name}`)),
    fields: (site) => [
      field({ name: 'name', label: '名称', value: site?.name, required: true, maxlength: '40' }),
      field({ name: 'community_id', label: '所属社区', type: 'select', value: site?.community_id ?? '', read: asId, options: [['', '教育中心直管'], ...communities.map((one) => [one.id, one.name])] }),
      field({ name: 'address', label: '地址', value: site?.address, required: true, full: true, maxlength: '100', placeholder: '写到居民找得到，比如：常沙路 8 号二楼' }),
      field({ name: 'residence', label: '这里的新班收谁', type: 'select', full: true, value: site?.residence ?? '', read: (value) => value || null, options: [['', '照常：有社区的先收本社区，直管的不限'], ...Object.entries(RESIDENCE)], hint: '开班以后，每个班还可以另改。' }),
      heldField(site?.held_percent),
      field({ name: 'min_people', label: '最低开班人数', type: 'number', value: site?.min_people, min: '0', max: '500', inputmode: 'numeric', hint: '空着：照学期定的。' }),
      ...offerFields(site),
    ],
  });
}
