// 社区.

import { crudPage } from './crud.js';
import { h } from './dom.js';
import { field } from './form.js';

export const page = (ctx) => crudPage(ctx, {
  key: 'community',
  title: '社区',
  noun: '社区',
  lead: '居民填写资料时从这里选自己的社区。',
  hint: '添加以后，居民才能选自己的社区。',
  path: '/api/staff/communities',
  name: (community) => community.name,
  columns: [{ name: '名称', lead: true, cell: (community) => h('span.strong', community.name) }],
  fields: (community) => [field({ name: 'name', label: '社区名称', value: community?.name, required: true, full: true, maxlength: '40' })],
});
