// 学时: how much of the year's goal is done, and where it comes from.

import { get } from '../api.js';
import { h, icon } from '../dom.js';
import { hours, link } from '../parts.js';

const WORDS = { present: ['check', '到课'], absent: ['full', '缺课'], leave: ['wait', '请假'] };

export async function hoursPage() {
  const record = await get('/me/attendance');
  const { year_hundredths: year, goal_hundredths: goal } = record;
  const rest = goal - year;
  return [
    h('section.card.sum', { 'data-testid': 'hours-sum' },
      h('h2', {}, '今年学了'),
      h('p.figure', {}, h('strong', {}, hours(year)), ' 学时'),
      h('progress', { max: String(goal), value: Math.min(year, goal), 'aria-label': `今年的目标是 ${hours(goal)} 学时，已学 ${hours(year)} 学时` }),
      h('p', {}, rest > 0 ? `今年的目标是 ${hours(goal)} 学时，还差 ${hours(rest)} 学时。` : `今年的目标 ${hours(goal)} 学时，已经学满了！`),
      h('p.small', {}, `这个学期 ${hours(record.term_hundredths)} 学时，一共 ${hours(record.total_hundredths)} 学时。45 分钟是 1 学时。`)),
    link('学习档案', '#/record', 'second'),
    h('h2', {}, '每次课'),
    record.items.length ? h('ul.lines', {}, record.items.map(line)) : [h('p.empty', {}, '还没有上过课。签到以后，学时记在这里。'), link('找班级', '#/classes', 'second')],
  ];
}

function line(one) {
  const [mark, words] = WORDS[one.status] || WORDS.present;
  return h('li.attended', { 'data-testid': 'attendance' },
    h('p', {}, h('strong', {}, one.class_name), ` 第 ${one.number} 次`),
    h('p.small', {}, one.time_text),
    h('p.line', {}, icon(mark), one.status === 'present' ? `${words}，${hours(one.hours_hundredths)} 学时` : words));
}
