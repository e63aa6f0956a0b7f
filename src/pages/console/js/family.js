// 家人: who acts for a resident, entered after a call or from a signed paper, and ended at once.

import { api } from './api.js';
import { h, put } from './dom.js';
import { field, formDialog } from './form.js';
import { button, dialog, empty, table, tell } from './ui.js';

const RELATIONS = [['daughter', '女儿'], ['son', '儿子'], ['grandchild', '孙子、孙女'], ['spouse', '老伴'], ['other', '别的家人']];
const WAYS = [['phone', '打电话问过本人'], ['paper', '本人签了纸']];
const MAY = [['enrolment', '报名、退课、确认名额'], ['record', '看学时和到课'], ['notices', '收到本人的通知']];

export async function family(person) {
  const path = `/api/staff/residents/${person.id}/family`;
  const place = h('div.stack', { 'aria-live': 'polite' });
  const show = (view) => put(place,
    side(view.delegates, '谁替他办', '还没有家人。', '本人可以在手机“家人”页给家人看码；没有微信的，在这里登记。'),
    view.learners.length ? side(view.learners, '他替谁办') : null,
    h('p.small.soft', `学员号 ${view.learner_number}。一位学员最多 ${view.most_delegates} 位家人，一个人最多帮 ${view.most_learners} 位学员。`));
  const side = (lines, label, title, hint) => h('section', {}, h('h3', label), table({
    label,
    rows: lines,
    none: title && empty(title, hint),
    rowTestid: (one) => `family-row-${one.id}`,
    columns: [
      { name: '家人', lead: true, cell: (one) => h('span.strong', label === '谁替他办' ? `${one.relation_text}${one.name}` : one.name) },
      { name: '可以', cell: (one) => one.may_text },
      { name: '到', cell: (one) => one.until_text },
      { name: '怎样同意的', cell: (one) => one.way_text },
      { name: '', acts: true, cell: (one) => button('取消', { quiet: true, danger: true, about: one.name, testid: `family-end-${one.id}`, onclick: () => end(one) }) },
    ],
  }));
  const end = async (one) => {
    await api.post(`/api/staff/delegations/${one.id}/end`, {});
    show(await api.get(path));
    tell(`${one.name}的代办已经取消。`);
  };
  show(await api.get(path));
  await dialog({
    title: `${person.name}的家人`,
    wide: true,
    testid: 'family-dialog',
    content: (close) => [place, h('div.row', {},
      button('登记家人', { main: true, testid: 'family-enter', onclick: async () => {
        const view = await enter(person, path);
        if (view) {
          show(view);
          tell('家人已经登记，马上能办。');
        }
      } }),
      button('关闭', { onclick: () => close(true) }))],
  });
}

const enter = (person, path) => formDialog({
  title: `为${person.name}登记家人`,
  intro: ['接到电话：挂断后，拨本人留的号码回问。收到纸：看本人签字。', '家人的学员号，在家人手机“家人”页“输家人的码”下面。'],
  testid: 'family-form',
  fields: [
    field({ name: 'delegate_number', label: '家人的学员号', required: true, autocomplete: 'off', inputmode: 'numeric' }),
    field({ name: 'delegate_name', label: '家人的姓名', hint: '家人没有填过姓名时才用。', autocomplete: 'off' }),
    field({ name: 'relation', label: '是本人的', type: 'select', required: true, options: [['', '请选择'], ...RELATIONS] }),
    field({ name: 'last_day', label: '到哪天为止', type: 'date', hint: '不填就是一年。' }),
    ...MAY.map(([name, label]) => field({ name, label, type: 'checkbox', value: true })),
    field({ name: 'way', label: '怎样同意的', type: 'select', required: true, options: [['', '请选择'], ...WAYS] }),
    field({ name: 'agreed', label: '本人亲口或签字同意了', type: 'checkbox', full: true }),
  ],
  submitText: '登记',
  submit: ({ enrolment, record, notices, last_day: last, ...values }) => api.post(path, {
    ...values, last_day: last || null, may: Object.entries({ enrolment, record, notices }).filter(([, on]) => on).map(([name]) => name),
  }),
});

/** 经过: each step of an enrolment, and who took it. */
export async function history(learner) {
  const steps = await api.list(`/api/staff/enrolments/${learner.enrolment_id}/history`);
  await dialog({
    title: `${learner.name}的报名经过`,
    wide: true,
    testid: 'history-dialog',
    content: (close) => [
      table({
        label: '报名经过',
        testid: 'history',
        rows: steps,
        none: empty('没有记录。'),
        columns: [
          { name: '时间', cell: (step) => step.time_text },
          { name: '办了什么', lead: true, cell: (step) => h('span.strong', step.what) },
          { name: '谁办的', cell: (step) => step.who },
          { name: '原因', cell: (step) => step.reason ?? '' },
        ],
      }),
      h('div.row', {}, button('知道了', { main: true, onclick: () => close(true) })),
    ],
  });
}
