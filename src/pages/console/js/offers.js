// 待确认的名额: places that are offered and not answered. A call before they lapse helps most.

import { api } from './api.js';
import { h } from './dom.js';
import { listView } from './list_view.js';
import { badge, button, dialog, empty, pageHead } from './ui.js';

/** Less than this is soon. */
const SOON_MS = 6 * 3600_000;

export async function page(ctx) {
  const rows = await api.list('/api/staff/offers', { signal: ctx.signal });
  const list = listView({
    ctx,
    label: '待确认的名额',
    testid: 'offer-table',
    rows,
    rowTestid: (row) => `offer-row-${row.enrolment_id}`,
    words: rows.length > 8 && { placeholder: '姓名或班级' },
    none: empty('没有等人确认的名额。', '候补的人轮到了，会在这里等他们点头；到期没点，就问下一位。'),
    columns: [
      { name: '姓名', lead: true, cell: (row) => [h('span.strong', row.name), h('div.small.soft.numbers', row.learner_number)] },
      { name: '电话', fixed: true, cell: (row) => h('span.numbers', row.phone_masked ?? '没留电话') },
      { name: '班级', cell: (row) => h('a', { href: `#/classes/${row.class_id}/learners` }, row.class_name) },
      { name: '到期', sort: (row) => row.expires_at ?? '', cell: (row) => [h('span.numbers', row.expires_text), soon(row) && h('span', {}, ' ', badge('快到期了', 'warn'))] },
      { name: '', acts: true, cell: (row) => row.phone_masked && button('看电话', { quiet: true, about: row.name, testid: `offer-phone-${row.enrolment_id}`, onclick: () => number(row) }) },
    ],
  });
  return h('div.page', {},
    pageHead({ title: '待确认的名额', lead: '轮到候补的人，还没有点“要”或“不要”。打个电话提醒一声，名额就不会白等。', back: { href: '#/', text: '首页' } }),
    list.element);
}

const soon = (row) => row.expires_at && new Date(row.expires_at).getTime() - Date.now() < SOON_MS;

async function number(row) {
  const { phone } = await api.post(`/api/staff/residents/${row.resident_id}/phone/reveal`, {});
  await dialog({ title: row.name, testid: 'offer-dialog', content: (close) => [
    h('p', {}, h('a.strong.numbers', { href: `tel:${phone}` }, phone)),
    h('p', `“${row.class_name}”有一个名额留给您，到${row.expires_text}。要的话，请在手机上确认，或者现在告诉我。`),
    h('p.soft', '谁在什么时候看过，会记下来。'),
    h('div.row', {}, button('关闭', { onclick: () => close(true) }))] });
}
