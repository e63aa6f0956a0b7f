// 课程.

import { crudPage } from './crud.js';
import { h } from './dom.js';
import { field } from './form.js';
import { badge } from './ui.js';

const ages = (course) => {
  if (course.min_age != null && course.max_age != null) return `${course.min_age}–${course.max_age} 岁`;
  if (course.min_age != null) return `${course.min_age} 岁起`;
  if (course.max_age != null) return `${course.max_age} 岁以下（含）`;
  return '按学期规定';
};

export const page = (ctx) => crudPage(ctx, {
  key: 'course',
  title: '课程',
  noun: '课程',
  lead: '一门课程可以在每个学期开几个班。',
  hint: '先添加课程，再开班。',
  path: '/api/staff/courses',
  wide: true,
  name: (course) => course.name,
  columns: [
    { name: '课程', lead: true, cell: (course) => [h('span.strong', course.name), course.description && h('div.small.soft', course.description)] },
    { name: '类别', cell: (course) => h('span.nowrap', course.subject) },
    { name: '年龄', cell: (course) => h('span.nowrap', ages(course)) },
    { name: '智能技术', cell: (course) => (course.smart_technology ? badge('计入“智在指尖”', 'info') : '') },
  ],
  fields: (course) => [
    field({ name: 'name', label: '课程名称', value: course?.name, required: true, maxlength: '40' }),
    field({ name: 'subject', label: '类别', value: course?.subject, required: true, maxlength: '20', placeholder: '智能技术、手工、音乐…' }),
    field({ name: 'description', label: '介绍', type: 'textarea', value: course?.description, full: true, hint: '给居民看。用短句子写：学什么，要带什么。' }),
    field({ name: 'min_age', label: '最低年龄', type: 'number', value: course?.min_age, min: '0', max: '120', inputmode: 'numeric', hint: '不填就按学期的规定。' }),
    field({ name: 'max_age', label: '最高年龄', type: 'number', value: course?.max_age, min: '0', max: '120', inputmode: 'numeric', hint: '不填就不限。' }),
    field({ name: 'smart_technology', label: '智能技术课程（人次计入“智在指尖”）', type: 'checkbox', value: course?.smart_technology, full: true }),
  ],
});
