// The way in, as a page and, when a session has run out, as a window over the page.

import { api } from './api.js';
import { h } from './dom.js';
import { field, form } from './form.js';
import { demoBanner, mark } from './shell.js';
import { dialog } from './ui.js';

export function signIn(about, done) {
  const help = [about.phone && `忘了密码，请找管理员，或拨打 ${about.phone}。`, about.hours].filter(Boolean).join(' ');
  return h('div.gate', {},
    about.demo ? demoBanner() : h('div'),
    h('main', {},
      h('div.box', {},
        headline(about),
        h('div.panel', {}, credentials({ done })))),
    h('footer', help || '忘了密码，请找管理员。'));
}

function headline(about) {
  const title = mark(about, 'h1');
  title.querySelector('span').textContent = `${about.centre_name} · 工作台`;
  return title;
}

/** Asks the same person to sign in again; resolves to the StaffMe, or null. */
export async function signInOver(me) {
  const again = await dialog({
    title: '登录已过期，请再登录一次',
    testid: 'relogin',
    content: (close) => [
      h('p', '登录后接着做，您填的内容还在。'),
      credentials({ login: me.login, done: close, cancel: () => close(null) }),
    ],
  });
  return again ?? null;
}

function credentials({ login, done, cancel }) {
  const password = field({ name: 'password', label: '密码', type: 'password', required: true, full: true, autocomplete: 'current-password', testid: 'login-password', autofocus: Boolean(login) });
  return form({
    grid: false,
    submitText: '登录',
    submitTestid: 'login-submit',
    cancel,
    fields: [
      field({ name: 'login', label: '登录名', value: login, required: true, full: true, autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', testid: 'login-name' }),
      password,
    ],
    submit: async (values) => {
      try {
        done(await api.post('/api/staff/session', values));
      } catch (error) {
        // A wrong password is typed anew; the name stays.
        if (error.status === 401) { password.input.value = ''; password.input.focus(); }
        throw error;
      }
    },
  });
}
