// 学期.

import { badge } from './ui.js';
import { crudPage } from './crud.js';
import { field } from './form.js';
import { h } from './dom.js';
import * as time from './time.js';

const PHASES = { before: ['报名未开始', 'info'], open: ['报名中', 'ok'], closed: ['报名已结束', ''] };

/** Where a term's enrolment stands; computed here when the server did not say. */
export function phaseBadge(term) {
  const now = new Date().toISOString();
  const phase = term.phase ?? (now < new Date(term.enrolment_opens_at).toISOString() ? 'before' : now < new Date(term.enrolment_closes_at).toISOString() ? 'open' : 'closed');
  return badge(...PHASES[phase]);
}

export const page = (ctx) => crudPage(ctx, {
  key: 'term',
  title: '学期',
  noun: '学期',
  lead: '学期里开班。报名只在开放时间内进行。',
  hint: '先建一个学期，再开班。',
  path: '/api/staff/terms',
  wide: true,
  name: (term) => term.name,
  columns: [
    { name: '名称', lead: true, cell: (term) => h('span.strong.nowrap', term.name) },
    { name: '上课', cell: (term) => span(time.dayText(term.first_day), time.dayText(term.last_day)) },
    { name: '报名', cell: (term) => [h('div', {}, phaseBadge(term)), h('div.small.soft', {}, span(time.spoken(term.enrolment_opens_at), time.spoken(term.enrolment_closes_at)))] },
    { name: '规则', cell: (term) => [h('div.nowrap', `每人最多 ${term.max_classes_per_person} 个班`), h('div.nowrap', `满 ${term.min_age} 岁`), term.pledge_needed && h('div.nowrap', '要签承诺书'), h('div.nowrap', `${term.relative_from_age} 岁起要家人同意`), term.held_percent > 0 && h('div.small.soft.nowrap', `窗口留 ${term.held_percent}%，${term.held_hours} 小时`)] },
    { name: '查看', cell: (term) => h('div.stack.tight', {}, views(term)) },
  ],
  fields: (term) => (term ? fields(term) : proposed(fields())),
});

/** Of a new term: sixteen weeks, and sign-up until the end of the fourth. */
function proposed(all) {
  const one = (name) => all.find((of) => of.name === name).input;
  const first = one('first_day');
  first.addEventListener('change', () => {
    if (!first.value) return;
    const after = (days) => time.day(new Date(Date.parse(`${first.value}T12:00:00+08:00`) + days * 86_400_000).toISOString());
    if (!one('last_day').value) one('last_day').value = after(16 * 7 - 1);
    if (!one('enrolment_closes_at').value) one('enrolment_closes_at').value = `${after(4 * 7 - 1)}T17:00`;
  });
  return all;
}

