// 摇号: my number, how many lots I have and why, and what came of it; and how to check it.

import { get, session } from '../api.js';
import { h, put } from '../dom.js';
import { link, note, problemBox } from '../parts.js';
import { phaseCard, phases, planned } from '../phase.js';

const KINDS = { placed: ['good', 'check'], waiting: ['plain', 'wait'], no: ['plain', 'full'] };

export async function drawPage() {
  const page = h('div.page', {});
  const load = async () => {
    const now = await phases();
    const mine = session.signedIn ? await get('/me/draw').catch((error) => error) : null;
    if (mine instanceof Error && !['no_draw', 'not_on_list', 'no_plan', 'no_term'].includes(mine.code)) throw mine;
    put(page, planned(now) ? phaseCard(now, { way: false, turned: load })
      : !mine && note('plain', 'calendar', h('p.strong', {}, '现在没有摇号。'), '有空位的班，直接报名就行。'),
      !mine ? link('登录，看我的号码', '#/login?to=%2Fdraw', 'second') : mine instanceof Error ? problemBox(mine) : own(mine),
      now && now.draw && proof(now.draw));
  };
  await load();
  return page;
}

function own(mine) {
  const won = mine.wishes.some((one) => one.outcome === 'placed');
  const over = Boolean(mine.draw.drawn_at);
  return [
    h('section.card.sum', {}, h('h2', {}, '我的号码'), h('p.figure', {}, h('strong', { 'data-testid': 'draw-number' }, mine.number)),
      h('p.small', {}, '号码是打乱了编的，别人看不出是谁。')),
    over && (won ? note('good', 'check', h('p.strong', { 'data-testid': 'draw-outcome' }, '摇中了，请去确认。'), link('去确认', '#/mine', 'main'))
      : note('warn', 'alert', h('p.strong', { 'data-testid': 'draw-outcome' }, '这次没有摇中。'), '候补有名额会通知您。下次摇号，您多签。')),
    h('section', {}, h('h2', {}, '我的签'), h('ol.cards', {}, mine.wishes.map(wish))),
  ];
}

function wish(one) {
  const [kind, mark] = KINDS[one.outcome] || KINDS.waiting;
  return h('li.card', { 'data-testid': 'lots' }, h('h3', {}, one.name),
    h('p', {}, `${one.places} 个名额，${one.people} 人想上。`),
    h('p', {}, h('strong', {}, `您有 ${one.lots} 支签`), `，箱子里一共 ${one.all_lots} 支。`),
    h('p.small', {}, one.why),
    note(kind, mark, one.outcome_text));
}

function proof(draw) {
  const file = (name, text) => h('a.textlink', { href: `/api/draws/${draw.id}/${name}`, target: '_blank', rel: 'noopener' }, text);
  return h('section', {}, h('h2', {}, '自己核对'),
    h('p', {}, `名单上有 ${draw.people} 人，${draw.frozen_text}公布。`),
    h('p', {}, `种子：${draw.seed_source}。`),
    draw.seed ? h('p', {}, '开出的是 ', h('strong', {}, draw.seed), '。') : h('p', {}, `${draw.seed_at_text}以后才知道。`),
    h('p.small', {}, '名单的指纹（SHA-256）：'), h('p.print', { 'data-testid': 'list-hash' }, draw.list_sha256),
    draw.result_sha256 && [h('p.small', {}, '结果的指纹：'), h('p.print', {}, draw.result_sha256)],
    h('p', {}, file('list.txt', '名单全文')),
    draw.result_sha256 && h('p', {}, file('result.txt', '结果全文')),
    h('p', {}, h('a.textlink', { href: 'draw-rules.txt' }, '摇号规则全文')));
}
