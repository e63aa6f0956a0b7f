// What the desk has to see in time: an account that falls silent, urgent articles that wait.

import { h } from './dom.js';
import { STAGE } from './news_words.js';
import { alertBox } from './ui.js';

export function silenceBox(alarms) {
  if (alarms.level === 'none') return h('p.soft', { testid: 'news-silence' }, alarms.silence_text, ' ', alarms.planned_text);
  return alertBox(alarms.level === 'now' ? 'bad' : 'warn',
    h('p.strong', { testid: 'news-silence', 'data-level': alarms.level }, alarms.silence_text),
    h('p', alarms.planned_text ?? '还没有定好下一篇。请尽快发一篇，或者定好时间。'));
}

export function urgentBox(alarms, mine) {
  if (!alarms.urgent.length) return null;
  return alertBox('bad',
    h('p.strong', '急稿在等：'),
    h('ul', alarms.urgent.map((one) => h('li', { testid: `urgent-${one.id}` },
      h('a', { href: `#/news/${one.id}` }, one.title || '（还没有标题）'), `　${one.waiting_text}`, one.next_stage && STAGE[one.next_stage] === mine ? h('span.strong', ' 请您现在就看。') : null,
      h('div.small', `原因：${one.why}`)))));
}
