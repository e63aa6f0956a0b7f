// One shift: who came, when they went, and how long that was.

import { api } from './api.js';
import { h } from './dom.js';
import { askReason, field, formDialog } from './form.js';
import { reload } from './router.js';
import { spent } from './team_page.js';
import { badge, button, empty, pageHead, table, tell } from './ui.js';

export async function page({ me, params, signal }) {
  const one = await api.get(`/api/staff/shifts/${params.id}`, { signal });
  const { shift } = one;
  return h('div.page', {},
    pageHead({
      title: shift.name, lead: `${one.team_name} · ${shift.site_name} ${shift.room} · ${shift.task}`,
      back: { href: `#/teams/${one.team_id}`, text: one.team_name },
      badges: [' ', shift.status === 'cancelled' ? badge('已取消', 'bad') : shift.over ? badge('做完了') : badge(`报名 ${shift.taken} / ${shift.capacity}`, 'ok')],
      actions: shift.status === 'open' && !shift.over && me.role !== 'teacher' ? [button('取消服务', { danger: true, testid: 'shift-cancel', onclick: () => cancel(shift) })] : [],
    }),
    one.meetings.map((meeting) => section(meeting)));
}

function section(meeting) {
  const open = meeting.people.some((row) => row.minutes == null && row.went_text);
  return h('section.panel.flush', { 'aria-label': meeting.time_text, testid: `shift-meeting-${meeting.id}` },
    h('div.panel-head', {}, h('h2', `${meeting.time_text}–${meeting.until_text}`),
      h('div.row', {},
        h('a.button', { href: `#/meetings/${meeting.id}`, testid: 'shift-roll' }, '签到码、名单'),
        meeting.over && open && button('按签到签退核定', { main: true, testid: 'settle', onclick: () => settle(meeting) }))),
    h('p.pad.small.soft', '来的时候扫码签到，走的时候再扫一次签退。路上的时间不算。没有签退的，请问过本人再填时长。'),
    table({
      label: '服务时长', testid: 'service-table', rows: meeting.people, none: empty('还没有人报名。', ''),
      rowTestid: (row) => `service-row-${row.resident_id}`,
      columns: [
        { name: '姓名', lead: true, cell: (row) => [h('div.strong', row.name), h('div.small.soft', row.learner_number)] },
        { name: '签到', cell: (row) => row.came_text ?? '' },
        { name: '签退', cell: (row) => row.went_text ?? (row.came_text ? badge('没有签退', 'warn') : '') },
        { name: '时长', right: true, cell: (row) => (row.minutes == null ? h('span.soft', '没有核定') : h('span.strong', spent(row.minutes))) },
        { name: '更正', cell: (row) => row.reason && [h('div', row.reason), h('div.small.soft', row.corrected_by)] },
        { name: '', acts: true, cell: (row) => button(row.minutes == null ? '填时长' : '更正', { quiet: true, about: row.name, testid: `correct-${row.resident_id}`, onclick: () => correct(meeting, row) }) },
      ],
    }));
}

async function settle(meeting) {
  const { settled } = await api.post(`/api/staff/shift-meetings/${meeting.id}/settle`, {});
  await reload();
  tell(`核定了 ${settled} 人。公示 7 天以后计入星级。`);
}

async function correct(meeting, row) {
  const saved = await formDialog({
    title: `${row.name}的服务时长`, testid: 'correct-dialog', grid: false,
    intro: row.minutes == null ? '没有签退的，问过本人再填。' : `现在是 ${spent(row.minutes)}。改了以后，重新公示 7 天。`,
    fields: [
      field({ name: 'minutes', label: '多少分钟', type: 'number', value: row.minutes, required: true, full: true, min: '0', max: '1440', inputmode: 'numeric', hint: '2 小时是 120 分钟。' }),
      field({ name: 'reason', label: '原因', type: 'textarea', rows: '2', required: true, full: true, maxlength: '200' }),
    ],
    submit: (values) => api.put(`/api/staff/shift-meetings/${meeting.id}/service/${row.resident_id}`, { ...values, was: row.minutes ?? null }).then(() => true),
  });
  if (saved) { await reload(); tell('记下了。'); }
}

async function cancel(shift) {
  const gone = await askReason({
    title: `取消“${shift.name}”？`, intro: ['取消以后不能恢复。报了名的人会收到通知。'], offers: ['天气原因', '课程取消了'], submitText: '取消服务', danger: true,
    submit: ({ reason }) => api.post(`/api/staff/classes/${shift.id}/cancel`, { reason }),
  });
  if (gone) { await reload(); tell('取消了。'); }
}
