// 活动: what is to come, one of them, and signing up for it.

import { get, newKey, post, session } from '../api.js';
import { askForMessages } from '../bridge.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, link, note, prepared, soon, withdrawal } from '../parts.js';

const LIVE = ['placed', 'offered', 'waiting'];

export async function activities() {
  const { items } = await get('/activities');
  return [
    items.length ? h('ul.cards', {}, items.map((one) => h('li', {}, card(one))))
      : h('p.empty', {}, '最近没有活动。过些日子再来看看。'),
    link([icon('person'), '社团'], '#/clubs', 'second', { 'data-testid': 'clubs-link' }),
    link([icon('check'), '志愿服务'], '#/volunteer', 'second', { 'data-testid': 'volunteer-link' }),
  ];
}

function card(one) {
  return h('a.card.link', { href: `#/activities/${one.id}`, 'data-testid': 'activity-card', 'data-activity': one.id },
    h('h2', {}, one.name),
    h('p.small', {}, one.kind_text),
    h('p.line', {}, icon('calendar'), one.time_text),
    h('p.line', {}, icon('place'), `${one.site_name} ${one.room}`),
    places(one));
}

export function places(one) {
  if (one.status === 'cancelled') return h('p.places.none', {}, icon('full'), '取消了');
  if (one.open_door) return h('p.places.free', {}, icon('check'), '不用报名，来了就能参加');
  if (one.free > 0) return h('p.places.free', {}, icon('seat'), `还有 ${one.free} 个名额`);
  return h('p.places.none', {}, icon('full'), `已满，可以候补${one.waiting > 0 ? `，${one.waiting} 人在候补` : ''}`);
}

export async function activity(route) {
  const page = h('div.page', {});
  const load = () => fill(page, route, load);
  await load();
  return page;
}

/** Where somebody stands with a class of whatever kind; null: nowhere, or a guest. */
export async function held(id) {
  if (!session.signedIn) return null;
  const { items } = await get('/me/enrolments').catch((error) => {
    if (error.status === 401 || error.code === 'not_delegated') return { items: [] };
    throw error;
  });
  return items.find((one) => one.class.id === id && LIVE.includes(one.status)) || null;
}

async function fill(page, { id, whole, setTitle }, again) {
  const one = await get(`/activities/${id}`);
  const mine = await held(one.id);
  setTitle(one.kind_text);
  put(page,
    h('h2.name', {}, one.name),
    places(one),
    h('dl.facts', {},
      fact('calendar', '时间', one.times.filter((time) => time.status === 'planned').map((time) => h('strong.line', {}, `${time.time_text}–${time.until_text}`))),
      fact('place', '地点', h('strong', {}, `${one.site_name} ${one.room}`), h('span.line', {}, one.site_address)),
      fact('person', '主讲', h('strong', {}, one.lead_name))),
    h('div.signup', {}, mine ? already(mine, again, setTitle) : joining(one, { whole, page, setTitle })),
    one.programme && h('section', {}, h('h2', {}, '做什么'), h('p.text', {}, one.programme)),
    one.times.some((time) => time.status === 'cancelled') && note('warn', 'alert', one.times.filter((time) => time.status === 'cancelled').map((time) => h('p', {}, `${time.time_text}取消了${time.note ? `：${time.note}` : '。'}`))),
    one.credited && h('p.hint', {}, '到场签到，算学时。'),
    mine?.status === 'placed' && soon(async () => (await import('./near.js')).near(one.id)));
}

const fact = (mark, name, ...words) => h('div.fact', {}, icon(mark), h('dt', {}, name), h('dd', {}, words));

function already(mine, again, setTitle) {
  const words = { placed: '您已经报名了。', waiting: '您在候补。', offered: '有名额为您留着，请去确认。' }[mine.status];
  return [
    note(mine.status === 'offered' ? 'warn' : 'good', mine.status === 'placed' ? 'check' : 'wait', h('p.strong', { 'data-testid': 'activity-mine' }, words)),
    mine.status === 'offered' && link('去确认', '#/mine', 'main'),
    mine.may.includes('withdraw') && withdrawal(mine, async () => { setTitle('活动'); await again(); say('已经退出。'); }),
  ];
}

function joining(one, { whole, page, setTitle }) {
  if (one.status === 'cancelled') return note('warn', 'alert', '这个活动取消了。', link('看看别的活动', '#/activities', 'second'));
  if (one.over) return note('plain', 'calendar', h('p.strong', {}, '这个活动已经结束'), link('看看别的活动', '#/activities', 'second'));
  if (one.open_door) return note('plain', 'check', h('p.strong', {}, '不用报名，到时候直接来。'), '到了扫码签到。没带手机，报学员号也行。');
  const key = newKey();
  const send = (waiting) => async () => {
    if (!(await prepared(whole))) return;
    await askForMessages();
    const { outcome, message } = await post(`/activities/${one.id}/enrolments`, { join_waitlist: waiting }, key);
    const title = { placed: '报名成功', waiting: '已加入候补', already: '已经报过名' }[outcome];
    setTitle(title);
    put(page,
      h('section.result.good', { 'data-testid': 'signup-result', 'data-outcome': outcome }, icon(outcome === 'waiting' ? 'wait' : 'check', 'huge'), h('h2', {}, title), h('p.text', {}, message)),
      h('h2.name', {}, one.name), h('p.line', {}, icon('calendar'), one.time_text), h('p.line', {}, icon('place'), `${one.site_name} ${one.room}`),
      link('看别的活动', '#/activities', 'second'), link('回首页', '#/', 'second'));
    say(`${title}。${message}`);
    scrollTo(0, 0);
    lead(page.firstChild);
  };
  const queue = (words) => button(words, { busy: '正在加入候补…', kind: 'main', work: send(true), id: 'join-waitlist' });
  const steps = (step) => step.page && step.page.endsWith('?join=1') && queue(step.text);
  if (one.free <= 0) return queue('加入候补');
  return button('报名', { busy: '正在报名…', kind: 'main', work: send(false), id: 'signup-button', steps, once: true });
}
