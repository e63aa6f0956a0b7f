// 结业: who learnt enough, and what the teacher says.

import { api } from './api.js';
import { h } from './dom.js';
import { askReason } from './form.js';
import { reload } from './router.js';
import { may } from './roles.js';
import { hours } from './time.js';
import { alertBox, badge, button, empty, pageHead, table, tell } from './ui.js';

const KINDS = { completed: 'ok', awaits_teacher: 'warn', too_few: 'bad', not_passed: 'bad', learning: 'info', left: '' };

export async function page({ me, params, signal }) {
  const one = await api.get(`/api/staff/classes/${params.id}/results`, { signal });
  const path = `/api/staff/classes/${params.id}/results`;
  const open = one.items.filter((row) => row.passed == null && row.standing !== 'left');
  const issues = may(me, 'enrolment');
  const ready = issues ? one.items.filter((row) => row.standing === 'completed' && !row.certificate) : [];
  return h('div.page', {},
    pageHead({
      title: `${one.class_name}：结业`,
      lead: `${one.time_text} · ${one.teacher_name} · ${one.term_name}`,
      back: { href: '#/meetings', text: '今日课次' },
      actions: [one.pass_needed && open.length ? button(`其余 ${open.length} 人都通过`, { testid: 'pass-all', onclick: () => passAll(path, open.length) }) : null,
        ready.length ? button(`给 ${ready.length} 人发证书`, { main: true, testid: 'issue', onclick: () => issue(params.id) }) : null],
    }),
    alertBox('info', h('p', `上满 ${one.needed_percent}% 的学时${one.pass_needed ? '，老师说通过' : ''}，就结业。现在 ${one.completed} 人结业，共 ${one.total} 人。`)),
    h('section.panel.flush', { 'aria-label': '学员' }, table({
      label: '学员', testid: 'result-table', rows: one.items,
      none: empty('还没有学员。', ''),
      rowTestid: (row) => `result-row-${row.resident_id}`,
      rowOff: (row) => row.standing === 'left',
      columns: [
        { name: '姓名', lead: true, cell: (row) => [h('div.strong', row.name), h('div.small.soft.numbers', row.learner_number)] },
        { name: '上课', right: true, cell: (row) => `${row.attended} / ${row.meetings} 次` },
        { name: '学时', right: true, cell: (row) => `${hours(row.learnt_hundredths)} / ${hours(row.held_hundredths)}（${row.percent}%）` },
        { name: '结果', cell: (row) => [badge(row.standing_text, KINDS[row.standing]), row.credits_tenths > 0 && h('div.small', `${row.credits_tenths / 10} 学分`), row.passed != null && h('div.small', `老师：${row.passed ? '通过' : '不通过'}`), row.reason && h('div.small.soft', row.reason), row.certificate && h('div.small.numbers', `证书 ${row.certificate}`), row.certificate && row.standing !== 'completed' && badge('发了证书，现在达不到', 'bad')] },
        { name: '', acts: true, cell: (row) => [one.pass_needed && row.standing !== 'left' ? words(path, row) : null, issues && row.certificate ? papers(row) : null] },
      ],
    })));
}

function words(path, row) {
  return h('div.row', {},
    row.passed !== true && button('通过', { quiet: true, about: row.name, testid: `pass-${row.resident_id}`, onclick: () => say(path, row, true) }),
    row.passed !== false && button('不通过', { quiet: true, danger: true, about: row.name, testid: `fail-${row.resident_id}`, onclick: () => say(path, row, false) }));
}

async function say(path, row, passed) {
  const send = (values) => api.put(`${path}/${row.resident_id}`, { passed, ...values });
  if (passed && row.passed == null) await send({});
  else {
    const saved = await askReason({
      title: passed ? `${row.name}改为通过？` : `${row.name}不通过？`,
      hint: '学员会看到这个原因。', offers: passed ? ['补交了作品', '记错了'] : ['没交作品', '没参加汇报'],
      submitText: passed ? '通过' : '不通过', danger: !passed, submit: send,
    });
    if (!saved) return;
  }
  await reload();
  tell(`${row.name}：${passed ? '通过' : '不通过'}。`);
}

async function passAll(path, count) {
  await api.post(`${path}/pass-all`, {});
  await reload();
  tell(`${count} 人都通过了。学时不够的，还是不能结业。`);
}

async function issue(id) {
  const done = await api.post(`/api/staff/classes/${id}/certificates`, {});
  await reload();
  if (done.left_out.length) tell(`发了 ${done.issued} 张。打印不出来的名字：${done.left_out.map((one) => `${one.name}（${one.characters}）`).join('，')}。请联系管理员加字库。`, 'bad');
  else tell(`发了 ${done.issued} 张证书。学员在“学习档案”里自己能下载。`);
}

const papers = (row) => h('div.row', {},
  button('看证书', { quiet: true, about: row.name, testid: `paper-${row.resident_id}`, onclick: async () => {
    const { url } = await api.post(`/api/staff/certificates/${row.certificate}/link`, {});
    location.assign(url);
  } }),
  button('作废', { quiet: true, danger: true, about: row.name, testid: `revoke-${row.resident_id}`, onclick: () => revoke(row) }));

async function revoke(row) {
  const done = await askReason({
    title: `作废${row.name}的证书？`, intro: ['编号从此查出来是作废的，不能恢复。可以另发一张。'],
    hint: '学员会看到这个原因。', offers: ['姓名有误', '学时更正了'], submitText: '作废', danger: true,
    submit: (values) => api.post(`/api/staff/certificates/${row.certificate}/revoke`, values),
  });
  if (!done) return;
  await reload();
  tell(`${row.name}的证书作废了。`);
}
