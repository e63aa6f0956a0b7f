// 社团: who practises together, what they made, where they perform.

import { get, newKey, post } from '../api.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, link, note, prepared, withdrawal } from '../parts.js';
import { held } from './activities.js';

export async function clubs() {
  const { items } = await get('/clubs');
  return [
    items.length ? h('ul.cards', {}, items.map((one) => h('li', {}, h('a.card.link', { href: `#/clubs/${one.id}`, 'data-testid': 'club-card', 'data-club': one.id },
      h('h2', {}, one.name), h('p', {}, one.aim),
      one.place_text && h('p.line', {}, icon('place'), one.place_text),
      h('p.places', {}, icon('person'), one.class_id ? `${one.members} 人` : '正在安排地点')))))
      : h('p.empty', {}, '还没有社团。'),
    link('看活动', '#/activities', 'second'),
  ];
}

export async function club(route) {
  const page = h('div.page', {});
  // From a sign-up one comes by the class, from the list by the club.
  const path = route.query.get('class') === '1' ? `/classes/${route.id}/club` : `/clubs/${route.id}`;
  const load = async () => fill(page, await get(path), { ...route, load });
  await load();
  return page;
}

async function fill(page, one, { whole, setTitle, load }) {
  const mine = one.class_id ? await held(one.class_id) : null;
  const coming = one.meetings.filter((row) => !row.over && row.status === 'planned');
  setTitle(one.name.length <= 14 ? one.name : '社团');
  put(page,
    h('h2.name', {}, one.name), h('p', {}, one.aim),
    h('dl.facts', {},
      one.place_text && fact('place', '地点', one.place_text),
      one.lead_name && fact('person', '指导', one.lead_name),
      coming.length > 0 && fact('calendar', '活动', coming.slice(0, 3).map((row) => h('strong.line', {}, `${row.time_text}–${row.until_text}`)))),
    h('div.signup', {}, mine ? already(mine, load) : joining(one, { whole, page, load })),
    one.works.length > 0 && h('section', {}, h('h2', {}, '作品'), h('ul.cards', {}, one.works.map((work) => h('li.card', { 'data-testid': 'work' },
      work.picture_url && h('img.wide', { src: work.picture_url, alt: `作品“${work.title}”`, loading: 'lazy' }),
      h('p', {}, h('strong', {}, work.title), work.author && `，${work.author}`), work.note && h('p.small', {}, work.note))))),
    one.shows.length > 0 && h('section', {}, h('h2', {}, '演出'), h('ul.lines', {}, one.shows.map((show) => h('li.attended', {},
      h('p', {}, h('strong', {}, show.title)), h('p.small', {}, `${show.day_text} · ${show.place}`), show.note && h('p.small', {}, show.note))))));
}

const fact = (mark, name, ...words) => h('div.fact', {}, icon(mark), h('dt', {}, name), h('dd', {}, words));

function already(mine, load) {
  const words = { placed: '您是社员。', waiting: '您在候补。', offered: '有名额为您留着，请去确认。' }[mine.status];
  return [note('good', 'check', h('p.strong', { 'data-testid': 'club-mine' }, words)),
    mine.status === 'offered' && link('去确认', '#/mine', 'main'),
    mine.may.includes('withdraw') && withdrawal(mine, async () => { await load(); say('已经退出。'); })];
}

function joining(one, { whole, page, load }) {
  if (one.closed) return note('plain', 'full', '这个社团不再收人了。');
  if (!one.class_id) return note('plain', 'wait', '正在安排活动地点，安排好就能加入。');
  const key = newKey();
  const send = (waiting) => async () => {
    if (!(await prepared(whole))) return;
    const { message } = await post(`/clubs/${one.id}/enrolments`, { join_waitlist: waiting }, key);
    await load();
    page.prepend(note('good', 'check', h('p.strong', { 'data-testid': 'joined' }, message)));
    say(message);
    scrollTo(0, 0);
    lead(page.firstChild);
  };
  return one.free > 0 ? button('加入', { kind: 'main', busy: '正在加入…', id: 'club-join', work: send(false) })
    : button('加入候补', { kind: 'main', busy: '正在加入候补…', id: 'club-wait', work: send(true) });
}
