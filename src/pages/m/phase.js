// What can be done in the term now, and a countdown that goes on by itself.

import { get } from './api.js';
import { h, icon, put, say } from './dom.js';
import { link } from './parts.js';

const WAYS = {
  continuation: ['去保留名额', '#/wishes'],
  wishes: ['去填志愿', '#/wishes'],
  draw: ['看我的号码', '#/draw'],
  confirm: ['看摇号结果', '#/draw'],
};

/** Null where nothing is planned, or it cannot be known now. */
export const phases = () => get('/enrolment-phases').catch(() => null);

/** The next term, of which nothing has begun; null where none is planned, or it cannot be known now. */
export const coming = () => get('/enrolment-phases/coming').then(({ items }) => items[0] ?? null).catch(() => null);

/** Whether a term has more than first come first served. */
export const planned = (now) => Boolean(now) && now.phases.length > 1;

/** The time left, in words. */
function left(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days) return `${days} 天 ${hours} 小时 ${minutes} 分`;
  if (hours) return `${hours} 小时 ${minutes} 分 ${seconds % 60} 秒`;
  return `${minutes} 分 ${seconds % 60} 秒`;
}

/**
 * A card that stays true: when the time is up it asks what comes next. Counts by the
 * service's clock, whatever the phone's says. `turned` is told of what comes.
 */
export function phaseCard(first, { way = true, turned } = {}) {
  const card = h('section.card.lead.phase', { 'data-testid': 'phase', 'aria-label': '报名进度' });
  let timer = 0;
  const show = (now) => {
    clearInterval(timer);
    const ahead = Date.parse(now.now) - Date.now();
    const clock = h('strong', { 'data-testid': 'countdown' });
    const [text, href] = (way && WAYS[now.phase]) || [];
    card.dataset.phase = now.phase;
    put(card, h('h2', {}, now.title), h('p', {}, now.text),
      now.until && h('p.places', { role: 'timer' }, icon('wait'), h('span', {}, `${now.until_text}还有`, clock)),
      text && link(text, href, 'main', { 'data-testid': 'phase-way' }));
    if (!now.until) {
      // The result may come at any moment.
      if (now.phase === 'draw') timer = setInterval(() => again(now), 30000);
      return;
    }
    const tick = () => {
      if (timer && !card.isConnected) { clearInterval(timer); return; }
      const rest = Date.parse(now.until) - Date.now() - ahead;
      put(clock, left(rest));
      if (rest <= 0) { clearInterval(timer); again(now); }
    };
    tick();
    timer = setInterval(tick, 1000);
  };
  const again = async (before) => {
    if (!card.isConnected) { clearInterval(timer); return; }
    const now = await phases();
    if (!now) { timer = setTimeout(() => again(before), 5000); return; }
    if (now.phase === before.phase && now.until === before.until) {
      if (now.until) setTimeout(() => again(before), 1000);
      return;
    }
    show(now);
    say(`${now.title}。${now.text}`);
    if (turned) turned(now);
  };
  show(first);
  return card;
}

/** The next term: how long until it begins, and what is when. */
export function comingCard(term) {
  if (!term) return null;
  const clock = h('strong', { 'data-testid': 'coming-countdown' });
  const card = h('section.card', { 'data-testid': 'coming', 'aria-label': '下一个学期' },
    h('h2', {}, term.term_name),
    h('p.places', { role: 'timer' }, icon('wait'), h('span', {}, `${term.until_text}还有`, clock)),
    h('ul.lines', {}, term.phases.map((one) => h('li', {}, h('strong', {}, one.name), h('p.hint', {}, one.time_text)))));
  const ahead = Date.parse(term.now) - Date.now();
  const tick = () => {
    const rest = Date.parse(term.until) - Date.now() - ahead;
    put(clock, left(rest));
    if (rest > 0 && (!timer || card.isConnected)) return;
    clearInterval(timer);
    if (rest > 0) return;
    const wishes = term.phases[0].phase !== 'open';
    put(card, h('h2', {}, `${term.term_name}开始了`), link('去看看', wishes ? '#/wishes' : '#/classes', 'main'));
  };
  let timer = 0;
  tick();
  timer = setInterval(tick, 1000);
  return card;
}