const fields = (term) => [
  field({ name: 'name', label: '学期名称', value: term?.name, required: true, full: true, placeholder: '2027 年春季学期', maxlength: '40' }),
  field({ name: 'first_day', label: '第一天', type: 'date', value: term?.first_day, required: true }),
  field({ name: 'last_day', label: '最后一天', type: 'date', value: term?.last_day, required: true }),
  field({ name: 'enrolment_opens_at', label: '报名开始', type: 'datetime-local', value: term && time.toInput(term.enrolment_opens_at), required: true, read: readTime }),
  field({ name: 'enrolment_closes_at', label: '报名结束', type: 'datetime-local', value: term && time.toInput(term.enrolment_closes_at), required: true, read: readTime }),
  field({ name: 'max_classes_per_person', label: '每人最多报几个班', type: 'number', value: term?.max_classes_per_person ?? 3, required: true, min: '1', max: '20', inputmode: 'numeric' }),
  field({ name: 'min_age', label: '最低年龄', type: 'number', value: term?.min_age ?? 50, required: true, min: '0', max: '120', inputmode: 'numeric', hint: '按学期第一天算。课程可以另定。' }),
  field({ name: 'held_percent', label: '留给窗口和电话的百分比', type: 'number', value: term?.held_percent ?? 20, required: true, min: '0', max: '100', inputmode: 'numeric', hint: '只能由工作人员报。班级可以另定。' }),
  field({ name: 'held_hours', label: '留多少小时', type: 'number', value: term?.held_hours ?? 24, required: true, min: '0', max: '1440', inputmode: 'numeric', hint: '从报名开始算。到时自动放出，先给候补的人。' }),
  field({ name: 'relative_from_age', label: '几岁起要家人同意', type: 'number', value: term?.relative_from_age ?? 80, required: true, min: '0', max: '120', inputmode: 'numeric', hint: '按学期第一天算。不要求就填 120。' }),
  field({ name: 'min_percent', label: '最低开班人数：名额的百分之几', type: 'number', value: term?.min_percent ?? 60, required: true, min: '0', max: '100', inputmode: 'numeric' }),
  field({ name: 'min_people', label: '或者几个人', type: 'number', value: term?.min_people ?? 15, required: true, min: '0', max: '500', inputmode: 'numeric', hint: '两个里按少的算。班级可以另定。' }),
  field({ name: 'decide_days', label: '开学前几天看人数', type: 'number', value: term?.decide_days ?? 3, required: true, min: '0', max: '60', inputmode: 'numeric', hint: '那天早上 8 点列出人数不够的班，由您决定开不开。' }),
  field({ name: 'offer_hours', label: '候补到的名额，保留几小时', type: 'number', value: term?.offer_hours ?? 24, required: true, min: '1', max: '240', inputmode: 'numeric', hint: '过时没确认，就问下一位。学习点和班级可以另定。' }),
  field({ name: 'offer_daytime_hours', label: '其中白天至少几小时', type: 'number', value: term?.offer_daytime_hours ?? 12, required: true, min: '0', max: '120', inputmode: 'numeric', hint: '白天：8 点到 20 点。夜里不算。' }),
  field({ name: 'change_days', label: '开学几天内可以换班', type: 'number', value: term?.change_days ?? 14, required: true, min: '0', max: '366', inputmode: 'numeric' }),
  field({ name: 'free_days', label: '开学几天内退课不用写原因', type: 'number', value: term?.free_days ?? 14, required: true, min: '0', max: '366', inputmode: 'numeric' }),
  field({ name: 'travel_minutes', label: '两处上课，至少隔几分钟', type: 'number', value: term?.travel_minutes ?? 15, required: true, min: '0', max: '240', inputmode: 'numeric', hint: '不到这么久，报名时提醒。' }),
  field({ name: 'completion_percent', label: '结业要上满百分之几的学时', type: 'number', value: term?.completion_percent ?? 70, required: true, min: '0', max: '100', inputmode: 'numeric' }),
  field({ name: 'credit_hours', label: '多少学时算 1 个学分', type: 'number', value: term?.credit_hours ?? 16, required: true, min: '1', max: '1000', inputmode: 'numeric', hint: '结业的班才算学分。' }),
  field({ name: 'remind_before_at', label: '上课前一天几点提醒', type: 'time', value: term ? hour(term.remind_before_at) : '18:00', min: '08:00', max: '20:00', read: readMinute, hint: '不提醒就空着。8:00 到 20:00。' }),
  field({ name: 'remind_on_day_at', label: '上课当天几点提醒', type: 'time', value: term ? hour(term.remind_on_day_at) : '07:30', min: '06:00', max: '12:00', read: readMinute, hint: '不提醒就空着。6:00 到 12:00。' }),
  field({ name: 'pass_needed', label: '结业还要老师说通过', type: 'checkbox', value: term?.pass_needed ?? true, full: true, hint: '不打勾就只看学时。' }),
  field({ name: 'pledge_needed', label: '报名前要签承诺书', type: 'checkbox', value: term?.pledge_needed, full: true, hint: '承诺书在“承诺书”里写。' }),
  field({ name: 'travel_refused', label: '两处上课、路上来不及的，不让报', type: 'checkbox', value: term?.travel_refused, full: true, hint: '不打勾就只提醒。' }),
];

const VIEWS = [['opening', '报名实况', 'opening'], ['running', '开班情况', 'running'], ['draw', '志愿和摇号', 'term-draw']];

const views = ({ id }) => VIEWS.map(([path, text, name]) => h('a.nowrap', { href: `#/terms/${id}/${path}`, testid: `${name}-${id}` }, text));

const span = (from, to) => [h('div.nowrap', `${from} 起`), h('div.nowrap', `${to} 止`)];

const hour = (minute) => (minute == null ? '' : new Date(minute * 60_000).toISOString().slice(11, 16));

const readMinute = (text) => (text ? time.inputToMinute(text) : null);

const readTime = (text) => (text ? time.fromInput(text) : null);
