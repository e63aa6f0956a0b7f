// 微信: does it work, what is used up, what went wrong and what to do.

import { api } from './api.js';
import { h, put } from './dom.js';
import { reload } from './router.js';
import * as time from './time.js';
import { alertBox, badge, button, confirm, dialog, empty, failure, pageHead, table, tell } from './ui.js';

export async function page({ signal }) {
  const [accounts, status, unheard] = await Promise.all([
    api.get('/api/staff/wechat', { signal }),
    api.get('/api/staff/status', { signal }),
    api.get('/api/staff/wechat/unheard-answers', { signal }),
  ]);
  return h('div.page', {},
    pageHead({
      title: '微信',
      lead: '公众号和小程序好不好用，出了什么问题，怎么办。',
      actions: [button('刷新', { onclick: () => reload() })],
    }),
    late(status, unheard),
    accounts.map(account));
}

/** Answers to people who wrote, which did not come at once. */
function late(status, unheard) {
  const [waiting, unknown, failed] = ['waiting', 'unknown', 'failed'].map((one) => status[`late_answers_${one}`]);
  if (!waiting && !unknown && !failed) return null;
  return h('section.stack.tight', { 'aria-labelledby': 'late-answers', testid: 'late-answers' },
    h('h2', { id: 'late-answers' }, '晚到的回答'),
    h('div.panel.stack', {}, h('dl.facts', {},
      h('dt', '等着送'), h('dd', `${waiting} 条，系统会再试`),
      h('dt', '不知道到没到'), h('dd', `${unknown} 条（七天内）。登录过的人，在“消息”里也能看到。`),
      h('dt', '没有送到'), h('dd', `${failed} 条（七天内）`))),
    unheard.length ? h('div.panel.flush', {}, table({
      label: '没有送到的回答',
      testid: 'unheard',
      rows: unheard,
      columns: [
        { name: '问什么', lead: true, cell: (row) => [h('span.strong', row.about), h('div.small.soft', `${row.time_text} · ${row.place}`)] },
        { name: '为什么没有送到', cell: (row) => row.failure },
      ],
    })) : null);
}

function account(one) {
  const id = `wechat-${one.account}`;
  if (!one.configured) {
    return h('section.panel.stack', { 'aria-labelledby': id },
      h('h2', { id }, one.name),
      h('p', '没有配置。有关的功能停用，其他功能照常。'));
  }
  const found = h('div.stack.tight', { 'aria-live': 'polite' });
  return h('section.stack', { 'aria-labelledby': id, testid: id },
    h('div.row.spread', {}, h('h2', { id }, one.name, ' ', badge(one.kind)),
      button('检查连接', { main: true, about: one.name, testid: `check-${one.account}`, onclick: () => check(one, found) })),
    found,
    one.notes.length ? h('div.stack.tight', { testid: `notes-${one.account}` }, one.notes.map((line) => alertBox(line.good ? 'ok' : 'warn', h('p', line.text)))) : null,
    h('div.panel.stack', {}, facts(one)),
    one.web ? web(one.web) : null,
    one.missing.length ? missing(one) : null,
    one.account === 'official' ? menu() : null,
    usageFold(one),
    h('h3', '最近出的问题'),
    h('div.panel.flush', {}, troubles(one)));
}

async function check(one, place) {
  put(place, h('p', '正在检查……'));
  try {
    const lines = await api.post(`/api/staff/wechat/accounts/${one.account}/check`);
    put(place, lines.map((line) => alertBox(line.good ? 'ok' : 'bad', h('p', line.text))));
  } catch (error) {
    put(place, failure(error));
  }
}

function facts(one) {
  return h('dl.facts', {},
    h('dt', '连接'), h('dd', one.hosts.map((host) => h('div', {}, badge(host.state_text, host.working ? 'ok' : 'bad'), ' ', h('span.soft.small.break', host.name)))),
    h('dt', '凭证'), h('dd', one.token_ends ? `${time.spoken(one.token_ends)}前有效，会自动更新` : '还没有用到'),
    h('dt', '消息地址'), h('dd', {}, h('code.break', one.callback_url), h('div.soft.small', '在微信后台“服务器配置”或“消息推送”里填这个地址。')));
}

function web({ domain, findings }) {
  return h('div.stack.tight', { testid: 'wechat-web' },
    h('h3', '在微信里打开的网页'),
    findings.map((line) => alertBox(line.good ? 'ok' : 'warn', h('p', line.text))),
    h('div.panel.stack', {}, h('dl.facts', {},
      h('dt', '域名'), h('dd', {}, h('code.break', domain), h('div.soft.small', '在公众平台“网页授权域名”和“JS接口安全域名”里填这个域名。')))));
}

function missing(one) {
  return h('div.stack.tight', {},
    h('h3', '这个账号做不了的'),
    h('div.panel.flush', {}, table({
      label: `${one.name}做不了的`,
      rows: one.missing,
      columns: [
        { name: '做不了', lead: true, cell: (row) => h('span.strong', row.name) },
        { name: '可以这样', cell: (row) => row.instead },
      ],
    })));
}

function menu() {
  const place = h('div.stack.tight', { 'aria-live': 'polite' });
  return h('div.stack.tight', {},
    h('div.row.spread', {}, h('h3', '聊天下方的菜单'),
      button('和微信上的比一比', { testid: 'menu-compare', onclick: () => compare(place) })),
    place);
}

