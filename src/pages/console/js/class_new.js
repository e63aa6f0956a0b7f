// 开班.

import { api } from './api.js';
import { heldField, offerFields } from './class_page.js';
import { current } from './classes.js';
import { h } from './dom.js';
import { asId, field, form } from './form.js';
import { may } from './roles.js';
import { go } from './router.js';
import * as time from './time.js';
import { empty, pageHead, tell } from './ui.js';

const NEEDED = [['terms', '学期'], ['courses', '课程'], ['teachers', '教师'], ['sites', '学习点']];

export async function page({ me, signal }) {
  const lists = await Promise.all(NEEDED.map(([path]) => api.list(`/api/staff/${path}`, { signal })));
  // An officer opens classes at the sites of the own community.
  if (me.role === 'officer') lists[3] = lists[3].filter((site) => site.community_id === me.community?.id);
  const [terms, courses, teachers, sites] = lists;
  const head = pageHead({ title: '开班', back: { href: '#/classes', text: '班级' }, lead: '课次从学期里第一个上课日起，每周一次，放假日自动跳过。' });
  const missing = NEEDED.filter((_, index) => !lists[index].length);
  if (missing.length) {
    return h('div.page', {}, head, h('div.panel.flush', {}, empty(
      `还缺${missing.map(([, name]) => name).join('、')}。`, may(me, 'centre') ? '先添加好，再开班。' : '请教育中心先添加好。',
      ...(may(me, 'centre') ? missing.map(([path, name]) => h('a.button', { href: `#/${path}` }, `添加${name}`)) : []))));
  }
  const pick = (items) => [['', '请选择'], ...items.map((item) => [item.id, item.name])];
  const name = field({ name: 'name', label: '班级名称', required: true, maxlength: '40', placeholder: '智在指尖一班' });
  const course = field({
    name: 'course_id', label: '课程', type: 'select', required: true, read: asId, options: pick(courses),
    onchange: () => {
      const chosen = courses.find((one) => String(one.id) === course.input.value);
      if (chosen && !name.input.value.trim()) name.input.value = `${chosen.name}一班`;
    },
  });
  const fields = [
    field({ name: 'term_id', label: '学期', type: 'select', required: true, read: asId, value: (await current(signal) ?? terms.at(-1)).id, options: pick(terms) }),
    course,
    name,
    field({ name: 'teacher_id', label: '教师', type: 'select', required: true, read: asId, options: pick(teachers) }),
    field({ name: 'site_id', label: '学习点', type: 'select', required: true, read: asId, options: pick(sites) }),
    field({ name: 'room', label: '教室', required: true, maxlength: '40', placeholder: '201 教室' }),
    field({ name: 'weekday', label: '星期', type: 'select', required: true, read: asId, options: [['', '请选择'], ...[1, 2, 3, 4, 5, 6, 7].map((day) => [day, time.weekday(day)])] }),
    field({ name: 'start_minute', label: '几点开始', type: 'time', value: '09:00', required: true, read: (text) => (text ? time.inputToMinute(text) : null) }),
    field({ name: 'duration_minutes', label: '每次多少分钟', type: 'number', value: 90, required: true, min: '15', max: '480', inputmode: 'numeric', hint: '45 分钟算 1 学时。' }),
    field({ name: 'meeting_count', label: '一共几次课', type: 'number', value: 16, required: true, min: '1', max: '60', inputmode: 'numeric' }),
    field({ name: 'capacity', label: '名额', type: 'number', value: 30, required: true, min: '1', max: '500', inputmode: 'numeric' }),
    heldField(undefined, '空着：照学习点或学期定的。'),
    ...offerFields({}, '空着：照学习点或学期定的。'),
  ];
  return h('div.page', {}, head,
    h('div.panel', {}, form({
      fields,
      testid: 'class-form',
      submitText: '开班',
      submit: async (values) => {
        const made = await api.post('/api/staff/classes', values);
        go(`#/classes/${made.id}`);
        tell(`已开班，排好了 ${made.meetings?.length ?? values.meeting_count} 次课。`);
      },
    })));
}
