// 微信检查: what WeChat itself thinks of the text and each picture. What it was not asked says so.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { askReason } from './form.js';
import { badge, button, failure, tell } from './ui.js';

const LOOK = { passed: ['通过', 'ok'], answered: ['人看过', 'ok'], risky: ['要改', 'bad'], to_answer: ['要回答', 'warn'], waiting: ['正在检查', 'info'], not_asked: ['没有检查', ''], not_done: ['没有检查', 'warn'] };
const REFRESH_MS = 5000;

/** `{element, refresh(id, over)}`; what is `over` and was never asked about is not shown. */
export function platformBox(ctx) {
  const place = h('div', { 'aria-live': 'polite' });
  const element = h('section.panel.stack', { 'aria-label': '微信检查', testid: 'platform-check', hidden: true }, h('h2', '微信检查'), place);
  let shown = null;
  let following = false;

  async function refresh(id, over = false) {
    shown = id;
    try {
      const check = await api.get(`/api/staff/articles/${id}/platform-check`, { signal: ctx.signal });
      if (over && check.parts.every((part) => ['not_asked', 'not_done'].includes(part.state))) element.hidden = true;
      else show(id, check);
    } catch (error) {
      if (isGone(error)) return;
      element.hidden = false;
      put(place, failure(error));
    }
  }

  function show(id, check) {
    const path = `/api/staff/articles/${id}/platform-check`;
    const undone = check.parts.some((part) => ['not_asked', 'not_done'].includes(part.state));
    element.hidden = false;
    put(place,
      !check.able && h('p.soft', '没有小程序，不能请微信检查。请人多看一遍。'),
      check.able && undone && !check.linked && h('p', {}, '要先绑定自己的微信，才能请微信检查。', h('a', { href: '#/me', testid: 'platform-link' }, '去绑定')),
      h('ul.findings', grouped(check.parts).map((part) => line(path, part, (fresh) => show(id, fresh)))),
      check.may_ask && check.linked && undone && h('div', {}, button('请微信检查', {
        testid: 'platform-ask',
        onclick: async () => { show(id, await api.post(path)); tell('已经请微信检查。'); },
      })));
    follow(id, check);
  }

  function follow(id, check) {
    if (following || !check.parts.some((part) => part.state === 'waiting')) return;
    following = true;
    ctx.every(REFRESH_MS, async () => {
      following = false;
      if (shown === id) await refresh(id);
      return false;
    });
  }
  return { element, refresh };
}

/** Parts of which the same is to be said, and nothing to be done one by one, are one line. */
function grouped(parts) {
  const lines = [];
  for (const part of parts) {
    const alone = part.may_answer || part.answer || part.state === 'risky';
    const like = !alone && lines.find((one) => one.state === part.state && one.state_text === part.state_text);
    if (like) Object.assign(like, { place: `${like.place}、${part.place}`, count: like.count + 1 });
    else lines.push({ ...part, count: 1 });
  }
  return lines;
}

function line(path, part, show) {
  const [word, kind] = LOOK[part.state];
  return h('li', { testid: 'platform-part', 'data-state': part.state, 'data-count': String(part.count) },
    badge(word, kind),
    h('div.grow', {}, h('span.strong', part.place), h('div', part.state_text), part.answer && h('div.soft', `${part.answered_by ?? ''}：${part.answer}`)),
    part.may_answer ? button('写看过的结果', {
      quiet: true, about: part.place, testid: 'platform-answer',
      onclick: async () => {
        const fresh = await askReason({
          title: `${part.place}：看过了？`, label: '看过的结果', hint: '会记下是谁写的，审核的人看得到。', offers: ['看过，没有问题', '引用的是官方原文', '图片是课堂活动'], submitText: '记下',
          submit: ({ reason }) => api.post(`${path}/${part.id}`, { text: reason }),
        });
        if (fresh) { show(fresh); tell('记下了。'); }
      },
    }) : null);
}
