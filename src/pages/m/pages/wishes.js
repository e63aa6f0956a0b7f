// 志愿: what I would like, the dearest first; every tap is kept at once.

import { get, post, replace } from '../api.js';
import { askForMessages } from '../bridge.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, keepWord, link, note, prepared, takeWord } from '../parts.js';
import { phaseCard, phases, planned } from '../phase.js';

const RANKS = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];
const rank = (index) => `第${RANKS[index] || index + 1}志愿`;

export async function wishes() {
  const page = h('div.page', {});
  const load = async () => {
    const now = await phases();
    if (!planned(now)) {
      put(page, note('plain', 'calendar', h('p.strong', {}, '这个学期不用填志愿'), '先到先得，直接报名。'), link('找班级', '#/classes', 'main'));
      return;
    }
    const kept = now.phase === 'continuation' ? await get('/me/continuations') : null;
    const mine = await get('/me/wishes');
    put(page, takeWord(), phaseCard(now, { way: false, turned: load }),
      kept && continuations(kept.items, again), list(mine, now, again), plan(now));
  };
  /** After a change: the page anew, with a word on top that stays. */
  const again = async (words, undo) => {
    keepWord(words, undo);
    await load();
    say(words);
    lead(page.firstChild);
  };
  await load();
  return page;
}

function continuations(items, again) {
  return h('section', {}, h('h2', {}, '可以续读的班'),
    items.length ? h('ul.cards', {}, items.map(({ class: one, kept }) => h('li.card', { 'data-testid': 'continuation' },
      h('h3', {}, one.name), h('p.line', {}, icon('calendar'), one.time_text), h('p.line', {}, icon('place'), `${one.site_name} ${one.room}`),
      kept ? note('good', 'check', '名额已经为您保留。')
        : button('保留我的名额', { busy: '正在保留…', kind: 'main', id: 'keep', work: async () => { await post('/me/continuations', { class_id: one.id }); await again(`“${one.name}”的名额为您保留了。`); } }))))
      : h('p.empty', {}, '您上学期没有可以续读的班。填志愿的时候再来。'));
}

function list(mine, now, again) {
  const { items } = mine;
  const save = (next, words, undo) => async () => {
    await replace('/me/wishes', { class_ids: next.map((one) => one.id) });
    await again(words, undo);
  };
  const putBack = (one) => button('放回去', { kind: 'second', busy: '正在保存…', id: 'wish-undo', work: save(items, `“${one.name}”放回来了。`) });
  const swapped = (index, by) => {
    const next = [...items];
    [next[index], next[index + by]] = [next[index + by], next[index]];
    return next;
  };
  const row = (one, index) => h('li.card.wish', { 'data-testid': 'wish', 'data-class': one.id },
    h('p.strong', {}, rank(index)), h('h3', {}, one.name), h('p.line', {}, icon('calendar'), one.time_text), h('p.line', {}, icon('place'), one.site_name),
    mine.may_change && h('div.moves', {},
      index > 0 && button(`往前，变${rank(index - 1)}`, { kind: 'second', busy: '正在保存…', id: 'wish-up', work: save(swapped(index, -1), `“${one.name}”是${rank(index - 1)}了。`) }),
      index < items.length - 1 && button(`往后，变${rank(index + 1)}`, { kind: 'second', busy: '正在保存…', id: 'wish-down', work: save(swapped(index, 1), `“${one.name}”是${rank(index + 1)}了。`) }),
      button('去掉', { kind: 'quiet', busy: '正在保存…', id: 'wish-drop', work: save(items.filter((other) => other !== one), `已去掉“${one.name}”。`, putBack(one)) })));
  return h('section', {}, h('h2', {}, '我的志愿'),
    mine.may_change && h('p', {}, `最多填 ${mine.most} 个，最多摇中 ${mine.most_classes} 个。${mine.until_text}之前都可以改。`),
    items.length ? h('ol.cards', {}, items.map(row)) : h('p.empty', {}, '还没有填志愿。'),
    mine.may_change && items.length < mine.most && link([icon('search'), items.length ? '再加一个班' : '找班级，加到志愿'], '#/classes', 'main', { 'data-testid': 'wish-add' }),
    mine.may_change && items.length > 0 && note('good', 'check', '改动都已保存，不用再交。'),
    !mine.may_change && ['draw', 'confirm'].includes(now.phase) && link('看我的号码和结果', '#/draw', 'main'));
}

const plan = (now) => h('section', {}, h('h2', {}, `${now.term_name}怎么报名`),
  h('ol.steps', {}, now.phases.map((one) => h('li', {}, h('p.strong', {}, one.name), h('p.small', {}, one.time_text)))),
  h('a.textlink', { href: 'draw-rules.txt' }, '摇号规则全文'));

/** On the page of a class, while wishes are taken. */
export async function wishPart(one, whole) {
  const mine = await get('/me/wishes').catch(() => null);
  const at = mine ? mine.items.findIndex((other) => other.id === one.id) : -1;
  const see = link('看我的志愿', '#/wishes', at < 0 ? 'second' : 'main', { 'data-testid': 'my-wishes' });
  if (at >= 0) return [note('good', 'check', h('p.strong', {}, `这是您的${rank(at)}。`)), see];
  const add = async () => {
    if (!(await prepared(whole))) return;
    const { items } = await get('/me/wishes');
    await askForMessages(['draw', 'offered', 'placed']);
    await replace('/me/wishes', { class_ids: [...items.map((other) => other.id), one.id] });
    keepWord(`已加上“${one.name}”，是${rank(items.length)}。`);
    location.hash = '#/wishes';
  };
  return [button('加到我的志愿', { busy: '正在保存…', kind: 'main', id: 'wish-button', work: add }),
    h('p.hint', {}, '早填晚填一样。名额不够时摇号。'), mine && mine.items.length > 0 && see];
}
