// 账号: who may sign in here.

import { api } from './api.js';
import { h } from './dom.js';
import { asId, field, formDialog } from './form.js';
import { ROLES } from './roles.js';
import { reload } from './router.js';
import { badge, button, confirm, empty, pageHead, table, tell } from './ui.js';

export async function page(ctx) {
  const [logins, communities] = await Promise.all([
    api.list('/api/staff/logins', { signal: ctx.signal }),
    api.list('/api/staff/communities', { signal: ctx.signal }),
  ]);
  const place = (id) => communities.find((one) => one.id === id)?.name;
  return h('div.page', {},
    pageHead({
      title: '账号', lead: '每个人用自己的账号。离开岗位的人，请停用账号。',
      actions: [button('添加账号', { main: true, icon: 'plus', testid: 'login-new', onclick: () => create(communities) })],
    }),
    h('div.panel.flush', {}, table({
      label: '账号',
      testid: 'login-table',
      rows: logins,
      none: empty('还没有账号。', '添加以后，同事就能登录。'),
      rowTestid: (one) => `login-row-${one.id}`,
      rowOff: (one) => one.disabled,
      columns: [
        { name: '姓名', lead: true, cell: (one) => h('span.strong', one.name) },
        { name: '登录名', cell: (one) => one.login },
        { name: '身份', cell: (one) => [one.role_name, place(one.community_id) && h('div.small.soft', place(one.community_id))] },
        { name: '状态', cell: (one) => (one.disabled ? badge('已停用', 'bad') : one.locked ? badge('暂时锁住', 'warn') : badge('可以登录', 'ok')) },
        {
          name: '', acts: true,
          cell: (one) => h('div.row', {},
            button('重设密码', { quiet: true, about: one.name, testid: `login-reset-${one.id}`, onclick: () => reset(one) }),
            one.id === ctx.me.id ? null : one.disabled
              ? button('启用', { quiet: true, about: one.name, testid: `login-enable-${one.id}`, onclick: async () => { await api.post(`/api/staff/logins/${one.id}/enable`); await done(`${one.name}可以登录了。`); } })
              : button('停用', { quiet: true, danger: true, about: one.name, testid: `login-disable-${one.id}`, onclick: () => disable(one) })),
        },
      ],
    })));
}

function passwordField(label) {
  const password = field({ name: 'password', label, required: true, full: true, autocomplete: 'new-password', autocapitalize: 'none', spellcheck: 'false', hint: '请当面告诉本人。本人登录后要自己换一个。' });
  const make = button('随机生成', { onclick: () => { password.input.value = random(); password.show(null); } });
  return [password, h('div.full', {}, make)];
}

/** Twelve characters that cannot be mistaken for each other when read aloud. */
function random() {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join('').replace(/(.{4})(?=.)/g, '$1-');
}

async function create(communities) {
  const community = field({ name: 'community_id', label: '社区', type: 'select', read: asId, options: [['', '请选择'], ...communities.map((one) => [one.id, one.name])] });
  const role = field({ name: 'role', label: '身份', type: 'select', required: true, options: [['', '请选择'], ...ROLES], onchange: () => follow() });
  const follow = () => { community.element.hidden = role.input.value !== 'officer'; };
  follow();
  const made = await formDialog({
    title: '添加账号',
    testid: 'login-dialog',
    fields: [
      field({ name: 'name', label: '姓名', required: true, maxlength: '20', autocomplete: 'off' }),
      field({ name: 'login', label: '登录名', required: true, maxlength: '40', autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off', hint: '用拼音或字母，比如 wangfang。' }),
      role, community,
      ...passwordField('第一次的密码'),
    ],
    submit: (values) => {
      if (values.role === 'officer' && values.community_id == null) throw new Error('请选择社区：社区专职只管自己的社区。');
      return api.post('/api/staff/logins', { ...values, community_id: values.role === 'officer' ? values.community_id : null });
    },
  });
  if (made) await done(`已添加${made.name ?? '账号'}。`);
}

async function reset(one) {
  const set = await formDialog({
    title: `重设${one.name}的密码`,
    intro: `登录名：${one.login}。旧密码马上不能用了。`,
    submitText: '重设密码',
    testid: 'reset-dialog',
    fields: passwordField('新密码'),
    submit: (values) => api.post(`/api/staff/logins/${one.id}/reset-password`, values),
  });
  if (set) await done(`已重设${one.name}的密码。`);
}

async function disable(one) {
  const off = await confirm({
    title: `停用${one.name}的账号？`,
    text: '停用后马上不能登录。做过的记录都留着，以后可以再启用。',
    yes: '停用',
    danger: true,
    work: () => api.post(`/api/staff/logins/${one.id}/disable`),
  });
  if (off) await done('已停用。');
}

async function done(text) {
  await reload();
  tell(text);
}
