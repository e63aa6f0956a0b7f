// 签到: scan here, or arrive with a scanned code; then one clear answer.

import { FAMILY_CODE } from '../acting.js';
import { device, get, post } from '../api.js';
import { canScan, codeOf, expectScan, scan } from '../bridge.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, hours, link, note, problemBox, soon } from '../parts.js';
import { instead, needLogin } from '../routes.js';

export async function checkin({ query, stale }) {
  const page = h('div.page');
  const code = query.get('c');
  const wantsScan = query.get('scan') === '1';
  // Neither a reload nor “back” is to send a code twice.
  if (code || wantsScan) history.replaceState(history.state, '', '#/checkin');
  const sent = async (value) => put(page, await answer(value, page));
  if (code) {
    say('正在签到…');
    await sent(codeOf(code));
    if (!stale()) queueMicrotask(() => lead(page.firstChild));
    return page;
  }
  expectScan();
  put(page, await ready(page, sent));
  if (wantsScan && canScan()) setTimeout(() => page.querySelector('[data-testid=scan]')?.click());
  return page;
}

const scanButton = (words, sent, page) => button([icon('scan'), words], {
  kind: 'main', busy: '请对准老师屏幕上的码…', id: 'scan',
  work: async () => {
    const value = await scan();
    if (value === null) return;
    if (value === undefined) put(page, note('warn', 'alert', h('p.strong', {}, '这里扫不了码。'), '换下面的办法，一样能签到。'), byHand());
    else await sent(value);
    lead(page.firstChild);
  },
});

async function ready(page, sent) {
  const { items } = await get('/me/meetings');
  const todays = items.filter((one) => one.is_today);
  return [
    todays.length ? todays.map(todaysMeeting) : note('plain', 'calendar', h('p.strong', {}, '今天没有您的课'), '上课那天到教室再签到。'),
    canScan() ? [scanButton('扫码签到', sent, page), h('p.hint', {}, '点这里，对准老师屏幕上的码。')] : byHand(),
  ];
}

function byHand() {
  return h('section.card', {}, h('h2', {}, '怎么签到'),
    h('ol.steps', {}, h('li', {}, '打开微信，点右上角的“＋”，再点“扫一扫”。'), h('li', {}, '对准老师屏幕上的码。'), h('li', {}, '看到“已签到”就好了。')),
    h('p.hint', {}, '扫不了也没关系：告诉老师您的名字，老师可以帮您签到。'),
    link('出示学员卡，给老师扫', '#/card', 'second'));
}

function todaysMeeting(one) {
  const words = one.status === 'cancelled' ? ['warn', 'alert', '这次课取消了，不用签到。'] : {
    not_yet: ['plain', 'hours', '还没到签到时间。'], open: ['warn', 'scan', '现在可以签到。'],
    awaits_nod: ['warn', 'wait', '扫过海报了，等老师或班长点头。'], done: ['good', 'check', '已经签到了。'], closed: ['plain', 'full', '签到已经结束。'],
  }[one.check_in];
  return h('article.card', { 'data-testid': 'today-meeting' }, h('h2', {}, one.class_name),
    h('p.line', {}, icon('calendar'), one.time_text), h('p.line', {}, icon('place'), `${one.site_name} ${one.room}`),
    words && note(words[0], words[1], h('p.strong', {}, words[2])));
}

async function answer(code, page) {
  const family = FAMILY_CODE.exec(code);
  if (family) {
    instead(`/family?code=${family[1]}`);
    return null;
  }
  try {
    return result(await post('/me/check-in', { code, device: device() }));
  } catch (error) {
    if (error.status === 401) {
      needLogin(`/checkin?c=${encodeURIComponent(code)}`);
      return h('p.waiting', {}, '请稍等…');
    }
    return refused(error, code, page);
  }
}

function result(done) {
  const waits = done.outcome === 'awaits_nod';
  const title = { already_recorded: '已经签过了', awaits_nod: '等点头' }[done.outcome] || '已签到';
  say(`${title}。${done.message}`);
  return [
    h(`section.result.${waits ? 'bad' : 'good'}`, { 'data-testid': 'checkin-result', 'data-outcome': done.outcome },
      icon(waits ? 'wait' : 'check', 'huge'), h('h2', {}, title), h('p.text', {}, done.message)),
    h('article.card', {}, h('h2', {}, done.class_name), h('p.line', {}, icon('calendar'), `第 ${done.number} 次课，${done.time_text}`),
      h('p.line', {}, icon('hours'), `这次课 ${hours(done.hours_hundredths)} 学时`)),
    soon(async () => (await import('../later/near.js')).remind()),
    link('看我的学时', '#/hours', 'second'),
    link('回首页', '#/', 'second'),
  ];
}

function refused(error, code, page) {
  const sent = async (value) => {
    put(page, await answer(value, page));
    lead(page.firstChild);
  };
  // “Scan again” is done here, not on another page.
  const steps = (step) => step.page === '/checkin' && h('p.text', {}, step.text);
  return [
    h('section.result.bad', { 'data-testid': 'checkin-result', 'data-outcome': error.code || 'problem' },
      icon('alert', 'huge'), h('h2', {}, '还没有签到'), h('p.text', {}, error.message)),
    problemBox(error, { again: () => sent(code), steps, said: true }),
    canScan() && scanButton('再扫一次', sent, page),
    h('p.hint', {}, '扫不了也没关系：告诉老师您的名字，老师可以帮您签到。'),
    link('回首页', '#/', 'second'),
  ];
}
