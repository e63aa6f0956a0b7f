// 学习档案: what somebody learnt here in all the years; to print, and to take along.

import { about, get, post } from '../api.js';
import { h, icon } from '../dom.js';
import { button, hours, link } from '../parts.js';

const MARKS = { completed: 'check', learning: 'book', awaits_teacher: 'wait' };
const tenths = (number) => String(number / 10);

export async function record() {
  const [one, centre] = await Promise.all([get('/me/record'), about()]);
  return [
    h('section.card.sum', { 'data-testid': 'record-sum' },
      h('h2', {}, one.name),
      h('p.small', {}, `学员号 ${one.learner_number}`),
      h('p.figure', {}, h('strong', {}, hours(one.total_hundredths)), ' 学时'),
      h('p', {}, `上课 ${one.attended} 次，${tenths(one.credits_tenths)} 学分。`),
      one.years.map(({ year, hundredths }) => h('p', { 'data-testid': 'record-year' }, `${year} 年：${hours(hundredths)} 学时（目标 ${hours(one.goal_hundredths)}）`))),
    h('h2', {}, '上过的班'),
    one.classes.length ? h('ul.lines', {}, one.classes.map(line)) : [h('p.empty', {}, '还没有上过课。上了课，就记在这里。'), link('找班级', '#/classes', 'second')],
    button('下载表格', { kind: 'second', busy: '正在准备…', id: 'record-file', work: async () => {
      const { url } = await post('/me/record/link', {});
      location.assign(url);
    } }),
    h('p.small', {}, '下载不了，请点右上角，在浏览器里打开。'),
    h('p.small', {}, `${centre.centre_name} · ${one.made_text}`),
  ];
}

function line(one) {
  const worth = one.credits_tenths ? `，${tenths(one.credits_tenths)} 学分` : '';
  return h('li.attended', { 'data-testid': 'record-class' },
    h('p', {}, h('strong', {}, one.class_name)),
    h('p.small', {}, `${one.term_name} · ${one.teacher_name}老师 · ${one.site_name}`),
    h('p', {}, `上课 ${one.attended} 次（共 ${one.meetings} 次），${hours(one.learnt_hundredths)} 学时`),
    h('p.line', {}, icon(MARKS[one.standing] || 'full'), `${one.standing_text}${worth}`),
    one.standing === 'too_few' && h('p.small', {}, `要上满 ${one.needed_percent}%，上了 ${one.percent}%。`),
    one.not_passed_for && h('p.small', {}, `老师说：${one.not_passed_for}`));
}
