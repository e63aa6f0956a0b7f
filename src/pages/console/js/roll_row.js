// One person on the roll: three answers, of which one may stand, and how it came about.

import { api } from './api.js';
import { h, put, say } from './dom.js';
import { askReason } from './form.js';
import { nod } from './presence.js';
import * as time from './time.js';
import { badge, button, dialog, empty, failure, tell } from './ui.js';

const STATUS = { present: '出勤', absent: '缺席', leave: '请假' };
const KINDS = { present: 'ok', absent: 'bad', leave: 'info' };
const WAYS = { code: '扫码', card: '学员卡', roll: '点名', leave: '本人请假', poster: '海报' };
const OFFERS = { present: ['到了，没带手机', '到了，手机扫不了', '刚才登记错了'], absent: ['没有来', '刚才登记错了'], leave: ['本人来电话请假', '家人代为请假', '刚才登记错了'] };

export function rollRow(first, { meeting, changed }) {
  let row = first;
  const detail = h('span.soft.small');
  const buttons = Object.keys(STATUS).map((status) => button(STATUS[status], {
    testid: `roll-${status}-${row.resident_id}`,
    'aria-pressed': 'false',
    about: row.name,
    onclick: () => choose(status),
  }));
  const nodding = button('点头', { main: true, about: row.name, hidden: true, testid: `nod-${row.resident_id}`, onclick: async () => { await nod(meeting.id, [row.resident_id]); await changed(); } });
  const monitor = h('span.badge.info', { hidden: true }, '班长');
  const guest = h('span.badge.info', { hidden: true }, '旁听');
  const history = button('记录', { quiet: true, about: row.name, testid: `roll-history-${row.resident_id}`, onclick: () => { showHistory(meeting, row); } });
  const element = h('li.roll-row', { testid: `roll-row-${row.resident_id}` },
    h('div.person', {}, h('div.row.tight', {}, h('span.strong', row.name), h('span.soft.small.numbers', row.learner_number), monitor, guest), detail, h('div', {}, nodding)),
    h('div.answers', { role: 'group', 'aria-label': `${row.name}的出勤` }, buttons),
    history);

  function show() {
    element.dataset.status = row.status ?? '';
    nodding.hidden = !row.claimed_text;
    monitor.hidden = !row.monitor;
    guest.hidden = !row.guest;
    const claimed = row.claimed_text && `${without(row.claimed_text, meeting)} 扫了海报，等点头`;
    say(detail, [row.status ? how(row, meeting) : !claimed && '还没登记', claimed].filter(Boolean).join(' · '));
    Object.keys(STATUS).forEach((status, index) => {
      buttons[index].setAttribute('aria-pressed', String(row.status === status));
      if (meeting.status === 'cancelled') buttons[index].disabled = true;
    });
  }

  async function choose(status) {
    if (row.status === status) return;
    if (row.status) {
      await withReason(status);
      return;
    }
    try {
      await send({ status });
    } catch (error) {
      // Somebody, or the person's own scan, was faster.
      if (error.code !== 'reason_needed') throw error;
      await changed();
      await withReason(status);
    }
  }

  async function withReason(status) {
    const from = row.status ? `现在是“${STATUS[row.status]}”，` : '';
    const done = await askReason({
      title: `把${row.name}改为“${STATUS[status]}”`,
      intro: [`${from}改动要写原因，会留在记录里。`],
      offers: OFFERS[status],
      submitText: `改为${STATUS[status]}`,
      submit: (values) => send({ status, reason: values.reason }),
    });
    if (done) tell(`${row.name}：${STATUS[status]}。`);
  }

  async function send(body) {
    row = await api.put(`/api/staff/meetings/${meeting.id}/roll/${row.resident_id}`, body);
    show();
    await changed();
    return row;
  }

  show();
  return {
    element,
    update(fresh) {
      row = fresh;
      show();
    },
  };
}

/** A time, without the day where it is the meeting's own. */
const without = (text, meeting) => text.replace(time.dayText(time.day(meeting.starts_at)), '');

/** `扫码 8:55 · 2 学时`. */
function how(row, meeting) {
  const when = without(row.time_text ?? '', meeting);
  const hours = row.status === 'present' && row.hours_hundredths ? `${time.hours(row.hours_hundredths)} 学时` : '';
  return [`${WAYS[row.way] ?? ''} ${when}`.trim(), hours, row.reason].filter(Boolean).join(' · ');
}

function showHistory(meeting, row) {
  return dialog({
    title: `${row.name}的登记记录`,
    testid: 'history-dialog',
    content: (close) => {
      const place = h('div', { 'aria-live': 'polite' }, h('p.soft', '正在打开…'));
      api.list(`/api/staff/meetings/${meeting.id}/roll/${row.resident_id}/events`).then((events) => put(place, events.length
        ? h('ol.history', events.map((event) => h('li', {},
          h('div.row.tight', {}, event.status ? badge(STATUS[event.status], KINDS[event.status]) : badge('取消请假'), h('span', `${event.actor} · ${WAYS[event.way] ?? event.way}`)),
          h('div.small.soft', [event.time_text, event.nodded_text && `${event.nodded_text}点头`, event.received_text && `${event.received_text}送到`, event.device_text && `手机上是 ${event.device_text}，已改正`, event.device && `设备 ${event.device.slice(0, 6)}`].filter(Boolean).join(' · ')),
          event.reason && h('div', `原因：${event.reason}`))))
        : empty('还没有记录。', '签到或登记以后，会写在这里。')), (error) => put(place, failure(error)));
      return [place, h('div.form-end', {}, button('关闭', { onclick: () => close() }))];
    },
  });
}
