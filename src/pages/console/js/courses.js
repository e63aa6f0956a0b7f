// 课程.

import { api } from './api.js';
import { crudPage } from './crud.js';
import { h, put } from './dom.js';
import { field, form } from './form.js';
import { reload } from './router.js';
import { badge, button, dialog, tell } from './ui.js';

const ages = (course) => {
  if (course.min_age != null && course.max_age != null) return `${course.min_age}–${course.max_age} 岁`;
  if (course.min_age != null) return `${course.min_age} 岁起`;
  if (course.max_age != null) return `${course.max_age} 岁以下（含）`;
  return '按学期规定';
};

export async function page(ctx) {
  const pictures = new Map((await api.list('/api/course-pictures', { signal: ctx.signal })).map((one) => [one.course_id, one]));
  return list(ctx, pictures);
}

const list = (ctx, pictures) => crudPage(ctx, {
  key: 'course',
  title: '课程',
  noun: '课程',
  lead: '一门课程可以在每个学期开几个班。',
  hint: '先添加课程，再开班。',
  path: '/api/staff/courses',
  wide: true,
  name: (course) => course.name,
  extra: (course) => button('图片', { quiet: true, about: course.name, testid: `course-picture-${course.id}`, onclick: () => picture(course, pictures.get(course.id)) }),
  columns: [
    { name: '图片', fixed: true, cell: (course) => pictures.has(course.id) && h('img.thumb', { src: pictures.get(course.id).url, alt: pictures.get(course.id).alt, width: '64', height: '48', loading: 'lazy' }) },
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

/** What residents see of the course where they choose a class. */
async function picture(course, now) {
  const file = h('input.input', { type: 'file', accept: 'image/jpeg,image/png', testid: 'course-picture-file', 'aria-label': '选一张图片' });
  const shown = h('div');
  if (now) put(shown, h('img', { src: now.url, alt: now.alt, width: now.width, height: now.height }));
  const done = await dialog({
    title: `“${course.name}”的图片`,
    testid: 'course-picture-dialog',
    content: (close) => [
      h('p', '居民找班级时看到。横着的照片最好；系统会缩小，并去掉照片里的位置信息。照片里有人的，请先问过本人。'),
      shown,
      form({
        grid: false,
        testid: 'course-picture-form',
        submitText: now ? '换上' : '放上',
        cancel: () => close(),
        fields: [
          { element: h('div.field', {}, h('span', { 'aria-hidden': 'true' }, '图片（JPG 或 PNG）'), file) },
          field({ name: 'alt', label: '图片上是什么', value: now?.alt, required: true, maxlength: '60', full: true, hint: '给看不见的人读。比如：几位老人围着桌子学写毛笔字。' }),
        ],
        submit: async ({ alt }) => {
          const [chosen] = file.files;
          if (!chosen) throw new Error('请先选一张图片。');
          await api.upload(`/api/staff/course-pictures/${course.id}?alt=${encodeURIComponent(alt)}`, new Blob([chosen], { type: 'application/octet-stream' }));
          close('图片放上了。');
        },
      }),
      now && button('拿掉图片', { quiet: true, danger: true, testid: 'course-picture-remove', onclick: async () => { await api.delete(`/api/staff/course-pictures/${course.id}`); close('图片拿掉了。'); } }),
    ],
  });
  if (!done) return;
  await reload();
  tell(done);
}
