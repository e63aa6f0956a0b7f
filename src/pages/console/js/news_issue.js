// 多图文: several articles that three people passed, put into an order, go as one.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { field, formDialog } from './form.js';
import { keepsake } from './keepsake.js';
import { go } from './router.js';
import { addDays, day, fromInput } from './time.js';
import { alertBox, badge, button, confirm, empty, failure, pageHead, tell } from './ui.js';

const MOST = 8;

export async function page(ctx) {
  const { signal, me } = ctx;
  const lists = await Promise.all(['approved', 'failed'].map((status) => api.list(`/api/staff/articles?status=${status}`, { signal })));
  // Of a failed one the passes must still hold, and nothing may be open.
  const ready = lists.flat().filter((one) => one.passes.length === 3 && one.open_remarks === 0);
  const first = ready[0] ? await api.get(`/api/staff/articles/${ready[0].id}`, { signal }) : null;
  const quota = first?.mass_send ?? { able: false, may: false, text: '' };
  // What was put together stays in this browser until it is sent.
  const kept = keepsake(me.id, 'issue');
  const chosen = (kept.get()?.text.ids ?? []).map((id) => ready.find((one) => one.id === id)).filter(Boolean);
  const element = h('div.page');
  const problems = h('div');

  const ids = () => chosen.map((one) => one.id);
  function changed(focus) {
    if (chosen.length) kept.put({ ids: ids() }); else kept.drop();
    draw();
    if (focus) element.querySelector(`[data-testid="${focus}"]:not([disabled])`)?.focus();
  }
  function move(at, by) {
    const [one] = chosen.splice(at, 1);
    chosen.splice(at + by, 0, one);
    changed(`issue-${by < 0 ? 'up' : 'down'}-${one.id}`);
    tell(`《${one.title}》现在是第 ${at + by + 1} 篇。`);
  }

  const line = (one, at) => h('li.row.spread', { testid: `issue-line-${one.id}` },
    h('span', {}, h('span.strong', `${at + 1}. ${one.title}`), at === 0 && badge('头条', 'info')),
    h('div.row', {},
      button('上移', { quiet: true, about: one.title, testid: `issue-up-${one.id}`, disabled: at === 0, onclick: () => move(at, -1) }),
      button('下移', { quiet: true, about: one.title, testid: `issue-down-${one.id}`, disabled: at === chosen.length - 1, onclick: () => move(at, 1) }),
      button('去掉', { quiet: true, about: one.title, testid: `issue-drop-${one.id}`, onclick: () => { chosen.splice(at, 1); changed(); } })));

  const offer = (one) => h('li.row.spread', { testid: `issue-offer-${one.id}` },
    h('span', {}, h('a', { href: `#/news/${one.id}` }, one.title), h('span.small.soft', ` ${one.author_name} · ${one.time_text}`), one.failure && h('div.small.bad-text', one.failure)),
    button('放进这一期', { about: one.title, testid: `issue-add-${one.id}`, disabled: chosen.length >= MOST, onclick: () => { chosen.push(one); changed(`issue-add-${one.id}`); } }));

  async function send(way, at, words) {
    put(problems);
    await api.post('/api/staff/issues', { articles: ids(), way, at: at ?? null });
    const lead = chosen[0].id;
    kept.drop();
    go(`#/news/${lead}`);
    tell(words);
  }

  const showing = (work) => async () => {
    try { await work(); } catch (error) { if (!isGone(error)) { put(problems, failure(error)); problems.scrollIntoView({ block: 'center' }); } }
  };

  const preview = () => formDialog({
    title: '发到我的微信看看', intro: '只有这一个人收到。要先关注公众号。', testid: 'preview-dialog',
    fields: [field({ name: 'wechat_name', label: '微信号', required: true, full: true, maxlength: '40', autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off', hint: '在微信“我”里可以看到。不是昵称，也不是手机号。' })],
    submitText: '发过去',
    submit: async (values) => { await api.post('/api/staff/issues/preview', { articles: ids(), ...values }); tell('已发过去，请看手机。'); },
  });

  const mass = () => confirm({
    title: '群发给所有关注的人？', testid: 'mass-send-confirm', yes: '群发',
    text: `这一期 ${chosen.length} 篇会马上发到每个人的微信里，只用掉一次群发。${quota.text}`,
    work: () => send('mass_send', null, '已开始群发。'),
  });

  const plan = () => formDialog({
    title: '定时发布', testid: 'plan-dialog', submitText: '定好',
    fields: [
      field({ name: 'way', label: '方式', type: 'select', required: true, options: [['publish', '发布（不通知）'], ...(quota.able ? [['mass_send', '群发（通知每个人）']] : [])] }),
      field({ name: 'at', label: '时间', type: 'datetime-local', value: `${addDays(day(), 1)}T09:00`, required: true, read: (text) => (text ? fromInput(text.slice(0, 16)) : null) }),
    ],
    submit: async ({ way, at }) => { await send(way, at, '时间定好了。'); return true; },
  });

  function draw() {
    const rest = ready.filter((one) => !chosen.includes(one));
    const enough = chosen.length >= 2;
    put(element,
      pageHead({ title: '多图文', lead: `几篇文章合成一期，一起发。最多 ${MOST} 篇，第一篇是头条。`, back: { href: '#/news', text: '新闻' } }),
      h('section.panel.stack', { 'aria-label': '这一期' },
        h('h2', `这一期（${chosen.length} 篇）`),
        chosen.length ? h('ol.issue', { testid: 'issue-lines' }, chosen.map(line)) : h('p.soft', '还没有选文章。从下面选，先选的在前面，可以上移、下移。'),
        problems,
        chosen.length === 1 && alertBox('info', h('p', '再选一篇。只发一篇，请到那篇文章里发。')),
        enough && h('div.stack', {},
          h('div', {}, button('发到我的微信看看', { testid: 'issue-preview', onclick: preview })),
          h('p', '发布：出现在公众号的主页上，不会通知关注的人。'),
          h('div', {}, button('发布这一期', { main: true, testid: 'issue-publish', onclick: showing(() => send('publish', null, '已开始发布。')) })),
          h('p', '群发：每个关注的人都会收到一条，会有提醒。', quota.text && h('span.soft', ` ${quota.text}`)),
          quota.may && h('div', {}, button('群发这一期', { testid: 'issue-mass-send', onclick: mass })),
          h('div', {}, button('定一个时间', { testid: 'issue-plan', onclick: plan })))),
      h('section.panel.stack', { 'aria-label': '可以选的文章' }, h('h2', '三审通过、还没有发的文章'),
        rest.length ? h('ul.issue', { testid: 'issue-offers' }, rest.map(offer))
          : empty(ready.length ? '都选好了。' : '现在没有三审通过的文章。', ready.length ? '' : '文章三审都通过以后，会出现在这里。')));
  }

  draw();
  return element;
}
