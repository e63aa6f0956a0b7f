// 内容检查: what the platform finds unfit, leaves open or could not check. A person decides.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { covered, media } from './sent.js';
import { badge, button, empty, failure, pageHead, tell } from './ui.js';

const SHOWN = { picture: 'picture', sound: 'sound' };

export async function page({ search, signal }) {
  const decided = search.get('decided') === '1';
  const list = h('div');
  const load = async () => {
    const items = await api.list(`/api/staff/checks?decided=${decided}`, { signal });
    list.dispatchEvent(new Event('checks-changed', { bubbles: true }));
    put(list, items.length
      ? h('ul.check-list', items.map((one) => row(one, load)))
      : empty(decided ? '还没有看过的。' : '没有要看的内容。', decided ? '' : '平台拿不准的内容，会排在这里。'));
  };
  await load();
  const tab = (is, href, text) => h('a', { href, testid: is ? 'checks-decided' : 'checks-open', 'aria-current': is === decided ? 'page' : null }, text);
  return h('div.page', {},
    pageHead({ title: '内容检查', lead: '居民写的、发的，先由微信平台检查。平台拿不准的，请您看一看。' }),
    h('nav.tabs', { 'aria-label': '按状态看' }, tab(false, '#/checks', '要看的'), tab(true, '#/checks?decided=1', '看过的')),
    h('div.panel.flush', {}, list));
}

function row(one, load) {
  const problems = h('div');
  const decide = async (fit) => {
    put(problems);
    try {
      await api.post(`/api/staff/checks/${one.id}`, { fit });
      await load();
      tell(fit ? '已通过。' : '已记为不合适。');
    } catch (error) {
      if (!isGone(error)) put(problems, failure(error));
    }
  };
  // A name is what is to be looked at: it stands above.
  const named = one.subject === 'resident_name' ? null : one.name || '没有连上账号的微信用户';
  const who = [named, one.learner_number && `学员号 ${one.learner_number}`].filter(Boolean);
  const content = () => (one.text != null ? h('p.desk-text', one.text) : media({ shown: SHOWN[one.kind], url: one.media_url, text: '录音' }, one.id));
  const settled = one.state === 'passed' ? 'ok' : 'warn';
  return h('li', { testid: `check-${one.id}` },
    h('div.row.spread', {}, h('span.strong', one.subject_text), badge(one.state_text, settled)),
    one.covered ? covered('先盖住了，点开再看。', content, `check-open-${one.id}`) : content(),
    h('p.small.soft', {}, [...who, one.time_text].join(' · ')),
    one.subject === 'resident_name' && h('p.small.soft', '通过以前，点名册上只显示姓。'),
    problems,
    h('div.row', {},
      button('通过', { testid: `check-pass-${one.id}`, about: one.subject_text, onclick: () => decide(true) }),
      button('不合适', { danger: true, testid: `check-refuse-${one.id}`, about: one.subject_text, onclick: () => decide(false) }),
      one.page && h('a.button.quiet', { href: `#${one.page}` }, '看前后的话')));
}
