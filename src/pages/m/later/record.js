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
    one.certificates.length > 0 && h('h2', {}, '证书和证明'),
    h('ul.lines', {}, one.certificates.map(paper)),
    one.years.map(({ year }) => fetched(`开 ${year} 年的学时证明`, `statement-${year}`, '/me/statements', { year })),
    fetched('下载表格', 'record-file', '/me/record/link'),
    h('p.small', {}, '下载不了，请点右上角，在浏览器里打开。'),
    h('p.small', {}, `${centre.centre_name} · ${one.made_text}`),
  ];
}

/** The file comes by a link of its own, which any browser can open. */
const fetched = (text, id, path, body = {}) => button(text, { kind: 'second', busy: '正在准备…', id, work: async () => {
  const { url } = await post(path, body);
  location.assign(url);
} });

function paper(one) {
  return h('li.attended', { 'data-testid': 'certificate' },
    h('p', {}, h('strong', {}, one.title), ` ${one.about}`),
    h('p.small', {}, `编号 ${one.number}，${one.issued_text}`),
    one.revoked_for ? h('p.line', {}, icon('full'), `已作废：${one.revoked_for}`)
      : fetched('下载', `paper-${one.number}`, `/me/certificates/${one.number}/link`));
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
