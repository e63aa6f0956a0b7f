// Find a class: cards, narrowed by weekday, place, subject, free places and words.

import { get } from '../api.js';
import { h, icon, put, say } from '../dom.js';
import { places } from '../parts.js';

const DAYS = ['周一', '周二', '周三', '周四', '周五', '周六', '周日'];

export async function classes({ query }) {
  const { items } = await get('/classes');
  if (!items.length) return h('p.empty', {}, '现在还没有可以报名的班。请过些日子再来看看，或者打电话问问。');
  const chosen = {
    q: query.get('q') || '', weekday: query.get('weekday') || '', site: query.get('site') || '',
    subject: query.get('subject') || '', free: query.get('free') === '1',
  };
  const count = h('p.count-line', { 'data-testid': 'class-count' });
  const list = h('ul.cards', {});
  // They come after the words, and without them nothing is missing.
  const pictures = get('/course-pictures').then(({ items: all }) => new Map(all.map((one) => [one.course_id, one])), () => new Map());
  const show = () => {
    const found = items.filter((one) => fits(one, chosen));
    const words = found.length ? `共 ${found.length} 个班` : '没有合适的班。少选几个条件再看看。';
    put(count, words);
    say(words);
    put(list, found.map((one) => card(one, pictures)));
    remember(chosen);
  };
  const panel = filters(items, chosen, show);
  show();
  return [panel, count, list];
}

function fits(one, { q, weekday, site, subject, free }) {
  const words = `${one.name}${one.course_name}${one.subject}${one.teacher_name}${one.site_name}`.toLowerCase();
  return (!q || words.includes(q.trim().toLowerCase())) && (!weekday || one.weekday === Number(weekday))
    && (!site || one.site_id === Number(site)) && (!subject || one.subject === subject)
    && (!free || (one.free > 0 && one.status !== 'cancelled'));
}

/** In the address, so that “back” from a class finds the same list. */
function remember({ q, weekday, site, subject, free }) {
  const kept = Object.entries({ q, weekday, site, subject, free: free && '1' }).filter(([, value]) => value);
  const search = new URLSearchParams(kept).toString();
  history.replaceState(history.state, '', `#/classes${search && `?${search}`}`);
}

function filters(items, chosen, show) {
  const change = (name) => (event) => {
    chosen[name] = event.target.type === 'checkbox' ? event.target.checked : event.target.value;
    tell();
    show();
  };
  const select = (name, label, all, options) => h('label.field', {}, h('span', {}, label),
    h('select', { onchange: change(name), 'data-testid': `filter-${name}` },
      h('option', { value: '' }, all),
      options.map(([value, text]) => h('option', { value, selected: String(value) === chosen[name] }, text))));
  const unique = (pairs) => [...new Map(pairs).entries()];
  const summary = h('summary.button.second', { 'data-testid': 'filters' });
  const tell = () => {
    const names = [chosen.weekday && DAYS[chosen.weekday - 1], chosen.site && items.find((one) => String(one.site_id) === chosen.site)?.site_name,
      chosen.subject, chosen.free && '有名额', chosen.q && `“${chosen.q}”`].filter(Boolean);
    put(summary, icon('search'), names.length ? `已选：${names.join('、')}` : '按星期、地点、种类找');
  };
  tell();
  const clear = () => {
    history.replaceState(history.state, '', '#/classes');
    dispatchEvent(new HashChangeEvent('hashchange'));
  };
  return h('details.filters', { open: Boolean(chosen.q || chosen.weekday || chosen.site || chosen.subject || chosen.free) }, summary,
    h('div.panel', {},
      select('weekday', '星期几', '哪天都行', DAYS.map((name, index) => [index + 1, name])),
      select('site', '在哪里', '哪里都行', unique(items.map((one) => [one.site_id, one.site_name]))),
      select('subject', '学什么', '什么都行', unique(items.map((one) => [one.subject, one.subject]))),
      h('label.field', {}, h('span', {}, '班名或老师'),
        h('input', { type: 'search', value: chosen.q, oninput: change('q'), autocomplete: 'off', 'data-testid': 'filter-q' })),
      h('label.choice', {},
        h('input', { type: 'checkbox', checked: chosen.free, onchange: change('free'), 'data-testid': 'filter-free' }),
        h('span.mark', { 'aria-hidden': 'true' }), h('span', {}, '只看还有名额的')),
      h('button.button.quiet', { type: 'button', onclick: clear }, '全部重选')));
}

/** Its picture, when it is known; fetched when it comes into view. */
function picture(one, pictures) {
  const place = h('div');
  pictures.then((all) => {
    const found = all.get(one.course_id);
    if (found) put(place, h('img.class-picture', { src: found.url, alt: found.alt, width: found.width, height: found.height, loading: 'lazy', decoding: 'async', 'data-testid': 'class-picture' }));
  });
  return place;
}

function card(one, pictures) {
  return h('li', {}, h('a.card.link', { href: `#/classes/${one.id}`, 'data-testid': 'class-card', 'data-class': one.id },
    picture(one, pictures),
    h('h2', {}, one.name),
    h('p.line', {}, icon('calendar'), one.time_text),
    h('p.line', {}, icon('place'), one.site_name),
    h('p.line', {}, icon('person'), one.teacher_name),
    places(one)));
}
