// 登录码: with it a resident signs in outside WeChat. Made for one person, read out or printed.

import { api } from './api.js';
import { h } from './dom.js';
import { button, dialog } from './ui.js';

export async function signInCode(person, about) {
  const made = await api.post(`/api/staff/residents/${person.id}/sign-in-code`);
  await dialog({
    title: `${person.name}的登录码`,
    testid: 'sign-in-code',
    content: (close) => [
      h('p', `请先核对是本人。念给他听，或者打印出来。${made.minutes} 分钟里有效，只能用一次；再发一个，这个就作废。系统会记下是谁发的。`),
      sheet(person, made, about),
      h('div.form-end', {},
        button('打印', { testid: 'sign-in-code-print', onclick: () => { window.print(); } }),
        button('好了', { main: true, onclick: () => close(true) })),
    ],
  });
}

/** What is printed; everything around it is not. */
function sheet(person, made, about) {
  return h('article.slip.code-slip', {},
    h('header', {}, h('p.small', about.centre_name), h('h2', '登录码')),
    h('p.person', {}, h('b', person.name), h('span.numbers', `学员号 ${person.learner_number}`)),
    h('p.code.numbers', { testid: 'sign-in-code-digits' }, `${made.code.slice(0, 3)} ${made.code.slice(3)}`),
    h('ol', {},
      h('li', {}, '手机浏览器打开：', h('b.break', `${location.origin}/m/`)),
      h('li', '点“登录”，写手机号；没有登记手机号的，写学员号。'),
      h('li', '点“有登录码”，输上面六个数字。')),
    h('p.small', `${made.minutes} 分钟里有效。不要告诉别人。`));
}
