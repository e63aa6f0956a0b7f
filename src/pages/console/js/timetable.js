// 课表: a week, its rooms and its meetings. A meeting is moved by dragging it, or by keys; either
// way a window asks for hour and reason, and the learners are told as by every move.

import { api, query } from './api.js';
import { h, say } from './dom.js';
import { asId, askReason, field } from './form.js';
import { go, reload } from './router.js';
import * as time from './time.js';
import { alertBox, badge, empty, pageHead, tell } from './ui.js';

export async function page(ctx) {
  const { search, signal } = ctx;
  const asked = /^\d{4}-\d{2}-\d{2}$/.test(search.get('day') ?? '') ? search.get('day') : time.day();
  const week = await api.get(`/api/staff/timetable${query({ day: asked })}`, { signal });
  const sites = new Map(week.meetings.map((one) => [String(one.site_id), one.site_name]));
  const site = sites.has(search.get('site')) ? search.get('site') : '';
  const to = (day, other = site) => `#/timetable${query({ day: day === time.day() ? '' : day, site: other })}`;
  const choose = field({ name: 'day', label: '哪一周', type: 'date', value: asked, onchange: (event) => { if (event.target.value) go(to(event.target.value)); } });
  const place = field({ name: 'site', label: '学习点', type: 'select', value: site, options: [['', '全部'], ...sites], onchange: (event) => go(to(asked, event.target.value)) });
  const shown = week.meetings.filter((one) => !site || String(one.site_id) === site);
  return h('div.page.wide', {},
    pageHead({ title: '课表', lead: `${time.dayText(week.first_day)}到${time.dayText(week.last_day)}，共 ${shown.length} 次课。拖动一次课就能改期；用键盘：选中一次课按空格拿起，方向键移动，回车放下。` }),
    h('div.filters.days', {},
      h('a.button', { href: to(time.addDays(asked, -7)), testid: 'week-before' }, '上一周'), choose.element,
      h('a.button', { href: to(time.addDays(asked, 7)), testid: 'week-next' }, '下一周'),
      week.first_day > time.day() || week.last_day < time.day() ? h('a.button.quiet', { href: to(time.day()) }, '回到本周') : null,
      sites.size > 1 && place.element),
    shown.length ? grid(week, shown) : h('div.panel.flush', {}, empty('这一周没有课。', '可以看前后几周。')));
}

const DAYS = [0, 1, 2, 3, 4, 5, 6];
const overlap = (one, start, end) => one.start_minute < end && start < one.end_minute;

