// 我的账号: who I am here, and my password.

import { api } from './api.js';
import { h } from './dom.js';
import { field, form } from './form.js';
import { pageHead, tell } from './ui.js';
import { may } from './roles.js';
import { reload } from './router.js';
import { wechatLink } from './wechat_link.js';

export async function page({ me, signal, every }) {
  const secret = (name, label, autocomplete, hint) => field({ name, label, type: 'password', required: true, full: true, autocomplete, hint });
  const repeat = secret('again', '新密码再写一次', 'new-password');
  return h('div.page.narrow', {},
    pageHead({ title: '我的账号' }),
    h('div.panel', {}, h('dl.facts', {},
      h('dt', '姓名'), h('dd', me.name),
      h('dt', '登录名'), h('dd', me.login),
      h('dt', '身份'), h('dd', me.role_name),
      me.community ? [h('dt', '社区'), h('dd', me.community.name)] : null)),
    may(me, 'news') && wechatLink({ signal, every }),
    h('section.panel.stack', { 'aria-labelledby': 'change-password' },
      h('h2', { id: 'change-password' }, '换密码'),
      form({
        testid: 'password-form',
        grid: false,
        submitText: '换密码',
        fields: [
          secret('old', '现在的密码', 'current-password'),
          secret('new', '新密码', 'new-password', '不要用生日、电话，也不要和别处的密码一样。'),
          repeat,
        ],
        submit: async (values) => {
          if (values.again !== values.new) {
            repeat.show('两次写的新密码不一样。');
            repeat.input.focus();
            return;
          }
          await api.post('/api/staff/password', { old: values.old, new: values.new });
          await reload();
          tell('密码已换好，下次登录用新密码。');
        },
      })));
}
