// 今日课次.

import { api, query } from './api.js';
import { h } from './dom.js';
import { field } from './form.js';
import { go } from './router.js';
import * as time from './time.js';
import { badge, empty, pageHead } from './ui.js';

export async function page(ctx) {
  const today = time.day();
  const day = /^\d{4}-\d{2}-\d{2}$/.test(ctx.search.get('day') ?? '') ? ctx.search.get('day') : today;
  const meetings = await api.list(`/api/staff/meetings${query({ day })}`, { signal: ctx.signal });
  const to = (other) => (other === today ? '#/meetings' : `#/meetings?day=${other}`);
  const choose = field({ name: 'day', label: '日期', type: 'date', value: day, onchange: (event) => { if (event.target.value) go(to(event.target.value)); } });
  return h('div.page', {},
    pageHead({
      title: day === today ? '今日课次' : `${time.dayText(day)}的课次`,
      lead: day === today ? `今天是${time.dayText(day)}。` : null,
      actions: [h('a.button', { href: 'roll/', testid: 'roll-offline' }, '手机点名（没网也能用）')],
    }),
    h('div.filters.days', {},
      h('a.button', { href: to(time.addDays(day, -1)) }, '前一天'),
      choose.element,
      h('a.button', { href: to(time.addDays(day, 1)) }, '后一天'),
      day !== today && h('a.button.quiet', { href: '#/meetings' }, '回到今天')),
    meetings.length
      ? meetingCards(meetings)
      : h('div.panel.flush', {}, empty(day === today ? '今天没有课。' : '这一天没有课。', '可以看前后几天。')),
    ctx.me.role === 'teacher' ? await myClasses(ctx.signal) : null);
}

/** A teacher's own classes, also of terms that are over: who completed them. */
async function myClasses(signal) {
  const classes = await api.list('/api/staff/kept-classes', { signal });
  return classes.length > 0 && h('section.panel.stack', { 'aria-labelledby': 'my-classes' }, h('h2', { id: 'my-classes' }, '我的班级'),
    h('ul.stack.tight', { testid: 'my-classes' }, classes.map((one) => h('li.row.spread', {},
      h('div', {}, h('span.strong', one.class_name), ' ', one.over && badge('已结束'), h('p.small.soft', `${one.term_name} · ${one.time_text}`)),
      h('a.button', { href: `#/classes/${one.class_id}/results`, testid: `results-${one.class_id}` }, '结业', h('span.sr', `：${one.class_name}`))))));
}

export function windowBadge(meeting) {
  if (meeting.status === 'cancelled') return badge('已停课', 'bad');
  return { before: badge('未到签到时间', 'info'), open: badge('正在签到', 'ok'), closed: badge('签到已结束') }[meeting.window];
}

/** `heading`: h2 where the page has no other, else h3. */
export function meetingCards(meetings, heading = 'h2') {
  return h('ul.meetings', meetings.map((meeting) => h('li.panel.meeting', { testid: `meeting-${meeting.id}` },
    h('div.when.numbers', {}, h('b', time.clockText(meeting.starts_at)), h('span', `至 ${time.clockText(meeting.ends_at)}`)),
    h('div.grow.stack.tight', {},
      h('div.row.tight', {}, h(heading, meeting.class_name), windowBadge(meeting)),
      h('p.soft', `第 ${meeting.number} 次 · ${meeting.site_name} ${meeting.room} · ${meeting.teacher_name}`)),
    h('p.heads.numbers', {}, h('b', meeting.present), ` / ${meeting.enrolled} 人到`),
    meeting.status === 'cancelled' ? null
      : h(meeting.window === 'open' ? 'a.button.main' : 'a.button', { href: `#/meetings/${meeting.id}`, testid: 'meeting-open', 'data-meeting': meeting.id },
        meeting.window === 'open' ? '签到和点名' : '看名单', h('span.sr', `：${meeting.class_name}`)))));
}
