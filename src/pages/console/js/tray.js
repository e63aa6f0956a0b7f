// 待处理: scans that could not be taken. A person says whether they count, and why.

import { api } from './api.js';
import { h, put } from './dom.js';
import { askReason, field } from './form.js';
import { badge, empty, pageHead, button, tell } from './ui.js';

const STATUS = { present: '出勤', absent: '缺席', leave: '请假' };
const COUNT = ['本人确实来了', '卡旧了，本人到了', '手机时间不对，本人到了'];
const ABSENT = ['问过了，那次没来', '签了到就走了'];
const STAYS = ['问过了，出去了一下', '喊的时候没听见'];
const DISMISS = ['扫错了', '人没有来', '不是这个班的', '重复了'];

export async function page({ search, signal }) {
  const settled = search.get('settled') === '1';
  const list = h('div');
  const load = async () => {
    const items = await api.list(`/api/staff/tray?settled=${settled}`, { signal });
    list.dispatchEvent(new Event('tray-changed', { bubbles: true }));
    put(list, items.length ? h('ul.check-list', items.map((one) => row(one, load)))
      : empty(settled ? '还没有处理过的。' : '没有要处理的。', settled ? '' : '扫了没算上的卡和海报，会排在这里。'));
  };
  await load();
  return h('div.page', {},
    pageHead({ title: '待处理', lead: '扫了卡、扫了海报、点了名，但系统不能直接算的，都在这里，一条也不丢。请看清楚再定。' }),
    trayTabs(settled ? 'settled' : 'open'),
    h('div.panel.flush', {}, list));
}

export const trayTabs = (current) => h('nav.tabs', { 'aria-label': '按状态看' }, [['open', '#/tray', '要处理的'], ['settled', '#/tray?settled=1', '处理过的'], ['look', '#/tray/look', '想请您看一看']]
  .map(([key, href, text]) => h('a', { href, testid: `tray-${key}`, 'aria-current': key === current ? 'page' : null }, text)));

function row(one, load) {
  const who = one.name ?? (one.raw ? `不知道是谁（${one.raw.replace(/^.*[?&]k=/, '').slice(0, 30)}）` : '不知道是谁');
  const late = one.received_text === one.happened_text ? null : `${one.received_text}送到`;
  const clock = one.device_text === one.happened_text ? null : `手机上是 ${one.device_text}`;
  return h('li', { testid: `tray-${one.id}` },
    h('div.row.spread', {}, h('span.strong', who, one.learner_number && h('span.soft.small.numbers', ` ${one.learner_number}`)),
      one.outcome ? badge(one.outcome === 'counted' ? '已记' : '不算', one.outcome === 'counted' ? 'ok' : '') : badge('要处理', 'warn')),
    h('p', {}, h('span.strong', one.why_text)),
    h('p.small', `${one.class_name} 第 ${one.number} 次 · ${one.meeting_time_text}`),
    h('p.small.soft', [`${one.kind_text}${one.status ? `“${STATUS[one.status]}”` : ''}`, one.happened_text, one.uploaded_by, late, clock, `设备 ${one.device.slice(0, 6)}`].filter(Boolean).join(' · ')),
    h('p.small.soft', `名单上现在：${STATUS[one.register] ?? '没有登记'}`),
    one.reason && h('p.small', `登记时写的：${one.reason}`),
    one.outcome ? h('p.small', `${one.settled_by} ${one.settled_text}：${one.settle_reason}`)
      : h('div.row', {},
        !one.meeting_cancelled && button(one.status && one.status !== 'present' ? `记为${STATUS[one.status]}` : '记为到课', { testid: `tray-count-${one.id}`, about: who, onclick: () => settle(one, true, load) }),
        button('不算', { testid: `tray-dismiss-${one.id}`, about: who, onclick: () => settle(one, false, load) }),
        h('a.button.quiet', { href: `#/meetings/${one.meeting_id}` }, '看名单')));
}

async function settle(one, counts, load) {
  const unknown = counts && !one.name;
  const done = await askReason({
    title: counts ? `记${one.name ?? ''}${one.status ? STATUS[one.status] : '到课'}？` : '这条不算？',
    intro: [one.why_text, counts ? '会写进名单，原因留在记录里。' : '名单不变，这条和原因都留着。'],
    offers: one.kind === 'sample' ? (counts ? ABSENT : STAYS) : counts ? COUNT : DISMISS,
    before: unknown ? [field({ name: 'learner_number', label: '学员号', required: true, autocomplete: 'off', inputmode: 'numeric' })] : [],
    submitText: counts ? '记上' : '不算',
    submit: (values) => api.post(`/api/staff/tray/${one.id}`, { counts, ...values }),
  });
  if (done) {
    await load();
    tell(counts ? '记上了。' : '记为不算。');
  }
}
