// Around every view: who is here, whether there is a network, what is kept and what is sent.

import { h, put, say } from '../../js/dom.js';
import { keeper } from './keeper.js';

/** `{element, update()}` */
export function headline(world) {
  const who = h('span.who');
  const net = h('span.net', { role: 'status', testid: 'net' });
  const count = h('span.count.numbers', { testid: 'kept-and-sent', 'aria-live': 'polite' });
  const element = h('header.top', {}, h('div.row.tight.spread', {}, h('a.home', { href: '#/' }, '点名'), who), h('div.row.tight.spread', {}, count, net));
  return {
    element,
    update() {
      const mine = world.mine();
      say(who, world.me?.name ?? '');
      say(count, `已存 ${mine.length} · 已传 ${mine.filter((one) => one.answer).length}`);
      const reached = world.sync.reached;
      element.dataset.net = reached === false ? 'off' : 'on';
      say(net, reached === null ? '正在连' : reached ? '● 有网络' : '○ 没有网络，照样点名');
    },
  };
}

/** What the person ought to know; nothing where all is well. */
export function notices(world) {
  const others = world.events.filter((one) => one.staff !== world.me?.id && !one.answer);
  return [
    world.sync.problem && h('p.notice', { testid: 'problem' }, world.sync.problem, world.mine().some((one) => !one.answer) && '记下的都还在，会自己再传。'),
    others.length > 0 && h('p.notice', { testid: 'of-others' }, `另有 ${others.length} 条是别人记的，等本人登录再传。`),
  ];
}

/** Signing in, over what is kept. */
export function signInForm(world) {
  if (keeper.monitor) {
    return h('section.panel.stack.tight.gate', { testid: 'sign-in' }, h('h2', '登录过期了'), h('p', '记下的都还在。请回首页登录，再回来点名。'), h('a.button.main.wide', { href: '/m/#/login?to=%2F' }, '去登录'));
  }
  const login = h('input.input', { name: 'login', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', value: world.me?.login ?? '', 'aria-label': '登录名', placeholder: '登录名', testid: 'login-name', required: true });
  const password = h('input.input', { name: 'password', type: 'password', autocomplete: 'current-password', 'aria-label': '密码', placeholder: '密码', testid: 'login-password', required: true });
  const problem = h('p.bad', { role: 'alert' });
  const submit = h('button.button.main.wide', { type: 'submit', testid: 'login-submit' }, '登录');
  const waiting = world.mine().filter((one) => !one.answer).length;
  const form = h('form.panel.stack.tight.gate', { testid: 'sign-in' },
    h('h2', world.me ? '登录过期了，请再登录一次' : '请登录'),
    world.me && h('p', waiting ? `记下的 ${waiting} 条都还在，登录后自己传。` : '不登录也能接着点名，都存在手机里。'),
    login, password, problem, submit);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    submit.disabled = true;
    put(problem);
    try {
      await world.sync.signIn({ login: login.value.trim(), password: password.value });
    } catch (error) {
      put(problem, error.message);
      password.value = '';
    } finally {
      submit.disabled = false;
    }
  });
  return form;
}
