// 想请您看一看: patterns of the register, as questions. Somebody asks, and writes what it was.

import { api } from './api.js';
import { h, put } from './dom.js';
import { askReason } from './form.js';
import { trayTabs } from './tray.js';
import { badge, button, empty, pageHead, tell } from './ui.js';

const TITLES = { last_minute: '总在最后一分钟', one_phone: '同一部手机', fewer_there: '人比名单少' };
const FOUND = {
  last_minute: ['问过了，下课才想起来签', '问过了，人没来上课', '老师最后才放码'],
  one_phone: ['一家人，共用一部手机', '不会用，请同学帮忙签', '有人没来，别人代签的'],
  fewer_there: ['有人提前走了', '数错了', '有人没来，别人代签的'],
};

export async function page({ signal }) {
  const [open, settled] = [h('div'), h('div')];
  const load = async () => {
    const path = '/api/staff/questions?settled=';
    const [asked, found] = await Promise.all([api.list(`${path}false`, { signal }), api.list(`${path}true`, { signal })]);
    put(open, asked.length ? h('ul.check-list', asked.map((one) => row(one, load))) : empty('没有要看的。', '签到和点名都平常。'));
    put(settled, found.length > 0 && h('details.panel.flush.fold', {}, h('summary', `看过的（${found.length}）`), h('ul.check-list', found.map((one) => row(one)))));
  };
  await load();
  return h('div.page', {},
    pageHead({ title: '想请您看一看', lead: '这些只是看上去有点特别，多半有平常的原因。请问一问本人，写下是怎么回事。名单不会因此改动。' }),
    trayTabs('look'),
    h('div.panel.flush', {}, open), settled);
}

function row(one, load) {
  return h('li', { testid: `question-${one.kind}` },
    h('div.row.spread', {}, h('span.strong', one.class_name), badge(TITLES[one.kind], load ? 'info' : '')),
    h('p', one.message),
    one.people.length > 0 && h('p.numbers', one.people.join('，')),
    h('p.small.soft', {}, `最近一次：${one.meeting_time_text} `, h('a', { href: `#/meetings/${one.meeting_id}` }, '看名单')),
    one.found && h('p.small', `${one.found_by} ${one.found_text}看过：${one.found}${load ? '。后来又有新的。' : ''}`),
    load && h('div.row', {}, button('写下是怎么回事', { testid: `found-${one.kind}`, about: one.class_name, onclick: () => settle(one, load) })));
}

async function settle(one, load) {
  const done = await askReason({
    title: '是怎么回事？', label: '问到的', intro: [one.message], hint: '写下来就算看过了。以后再有新的，会再提一次。', offers: FOUND[one.kind], submitText: '记下',
    submit: ({ reason }) => api.post('/api/staff/questions', { name: one.name, found: reason }),
  });
  if (done) {
    await load();
    tell('记下了。');
  }
}
