// The meetings of today, and those of earlier days for which something still waits.

import { h, put } from '../../js/dom.js';
import * as time from '../../js/time.js';
import { keeper } from './keeper.js';
import { standing } from './standing.js';

/** `{element, update()}` */
export function dayList(world) {
  const element = h('div.stack');
  const update = () => {
    const today = time.day();
    const waits = (day) => world.mine().filter((one) => one.day === day && !one.answer).length;
    const here = world.days.find((day) => day.day === today);
    const earlier = world.days.filter((day) => day.day !== today && (waits(day.day) || world.mine().some((one) => one.day === day.day)));
    earlier.sort((one, other) => other.day.localeCompare(one.day));
    put(element,
      h('section.stack.tight', {}, h('h1', `今天 ${time.dayText(today)}`), here ? meetings(world, here) : h('p.panel', { testid: 'no-roll' }, keeper.monitor ? '手机里没有今天的名单。您是班长、有网络的时候，会自己取。' : world.me ? '今天的名单还没取到。有网络时会自己取。' : '登录以后，名单会存到这台手机里。')),
      earlier.map((day) => h('section.stack.tight', { testid: `day-${day.day}` },
        h('h2', `${time.dayText(day.day)}${waits(day.day) ? `，还有 ${waits(day.day)} 条没传` : '，都传了'}`), meetings(world, day))),
      keeper.monitor ? h('a.button', { href: '/m/', testid: 'leave-roll' }, '回首页')
        : world.me && world.sync.reached && !world.sync.asks && h('button.button', { type: 'button', testid: 'sign-out', onclick: () => world.sync.signOut() }, '换人登录'));
  };
  return { element, update };
}

function meetings(world, day) {
  if (!day.text.meetings.length) return h('p.panel', '这一天没有您的课。');
  return h('ul.stack.tight', day.text.meetings.map((meeting) => {
    const of = world.mine().filter((one) => one.meeting === meeting.id);
    const there = meeting.learners.filter((learner) => standing(learner, of.filter((one) => one.resident_id === learner.id), day.asked_at).status === 'present').length;
    const off = meeting.status === 'cancelled';
    return h('li', {}, h('a.panel.meeting', { href: `#/${day.day}/${meeting.id}`, testid: `meeting-${meeting.id}`, 'data-open': 'meeting' },
      h('b.numbers.when', time.clockText(meeting.starts_at)),
      h('span.grow', {}, h('b', meeting.class_name), h('span.soft.small.block', `${meeting.site_name} ${meeting.room}`)),
      h('span.numbers', off ? '已停课' : `${there} / ${meeting.learners.length} 人`)));
  }));
}