function grid(week, shown) {
  const days = DAYS.map((nth) => time.addDays(week.first_day, nth));
  const rooms = [...new Map(shown.map((one) => [`${one.site_id}|${one.room}`, { site_id: one.site_id, site_name: one.site_name, room: one.room }])).values()]
    .sort((one, other) => one.site_name.localeCompare(other.site_name, 'zh-CN') || one.room.localeCompare(other.room, 'zh-CN', { numeric: true }));
  const live = h('p.sr', { role: 'status', testid: 'timetable-said' });
  const cells = new Map();
  const state = { held: null, over: null };

  /** What stands in the way of a meeting at its hour in another place; the server has the last word. */
  const clash = (meeting, target) => week.meetings.find((other) => other.id !== meeting.id && other.status === 'planned' && other.day === target.day
    && overlap(other, meeting.start_minute, meeting.end_minute)
    && ((other.site_id === target.site_id && other.room === target.room) || other.teacher_id === meeting.teacher_id));
  const words = (target) => `${time.dayText(target.day)}，${target.site_name} ${target.room}`;
  const mark = (target) => {
    for (const [cell] of cells) cell.classList.remove('over', 'taken');
    state.over = target;
    if (!target || !state.held) return;
    const found = [...cells].find(([, one]) => one === target);
    found?.[0].classList.add('over');
    const wrong = clash(state.held, target);
    if (wrong) found?.[0].classList.add('taken');
    say(live, wrong ? `${words(target)}：和“${wrong.class_name}”冲突。` : `${words(target)}：可以。`);
  };
  const drop = async (target) => {
    const meeting = state.held;
    letGo();
    if (!meeting || !target || (target.day === meeting.day && target.room === meeting.room && target.site_id === meeting.site_id)) return;
    await move(meeting, target, clash(meeting, target));
  };
  const letGo = () => {
    state.held = null;
    mark(null);
    for (const card of document.querySelectorAll('.lesson[aria-pressed=true]')) card.setAttribute('aria-pressed', 'false');
  };

  const card = (meeting) => {
    // Not a button: Firefox drags none.
    const element = h('div.lesson', {
      role: 'button', tabindex: '0', testid: `lesson-${meeting.id}`, draggable: meeting.movable ? 'true' : null, 'aria-pressed': meeting.movable ? 'false' : null,
      class: ['lesson', meeting.status === 'cancelled' && 'off', meeting.movable && 'movable'].filter(Boolean).join(' '),
    }, h('span.numbers.small', `${time.clockText(meeting.starts_at)}–${time.clockText(meeting.ends_at)}`), h('span.strong', meeting.class_name), h('span.small', meeting.teacher_name), meeting.status === 'cancelled' && badge('已停课', 'bad'));
    element.addEventListener('click', () => {
      if (state.held) return;
      if (meeting.movable) move(meeting, { day: meeting.day, site_id: meeting.site_id, site_name: meeting.site_name, room: meeting.room }, null);
      else go(`#/classes/${meeting.class_id}`);
    });
    element.addEventListener('dragstart', (event) => { state.held = meeting; event.dataTransfer.effectAllowed = 'move'; event.dataTransfer.setData('text/plain', String(meeting.id)); });
    element.addEventListener('dragend', letGo);
    element.addEventListener('keydown', (event) => keys(event, element, meeting));
    return element;
  };
  const keys = (event, element, meeting) => {
    if (event.key === 'Enter' && !state.held) {
      event.preventDefault();
      element.click();
      return;
    }
    if (!meeting.movable) return;
    if (event.key === ' ' && !state.held) {
      event.preventDefault();
      state.held = meeting;
      element.setAttribute('aria-pressed', 'true');
      mark([...cells.values()].find((one) => one.day === meeting.day && one.room === meeting.room && one.site_id === meeting.site_id));
      say(live, `拿起了${meeting.class_name}。方向键移动，回车放下，Esc 不动。`);
    } else if (state.held && event.key.startsWith('Arrow')) {
      event.preventDefault();
      const all = rooms.map((room) => days.map((day) => [...cells.values()].find((one) => one.day === day && one.room === room.room && one.site_id === room.site_id)));
      const row = all.findIndex((line) => line.includes(state.over));
      const column = all[row].indexOf(state.over);
      const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      const next = all[row + down]?.[column + right];
      if (next) { mark(next); [...cells].find(([, one]) => one === next)[0].scrollIntoView({ block: 'nearest', inline: 'nearest' }); }
    } else if (state.held && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      drop(state.over);
    } else if (state.held && event.key === 'Escape') {
      event.preventDefault();
      letGo();
      say(live, '放回去了，没有改动。');
    }
  };
  const cell = (room, day) => {
    const target = { ...room, day };
    const own = shown.filter((one) => one.day === day && one.site_id === room.site_id && one.room === room.room);
    const element = h('td', { testid: `slot-${room.room}-${day}`, 'data-label': time.dayText(day) }, own.map(card));
    cells.set(element, target);
    element.addEventListener('dragover', (event) => { if (state.held) { event.preventDefault(); if (state.over !== target) mark(target); } });
    element.addEventListener('drop', (event) => { event.preventDefault(); drop(target); });
    return element;
  };
  return h('div.panel.flush', {}, live, h('div.scroll', { tabindex: '0', role: 'group', 'aria-label': '一周的课表' },
    h('table.week', { testid: 'week' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, '教室'), days.map((day) => h('th', { scope: 'col', class: day === time.day() ? 'today' : null }, time.dayText(day).replace('（', ' ').replace('）', ''))))),
      h('tbody', rooms.map((room) => h('tr', {}, h('th', { scope: 'row' }, h('span.strong', room.room), h('span.small.soft', room.site_name)), days.map((day) => cell(room, day))))))));
}

/** Asks for the hour and the reason; the learners are told. */
async function move(meeting, target, clash) {
  const sites = await api.list('/api/staff/sites');
  const clock = time.toInput(meeting.starts_at).slice(11);
  const trouble = clash ? alertBox('warn', h('p', `${time.dayText(target.day)}${time.clockText(clash.starts_at)}–${time.clockText(clash.ends_at)}${clash.teacher_id === meeting.teacher_id ? `，${clash.teacher_name}老师要上` : `，${clash.room}有`}“${clash.class_name}”。请换个时间。`)) : null;
  const moved = await askReason({
    title: `${meeting.class_name}：第 ${meeting.number} 次课改期`,
    intro: [`原来是${time.spoken(meeting.starts_at)}，${meeting.site_name} ${meeting.room}。改期后会通知这个班的学员。`, trouble].filter(Boolean),
    hint: '学员会看到这个原因。',
    offers: ['老师有事', '场地有活动', '天气不好'],
    submitText: '改期并通知学员',
    before: [
      field({ name: 'starts_at', label: '新的时间', type: 'datetime-local', value: `${target.day}T${clock}`, required: true, read: (text) => (text ? time.fromInput(text) : null) }),
      field({ name: 'room', label: '教室', value: target.room, required: true, maxlength: '40' }),
      field({ name: 'site_id', label: '学习点', type: 'select', full: true, read: asId, value: target.site_id, options: sites.map((site) => [site.id, site.name]) }),
    ],
    submit: (values) => api.post(`/api/staff/meetings/${meeting.id}/move`, values),
  });
  if (!moved) return;
  await reload();
  tell('已改期，正在通知学员。');
}
