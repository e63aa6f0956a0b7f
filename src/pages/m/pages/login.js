// 登录: the host brings a code, WeChat's browser goes and gets one; elsewhere one signs in with
// a number and a code, or finds the way into WeChat.

import { about, post, session } from '../api.js';
import { host, signInAgain } from '../bridge.js';
import { h, icon } from '../dom.js';
import { button, link, note, phoneButton, problemBox } from '../parts.js';
import { byPhone } from '../later/phone.js';
import { inside, instead } from '../routes.js';
import { signInFailure, signInSilently } from '../wechat.js';

export async function login({ query }) {
  const to = inside(query.get('to'));
  const code = query.get('code');
  // A code is good once: it stays neither in the address nor in the history.
  if (code) history.replaceState(history.state, '', `#/login?to=${encodeURIComponent(to)}`);
  else if (session.signedIn) {
    instead(to);
    return null;
  }
  return code ? enter(code, to) : explain(to);
}

async function enter(code, to) {
  try {
    const { token, me } = await post('/session', { code });
    session.begin(token, me);
  } catch (error) {
    return h('div.page', {}, problemBox(error, { again: () => retry(code, to), steps: (step) => step.page === '/login' && h('p.hint', {}, step.text) }),
      await waysIn(to));
  }
  instead(to);
  return null;
}

function retry(code, to) {
  instead(`/login?code=${encodeURIComponent(code)}&to=${encodeURIComponent(to)}`);
}

async function explain(to) {
  if (await signInSilently(to)) return h('p.waiting', {}, '正在登录…');
  const checkIn = to.startsWith('/checkin');
  const failure = signInFailure();
  return h('div.page', { 'data-testid': 'login-explanation' },
    failure && problemBox(failure, { steps: () => null }),
    checkIn && note('plain', 'scan', h('p.strong', {}, '要先登录才能签到。'), '登录以后请再扫一次。来不及的话告诉老师您的名字，老师可以帮您签到。'),
    await waysIn(to));
}

async function waysIn(to) {
  const centre = await about().catch(() => null);
  const name = centre ? `“${centre.account_name}”` : '我们的公众号';
  const wechat = host() === 'wechat';
  const where = wechat ? centre && centre.web_sign_in : host();
  const [title, words, go] = wechat ? ['请登录', '用您的微信登录，不用密码。', '登录']
    : ['请重新登录', '离上次来隔得久了，要再登录一次。不用密码。', '重新登录'];
  return [
    !where && byPhone(centre, to),
    where ? h('section.card', {}, h('h2', {}, title), h('p', {}, words),
      button(go, { kind: 'main', busy: '正在登录…', id: 'login-again', work: () => signInAgain(to) }),
      h('p.hint', {}, '没有反应的话，请关掉这个页面，再从微信里打开。'))
      : h('section.card', {}, h('h2', {}, '有微信的，用微信更方便'),
        h('p', {}, '在微信里不用登录码，也能收到上课提醒。'),
        h('ol.steps', {}, h('li', {}, '打开微信。'), h('li', {}, `找到公众号${name}。`), h('li', {}, '点下面的“报名”或者“我的”。'))),
    h('section.card', {}, h('h2', {}, '不用微信也可以'), h('p', {}, '打个电话，或者到教育中心来，我们帮您办。'),
      await phoneButton(), centre && h('p.small', {}, centre.hours)),
    link([icon('search'), '先看看有哪些班'], '#/classes', 'second'),
  ];
}
