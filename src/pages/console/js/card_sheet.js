// 全班学员卡: the cards of a class, four on a sheet, to be cut apart.

import { api } from './api.js';
import { sheet } from './card.js';
import { classHead } from './class_page.js';
import { h, put, say } from './dom.js';
import { alertBox, button, empty } from './ui.js';

const EACH = 4;

export async function page({ about, params, signal }) {
  const [one, learners] = await Promise.all([
    api.get(`/api/staff/classes/${params.id}`, { signal }),
    api.list(`/api/staff/classes/${params.id}/enrolments`, { signal }),
  ]);
  const placed = learners.filter((learner) => learner.status === 'placed');
  const state = h('p', { role: 'status', testid: 'cards-state' });
  const meter = h('progress', { max: String(Math.max(1, placed.length)), value: '0', 'aria-label': '做到哪里了' });
  const print = button('打印', { main: true, testid: 'cards-print', disabled: true, onclick: () => { window.print(); } });
  const place = h('div.card-sheets');
  const make = async () => {
    const cards = [];
    const failed = [];
    for (const [nth, learner] of placed.entries()) {
      if (signal.aborted) return;
      say(state, `正在做第 ${nth + 1} 张，共 ${placed.length} 张。`);
      try { cards.push(await api.post(`/api/staff/residents/${learner.resident_id}/card`, null, { signal })); } catch (error) {
        if (error.name === 'AbortError') return;
        failed.push(`${learner.name}：${error.message}`);
      }
      meter.value = nth + 1;
    }
    meter.hidden = true;
    const sheets = Array.from({ length: Math.ceil(cards.length / EACH) }, (_, nth) => cards.slice(nth * EACH, (nth + 1) * EACH));
    put(place, sheets.map((some) => h('div.card-sheet', {}, some.map((card) => sheet(card, about)))));
    say(state, `做好了 ${cards.length} 张，要 ${sheets.length} 张 A4 纸。沿虚线剪开，交给本人。谁打印过，会记下来。`);
    if (failed.length) place.before(alertBox('warn', h('p', '这几张没有做成：'), h('ul', failed.map((words) => h('li', words)))));
    print.disabled = cards.length === 0;
  };
  if (placed.length) make();
  return h('div.page', {},
    classHead(one, [print]),
    placed.length ? h('section.panel.stack', { 'aria-label': '全班学员卡' }, state, meter, place) : h('div.panel.flush', {}, empty('这个班还没有学员。', '有人报名以后，再来打印。')));
}
