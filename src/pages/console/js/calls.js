// 待电话提醒: whom WeChat does not reach in time. Somebody calls, and ticks it off.

import { api } from './api.js';
import { bulk } from './bulk.js';
import { h } from './dom.js';
import { reload } from './router.js';
import { badge, button, dialog, empty, pageHead, table, tell } from './ui.js';

export async function page({ me, search, signal }) {
  const told = search.get('told') === '1';
  const rows = await api.list(`/api/staff/calls?told=${told}`, { signal });
  const some = bulk({
    rows: told ? [] : rows,
    key: (row) => row.id,
    name: (row) => row.name,
    act: {
      words: (n) => (n ? `选中的 ${n} 人都告知了` : '先选人'),
      title: (n) => `${n} 人都告知了？`,
      intro: '请看一看，这些人都打过电话、说过下面的话了。记错了可以在“已告知的”里放回来。',
      line: (row) => [h('span.strong', row.name), `：${row.title}，${row.class_name}，${row.time_text}`],
      yes: (n) => `是，${n} 人都告知了`,
      work: (row) => api.put(`/api/staff/calls/${row.id}`, { told: true }),
      done: async (n) => {
        document.getElementById('main').dispatchEvent(new Event('calls-changed', { bubbles: true }));
        await reload();
        if (n) tell(`${n} 人已告知。`);
      },
    },
  });
  const tab = (is, href, text) => h('a', { href, testid: is ? 'calls-told' : 'calls-open', 'aria-current': is === told ? 'page' : null }, text);
  return h('div.page', {},
    pageHead({
      title: '待电话提醒',
      lead: `微信通知不到的人${me.community ? `（${me.community.name}）` : ''}。打个电话，把下面的话告诉他们。`,
      actions: [!told && rows.length > 0 && button('打印', { testid: 'calls-print', onclick: () => { window.print(); } })].filter(Boolean),
    }),
    h('nav.tabs', { 'aria-label': '按状态看' }, tab(false, '#/calls', '要打的'), tab(true, '#/calls?told=1', '已告知的')),
    some.bar,
    h('section.panel.flush', { 'aria-label': '名单' }, table({
      label: '待电话提醒', testid: 'calls-table', rows,
      none: empty(told ? '还没有打过电话。' : '没有要打的电话。', told ? '' : '上课前一天和当天早上，或者课有变动时，微信通知不到的人会排在这里。'),
      rowTestid: (row) => `call-row-${row.id}`,
      columns: [
        !told && rows.length > 1 && some.column,
        { name: '姓名', lead: true, cell: (row) => [h('div.strong.nowrap', {}, !told && h('span.tick', { 'aria-hidden': 'true' }, '□ '), row.name), h('div.small.soft.numbers.nowrap', row.phone_masked ?? '没留电话'), h('div.small.soft.numbers', row.learner_number)] },
        { name: '要说的', cell: (row) => [h('div', {}, row.kind === 'meeting_changed' ? badge(row.title, 'bad') : badge(row.title, 'info')), h('div', row.body)] },
        { name: '时间地点', cell: (row) => [h('div.strong', row.class_name), h('div.numbers.nowrap', row.time_text), h('div.small', row.place)] },
        told && { name: '谁告知的', cell: (row) => row.told_text },
        { name: '', acts: true, cell: (row) => h('div.row', {}, told
          ? button('还没告知', { quiet: true, about: row.name, testid: `untold-${row.id}`, onclick: () => set(row, false) })
          : [row.phone_masked && button('看电话', { quiet: true, about: row.name, testid: `phone-${row.id}`, onclick: () => number(row) }),
            button('已告知', { main: true, about: row.name, testid: `told-${row.id}`, onclick: () => set(row, true) })]) },
      ].filter(Boolean),
    })));
}

async function number(row) {
  const { phone } = await api.post(`/api/staff/residents/${row.resident_id}/phone/reveal`, {});
  await dialog({ title: row.name, testid: 'call-dialog', content: (done) => [
    h('p', {}, h('a.strong.numbers', { href: `tel:${phone}`, testid: 'call-number' }, phone)),
    h('p', row.body),
    h('p.soft', '谁在什么时候看过，会记下来。'),
    h('div.row', {}, button('关闭', { onclick: () => done(true) }))] });
}

async function set(row, told) {
  await api.put(`/api/staff/calls/${row.id}`, { told });
  document.getElementById('main').dispatchEvent(new Event('calls-changed', { bubbles: true }));
  await reload();
  tell(told ? `${row.name}：已告知。` : `${row.name}：放回要打的。`);
}
