// The frame: demo banner, navigation, the person, and the place for pages.

import { api } from './api.js';
import { h, put, s } from './dom.js';
import { icon } from './icons.js';
import { may, navigation } from './roles.js';
import { searchBox } from './search_box.js';
import { button } from './ui.js';

const ICONS = { projects: 'list', activities: 'today', teams: 'care', clubs: 'classes', home: 'home', meetings: 'today', tray: 'warn', counter: 'counter', classes: 'classes', residents: 'me', figures: 'term', charts: 'chart', timetable: 'term', months: 'list', exports: 'out', terms: 'term', pledge: 'news', courses: 'course', teachers: 'teacher', sites: 'site', communities: 'community', holidays: 'holiday', news: 'news', ledger: 'out', care: 'care', calls: 'clock', desk: 'desk', checks: 'checks', wechat: 'wechat', jobs: 'jobs', logins: 'logins' };

export function shell({ about, me, leave }) {
  const links = new Map();
  const link = ([key, href, text]) => {
    const element = h('a', { href, testid: `nav-${key}` }, icon(ICONS[key]), text);
    links.set(key, element);
    return element;
  };
  const nav = h('nav', { 'aria-label': '主菜单' }, navigation(me).map(([group, items]) => [
    group && h('p.group', group),
    items.map(link),
  ]));
  const account = h('a.button.quiet', { href: '#/me', testid: 'nav-me' }, '我的账号');
  links.set('me', account);
  const place = me.community?.name;
  const who = h('div.who', {},
    h('p.name', {}, h('span.strong', { testid: 'me-name' }, me.name), h('br'), h('span.soft.small', [me.role_name, place].filter(Boolean).join(' · '))),
    h('div.links', {}, account, button('退出', { quiet: true, testid: 'logout', onclick: leave })));
  const menu = h('button.button', { type: 'button', 'aria-expanded': 'false', 'aria-controls': 'folds', testid: 'menu' }, icon('menu'), '菜单');
  const side = h('header.side', {},
    h('div.side-inner', {},
      h('div.top', {}, mark(about, 'a'), menu),
      h('div.folds', { id: 'folds' }, mark(about, 'a'), searchBox({ open: () => { if (getComputedStyle(menu).display !== 'none') fold(true); } }), nav, who)));
  /** New on the way from page to page, so that nobody has to look into a list to know. */
  const counter = (key, path, words) => {
    const waiting = h('span.num.badge.warn', { hidden: true, testid: `count-${key}` });
    links.get(key)?.append(waiting);
    return async () => {
      const count = await api.get(path).then((one) => one.waiting, () => 0);
      put(waiting, String(count));
      waiting.hidden = count === 0;
      waiting.setAttribute('aria-label', `${count} ${words}`);
    };
  };
  const countDesk = counter('desk', '/api/staff/desk-count', '条等回复');
  const countChecks = counter('checks', '/api/staff/checks-count', '条等人看');
  const countCare = counter('care', '/api/staff/care-count', '人要回访');
  const countCalls = counter('calls', '/api/staff/call-count', '人要打电话');
  const countTray = counter('tray', '/api/staff/tray-count', '条要处理');
  const fold = (open) => {
    side.classList.toggle('open', open);
    menu.setAttribute('aria-expanded', String(open));
  };
  menu.addEventListener('click', () => fold(!side.classList.contains('open')));
  side.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && side.classList.contains('open')) { fold(false); menu.focus(); }
  });
  const outlet = h('main.content', { id: 'main' });
  const element = h(about.demo ? 'div.shell.has-demo' : 'div.shell', {},
    h('a.skip', { href: '#main', onclick: (event) => { event.preventDefault(); (outlet.querySelector('h1') ?? outlet).focus(); } }, '跳到正文'),
    about.demo && demoBanner(),
    side, outlet);
  element.addEventListener('desk-changed', countDesk);
  element.addEventListener('care-changed', countCare);
  element.addEventListener('calls-changed', countCalls);
  element.addEventListener('checks-changed', countChecks);
  element.addEventListener('tray-changed', countTray);
  return {
    element,
    outlet,
    /** Called with the navigation key of the page that is shown. */
    mark(key) {
      fold(false);
      if (may(me, 'enrolment')) { countCalls(); countCare(); countDesk(); countChecks(); }
      if (may(me, 'rolls')) countTray();
      for (const [name, item] of links) {
        if (name === key) item.setAttribute('aria-current', 'page'); else item.removeAttribute('aria-current');
      }
    },
  };
}

export const demoBanner = () => h('aside.demo', { testid: 'demo-banner', 'aria-label': '提示' }, '示例数据，仅供试用');

/** The name of the service and of the centre. */
export function mark(about, tag) {
  return h(`${tag}.mark`, tag === 'a' ? { href: '#/' } : {},
    emblem(), h('div', {}, h('b', '尚学'), h('span', about.centre_name)));
}

function emblem() {
  return h('img', { src: 'icon.svg', alt: '', width: '36', height: '36' });
}

/** A ring that empties; `set(0…1)`. */
export function ring(size) {
  const radius = 20;
  const length = 2 * Math.PI * radius;
  const arc = s('circle', { cx: 24, cy: 24, r: radius, class: 'ring-arc', 'stroke-dasharray': length, transform: 'rotate(-90 24 24)' });
  const element = s('svg', { viewBox: '0 0 48 48', width: size, height: size, class: 'ring', 'aria-hidden': 'true' },
    s('circle', { cx: 24, cy: 24, r: radius, class: 'ring-ground' }), arc);
  return { element, set: (part) => arc.setAttribute('stroke-dashoffset', String(length * (1 - Math.max(0, Math.min(1, part))))) };
}
