// 点名: the code and, beside it, the roll as it fills.

import { api, isGone } from './api.js';
import { codeCard } from './code.js';
import { h, put, say } from './dom.js';
import { guestsCard } from './guests.js';
import { windowBadge } from './meetings.js';
import { photosCard } from './meeting_photos.js';
import { headsCard, monitorCard } from './presence.js';
import { may } from './roles.js';
import { rollRow } from './roll_row.js';
import { scanCard } from './scan.js';
import * as time from './time.js';
import { alertBox, empty, pageHead } from './ui.js';

const REFRESH_MS = 2000;
const SLOW_MS = 5000;

export async function page(ctx) {
  const { id } = ctx.params;
  const path = `/api/staff/meetings/${id}/roll`;
  let roll = await api.get(path, { signal: ctx.signal });
  const { meeting } = roll;
  const code = codeCard({ id, title: meeting.class_name, place: `第 ${meeting.number} 次 · ${meeting.site_name} ${meeting.room}`, signal: ctx.signal });
  const present = h('b', { testid: 'roll-present-count' });
  const total = h('span', { testid: 'roll-total-count' });
  const others = h('p.soft.small');
  const stale = h('p.small.stale', { role: 'status' });
  const state = h('span');
  const bar = h('i');
  const list = h('ul.roll', { 'aria-label': '名单' });
  const rows = new Map();
  const heads = headsCard({ meeting, changed: () => refresh() });

  function show() {
    const now = roll.meeting;
    const counts = (status) => roll.items.filter((row) => row.status === status).length;
    say(present, String(roll.present));
    say(total, String(roll.total));
    bar.style.width = `${roll.total ? (roll.present / roll.total) * 100 : 0}%`;
    say(others, `缺席 ${counts('absent')}，请假 ${counts('leave')}，还没登记 ${roll.items.filter((row) => !row.status).length}`);
    put(state, windowBadge(now));
    heads.update(roll);
    code.count(roll.present, roll.total);
    if (now.status === 'cancelled') code.close('这次课停了，不用签到。');
    else if (now.window === 'open') code.open();
    else code.close(now.window === 'before' ? `还没到签到时间。${time.clockText(now.starts_at)}上课，快上课时再打开，二维码会自己出现。` : '签到已经结束。没签上的，请在名单里补登。');
    update();
  }

  function update() {
    for (const row of roll.items) {
      const known = rows.get(row.resident_id);
      if (known) known.update(row);
      else {
        const made = rollRow(row, { meeting: roll.meeting, changed: refresh });
        rows.set(row.resident_id, made);
        list.append(made.element);
      }
    }
    for (const [resident, row] of rows) {
      if (roll.items.some((one) => one.resident_id === resident)) continue;
      row.element.remove();
      rows.delete(resident);
    }
  }

  async function refresh() {
    try {
      const fresh = await api.get(path, { signal: ctx.signal });
      roll = fresh;
      show();
      say(stale, '');
      return REFRESH_MS;
    } catch (error) {
      if (isGone(error)) return false;
      say(stale, `名单暂时刷新不了，正在重试。${error.message}`);
      return SLOW_MS;
    }
  }

  show();
  const scans = scanCard({ me: ctx.me, meeting, signal: ctx.signal, changed: refresh });
  ctx.every(REFRESH_MS, async () => {
    const next = await refresh();
    if (next === REFRESH_MS) scans.again();
    return next;
  });
  return h('div.page.roll-page', {},
    pageHead({
      title: meeting.class_name,
      badges: state,
      lead: `第 ${meeting.number} 次 · ${meeting.time_text}–${time.clockText(meeting.ends_at)} · ${meeting.site_name} ${meeting.room}`,
      back: { href: time.day(meeting.starts_at) === time.day() ? '#/meetings' : `#/meetings?day=${time.day(meeting.starts_at)}`, text: '课次' },
      actions: [h('a.button', { href: `#/posters/class/${meeting.class_id}`, testid: 'class-poster' }, '签到海报'), h('a.button', { href: `#/classes/${meeting.class_id}/results`, testid: 'class-results' }, '结业'), may(ctx.me, 'enrolment') && h('a.button', { href: `#/classes/${meeting.class_id}` }, '看班级')],
    }),
    meeting.status === 'cancelled' ? alertBox('warn', h('p', '这次课已经停课。')) : null,
    h('div.roll-columns', {},
      code.element,
      h('div.stack', {},
        heads.element,
        h('section.panel.flush.roll-panel', { 'aria-label': '点名' },
          h('div.roll-head', {},
            h('div.row.spread', {}, h('p.roll-count.numbers', {}, '已到 ', present, ' / ', total, ' 人'), others),
            scans.element,
            h('div.meter', {}, h('div.bar', { 'aria-hidden': 'true' }, bar)),
            stale),
          roll.total ? list : empty('这个班还没有学员。', '有人报名以后，名单会出现在这里。')),
        meeting.status === 'cancelled' ? null : photosCard({ meeting, signal: ctx.signal }).element,
        guestsCard({ meeting, changed: refresh, signal: ctx.signal }).element,
        monitorCard({ meeting, people: () => roll.items, changed: refresh, signal: ctx.signal }))));
}
