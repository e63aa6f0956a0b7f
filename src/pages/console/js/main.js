// The start: who is here? Then the frame with its pages, or the way in.

import { api, remember, whenExpired } from './api.js';
import { add, h, put } from './dom.js';
import { signIn, signInOver } from './login.js';
import * as router from './router.js';
import { shell } from './shell.js';
import { button, failure, tell } from './ui.js';

const ROUTES = [
  ['/', () => import('./start.js'), 'home'],
  ['/meetings', () => import('./meetings.js'), 'meetings'],
  ['/meetings/:id', () => import('./roll.js'), 'meetings'],
  ['/tray', () => import('./tray.js'), 'tray'],
  ['/tray/look', () => import('./look.js'), 'tray'],
  ['/care', () => import('./care.js'), 'care'],
  ['/care/:id', () => import('./care_task.js'), 'care'],
  ['/calls', () => import('./calls.js'), 'calls'],
  ['/classes', () => import('./classes.js'), 'classes'],
  ['/posters/class/:id', () => import('./poster.js').then(({ ofClass }) => ({ page: ofClass })), 'meetings'],
  ['/posters/site/:id', () => import('./poster.js').then(({ ofSite }) => ({ page: ofSite })), 'sites'],
  ['/counter', () => import('./counter.js'), 'counter'],
  ['/slips/:id', () => import('./slip.js'), 'classes'],
  ['/classes/new', () => import('./class_new.js'), 'classes'],
  ['/classes/import', () => import('./classes_import.js'), 'classes'],
  ['/classes/:id', () => import('./class_page.js'), 'classes'],
  ['/classes/:id/learners', () => import('./learners.js'), 'classes'],
  ['/classes/:id/results', () => import('./class_results.js'), 'classes'],
  ['/projects', () => import('./projects.js'), 'projects'],
  ['/projects/:id', () => import('./project_page.js'), 'projects'],
  ['/activities', () => import('./activities.js'), 'activities'],
  ['/activities/new', () => import('./activity_new.js'), 'activities'],
  ['/activities/:id', () => import('./activity_page.js'), 'activities'],
  ['/teams', () => import('./teams.js'), 'teams'],
  ['/teams/:id', () => import('./team_page.js'), 'teams'],
  ['/shifts/:id', () => import('./shift_page.js'), 'teams'],
  ['/clubs', () => import('./clubs.js'), 'clubs'],
  ['/clubs/:id', () => import('./club_page.js'), 'clubs'],
  ['/figures', () => import('./figures.js'), 'figures'],
  ['/charts', () => import('./charts.js'), 'charts'],
  ['/timetable', () => import('./timetable.js'), 'timetable'],
  ['/offers', () => import('./offers.js'), 'home'],
  ['/months', () => import('./months.js'), 'months'],
  ['/exports', () => import('./exports.js'), 'exports'],
  ['/residents', () => import('./residents.js'), 'residents'],
  ['/residents/import', () => import('./residents_import.js'), 'residents'],
  ['/residents/:id/card', () => import('./card.js'), 'residents'],
  ['/residents/:id/papers', () => import('./papers.js'), 'residents'],
  ['/pledge', () => import('./pledge.js'), 'pledge'],
  ['/terms', () => import('./terms.js'), 'terms'],
  ['/terms/:id/opening', () => import('./opening.js'), 'terms'],
  ['/terms/:id/running', () => import('./running.js'), 'terms'],
  ['/terms/:id/draw', () => import('./term_draw.js'), 'terms'],
  ['/courses', () => import('./courses.js'), 'courses'],
  ['/teachers', () => import('./teachers.js'), 'teachers'],
  ['/sites', () => import('./sites.js'), 'sites'],
  ['/communities', () => import('./communities.js'), 'communities'],
  ['/holidays', () => import('./holidays.js'), 'holidays'],
  ['/news', () => import('./news_list.js'), 'news'],
  ['/news/new', () => import('./news_edit.js'), 'news'],
  ['/news/calendar', () => import('./news_calendar.js'), 'news'],
  ['/news/issue', () => import('./news_issue.js'), 'news'],
  ['/news/figures', () => import('./news_figures.js'), 'ledger'],
  ['/news/words', () => import('./news_terms.js'), 'news'],
  ['/news/:id', () => import('./news_page.js'), 'news'],
  ['/news/:id/edit', () => import('./news_edit.js'), 'news'],
  ['/ledger', () => import('./ledger.js'), 'ledger'],
  ['/ledger/outlets', () => import('./ledger_outlets.js'), 'ledger'],
  ['/wechat', () => import('./wechat.js'), 'wechat'],
  ['/desk', () => import('./desk.js'), 'desk'],
  ['/desk/:id', () => import('./desk_thread.js'), 'desk'],
  ['/checks', () => import('./checks.js'), 'checks'],
  ['/jobs', () => import('./jobs.js'), 'jobs'],
  ['/logins', () => import('./logins.js'), 'logins'],
  ['/me', () => import('./me.js'), 'me'],
];

const app = document.getElementById('app');

async function boot() {
  try {
    const about = await api.get('/api/about');
    let me = null;
    try {
      me = await api.get('/api/staff/session');
    } catch (error) {
      if (error.status !== 401) throw error;
    }
    if (me) enter(about, me); else ask(about);
  } catch (error) {
    put(app, h('main.content.stack', {}, h('h1', '工作台打不开'), failure(error),
      h('div', {}, button('再试一次', { main: true, onclick: boot }))));
  }
}

function ask(about) {
  router.stop();
  remember(null);
  whenExpired(null);
  document.title = '登录 · 尚学';
  put(app, signIn(about, (me) => enter(about, me)));
  app.querySelector('input')?.focus();
}

function enter(about, me) {
  remember(me);
  whenExpired(async () => {
    const again = await signInOver(me);
    if (!again) {
      ask(about);
      return false;
    }
    if (again.id !== me.id) {
      location.reload();
      return false;
    }
    remember(again);
    return true;
  });
  const leave = async () => {
    if (!(await router.mayLeave())) return;
    await api.delete('/api/staff/session', { again: false }).catch((error) => {
      if (error.status !== 401) throw error;
    });
    history.replaceState(null, '', '#/');
    ask(about);
    tell('已退出。');
  };
  const { element, outlet, mark } = shell({ about, me, leave });
  add(put(app), element);
  router.start(ROUTES, { outlet, onShown: mark, base: { me, about } });
}

boot();
