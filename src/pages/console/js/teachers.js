// 教师.

import { api } from './api.js';
import { crudPage } from './crud.js';
import { h } from './dom.js';
import { asId, field } from './form.js';
import { may } from './roles.js';

const KINDS = { full_time: '专职', part_time: '兼职', volunteer: '志愿者' };

export async function page(ctx) {
  // Only an administrator sees logins; others keep the one that is set.
  const logins = may(ctx.me, 'admin') ? await api.list('/api/staff/logins', { signal: ctx.signal }) : null;
  const nameOf = (id) => logins?.find((one) => one.id === id)?.login;
  return crudPage(ctx, {
    key: 'teacher',
    title: '教师',
    noun: '教师',
    lead: '给教师配上登录账号，教师就能用手机点名。',
    hint: '先添加教师，再开班。',
    path: '/api/staff/teachers',
    name: (teacher) => teacher.name,
    columns: [
      { name: '姓名', lead: true, cell: (teacher) => h('span.strong', teacher.name) },
      { name: '类别', cell: (teacher) => KINDS[teacher.kind] ?? teacher.kind },
      { name: '登录账号', cell: (teacher) => (teacher.staff_id == null ? h('span.soft', '没有，不能自己点名') : nameOf(teacher.staff_id) ?? '有') },
    ],
    fields: (teacher) => [
      field({ name: 'name', label: '姓名', value: teacher?.name, required: true, maxlength: '20' }),
      field({ name: 'kind', label: '类别', type: 'select', value: teacher?.kind ?? 'part_time', required: true, options: Object.entries(KINDS) }),
      logins
        ? field({ name: 'staff_id', label: '登录账号', type: 'select', full: true, value: teacher?.staff_id ?? '', read: asId, hint: '先在“账号”里添加身份为教师的账号。', options: [['', '没有'], ...logins.filter((one) => one.role === 'teacher' || one.id === teacher?.staff_id).map((one) => [one.id, `${one.name}（${one.login}）`])] })
        : h('p.soft.small.full', '登录账号由管理员来配。'),
    ],
    body: (values, teacher) => ({ staff_id: teacher?.staff_id ?? null, ...values }),
  });
}