async function compare(place) {
  try {
    const state = await api.get('/api/staff/wechat/menu');
    if (state.same) {
      put(place, alertBox('ok', h('p', { testid: 'menu-same' }, '两边一样，不用更新。')));
      return;
    }
    put(place,
      alertBox('warn', state.by_hand
        ? h('p', { testid: 'menu-by-hand' }, '微信上的菜单是有人手工做的。更新后换成系统的，原来的就没有了。')
        : h('p', '两边不一样。更新后，手机上五分钟内能看到。')),
      h('div.panel.flush', {}, table({ label: '菜单的不同', testid: 'menu-diff', rows: differences(state), columns: [
        { name: '菜单项', lead: true, cell: (row) => h('span.break', row.text) },
        { name: '在哪里', cell: (row) => badge(row.where, row.kind) },
      ] })),
      h('div.row', {}, button('更新微信上的菜单', { main: true, testid: 'menu-write', onclick: async () => {
        await api.post('/api/staff/wechat/menu');
        tell('菜单已更新。');
        await reload();
      } })));
  } catch (error) {
    put(place, failure(error));
  }
}

function differences({ ours, theirs }) {
  const added = ours.filter((line) => !theirs.includes(line)).map((text) => ({ text, where: '更新后会有', kind: 'ok' }));
  const gone = theirs.filter((line) => !ours.includes(line)).map((text) => ({ text, where: '更新后没有', kind: 'bad' }));
  const changes = [...added, ...gone];
  return changes.length ? changes : [{ text: '项目相同，顺序不同', where: '更新后按新顺序', kind: 'info' }];
}

/** What was opened or shut by hand stays so when the page is drawn anew. */
const folds = new Map();

function usageFold(one) {
  const open = folds.get(one.account) ?? matchMedia('(min-width: 761px)').matches;
  return h('details.panel.flush.fold', {
    open, testid: `usage-fold-${one.account}`,
    ontoggle: (event) => folds.set(one.account, event.currentTarget.open),
  }, h('summary', {}, h('h3', '今天用了多少'), ' ', h('span.soft.small', used(one.usage))), usage(one),
    one.usage_lasts ? null : h('p.soft.small', { testid: `usage-hint-${one.account}` }, '服务重启过的话，次数从重启时算起。要准数，请点“问微信”。'),
    h('div.row', {}, button('全部清零', { quiet: true, about: one.name, testid: `clear-quota-${one.account}`, onclick: () => clearQuota(one) })));
}

async function clearQuota(one) {
  const done = await confirm({
    title: `把${one.name}今天的用量清零？`,
    text: ['微信一个月只让清零 10 次，所有接口一起清。', '只在次数用完、又等不到明天时用。'],
    yes: '清零，用掉一次',
    work: () => api.delete(`/api/staff/wechat/accounts/${one.account}/quota`),
  });
  if (!done) return;
  tell(`${one.name}的用量已清零。`);
  await reload();
}

/** What one wants to know before opening the long list. */
function used(lines) {
  const spent = lines.filter((line) => line.spent_until);
  if (spent.length) return badge(`${spent.length} 项用完了`, 'bad');
  const most = lines.filter((line) => line.limit).map((line) => [line.used / line.limit, line]).sort(([a], [b]) => b - a)[0];
  if (!most || !most[1].used) return `${lines.length} 项，都没有用完`;
  return `用得最多：${most[1].name}，还剩 ${most[1].left} 次`;
}

function usage(one) {
  return table({
    label: `${one.name}今天的用量`,
    testid: `usage-${one.account}`,
    rows: one.usage,
    columns: [
      { name: '做什么', lead: true, cell: (row) => [h('span.strong', row.name), h('div.small.soft.break', row.endpoint)] },
      { name: '已用', right: true, cell: (row) => row.used },
      { name: '还剩', right: true, cell: (row) => (row.spent_until ? 0 : row.left ?? '不知道') },
      { name: '何时重新算', cell: (row) => (row.spent_until
        ? h('div', {}, badge('用完了', 'bad'), ` ${time.spoken(row.spent_until)}再试`)
        : time.spoken(row.resets_at)) },
      { name: '', acts: true, cell: (row) => (row.can_ask ? button('问微信', { about: row.name, onclick: async () => {
        await api.post(`/api/staff/wechat/accounts/${one.account}/quota`, { endpoint: row.endpoint });
        tell(`${row.name}：已按微信的数字更新。`);
        await reload();
      } }) : null) },
    ],
  });
}

function troubles(one) {
  return table({
    label: `${one.name}最近的问题`,
    testid: `troubles-${one.account}`,
    rows: one.troubles,
    none: empty('七天内没有问题。', '一切正常，不用做什么。'),
    columns: [
      { name: '怎么办', lead: true, cell: (row) => [h('span.strong', row.advice), h('div.small.soft', row.time_text)] },
      { name: '微信怎么说', cell: (row) => [h('span.break', row.words), h('div.small.soft.break', [row.errcode == null ? null : `代码 ${row.errcode}`, row.endpoint].filter(Boolean).join(' · '))] },
      { name: '', acts: true, cell: (row) => (row.rid ? button('查这次调用', { about: row.rid, testid: 'look-up', onclick: () => lookUp(one, row.rid) }) : null) },
    ],
  });
}

async function lookUp(one, rid) {
  const call = await api.get(`/api/staff/wechat/accounts/${one.account}/calls/${encodeURIComponent(rid)}`);
  await dialog({
    title: '微信记下的这次调用',
    content: (close) => [
      h('dl.facts', {},
        h('dt', '编号'), h('dd', {}, h('code.break', rid)),
        h('dt', '时间'), h('dd', call.time_text),
        h('dt', '接口'), h('dd.break', call.endpoint),
        h('dt', '用时'), h('dd', `${call.took_ms} 毫秒`),
        h('dt', '我们的地址'), h('dd.break', call.client_ip),
        h('dt', '结果'), h('dd', call.errcode == null ? '没有错误代码' : `代码 ${call.errcode}`)),
      h('div.row', {}, button('知道了', { main: true, onclick: () => close(true) })),
    ],
  });
}
