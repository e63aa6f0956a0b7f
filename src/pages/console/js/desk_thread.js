// One thread: what was said, and the answer.

import { api, isGone } from './api.js';
import { nameOf } from './desk.js';
import { h, put } from './dom.js';
import { field } from './form.js';
import { covered, media } from './sent.js';
import { badge, button, confirm, failure, pageHead, tell } from './ui.js';

const STATE = { sent: 'ok', waiting: 'info', in_messages: 'info', unknown: 'warn', failed: 'bad' };
const ELSEWHERE = ['video', 'other'];
const MAX = 600;
const EVERY_MS = 5_000;

export async function page(ctx) {
  const path = `/api/staff/desk/${ctx.params.id}`;
  const head = h('div');
  const lines = h('div.desk-lines', { testid: 'desk-lines', role: 'log', 'aria-label': '留言' });
  const foot = h('div');
  let open = null;
  let seen = '';
  const load = async () => {
    const view = await api.get(path, { signal: ctx.signal });
    const fresh = JSON.stringify(view);
    if (fresh === seen) return;
    seen = fresh;
    // The number beside “留言” may be another now.
    lines.dispatchEvent(new Event('desk-changed', { bubbles: true }));
    put(lines, view.lines.map((one) => line(one, view.thread.account)));
    if (open === !view.thread.closed) return;
    open = !view.thread.closed;
    put(head, title(view.thread));
    put(foot, open ? answerBox(ctx, path, load) : h('p.soft', '这条留言已经办结。对方再写来，会有新的留言。'));
  };
  await load();
  ctx.every(EVERY_MS, load);
  return h('div.page', {}, head, h('section.panel.stack', {}, lines, foot));
}

function title(thread) {
  const place = { official: '写在公众号里', mini: '写在小程序客服里' }[thread.account] ?? '写在小程序的“留言”页';
  const facts = [thread.learner_number && place, thread.learner_number && `学员号 ${thread.learner_number}`, thread.phone_masked && `手机 ${thread.phone_masked}`].filter(Boolean).join(' · ');
  return pageHead({ title: nameOf(thread), back: { href: '#/desk', text: '全部留言' }, lead: facts || `${place}。对方还没有连上自己的账号，看不到姓名和电话。` });
}

function line(one, account) {
  const box = account === 'mini' ? '请到小程序后台的“客服”里看' : '请到公众平台的“消息管理”里看';
  const side = { resident: 'theirs', staff: 'ours', system: 'system' }[one.author];
  const who = { resident: '居民', staff: one.staff_name ?? '工作人员', system: '系统提示' }[one.author];
  return h(`article.desk-line.${side}`, { testid: `desk-line-${one.id}` },
    h('p.small.soft', [who, one.time_text, one.check && !one.check.covered && one.check.text].filter(Boolean).join(' · ')),
    one.check?.covered ? covered(one.check.text, () => content(one, box), `open-${one.id}`) : content(one, box),
    one.state_text && h('p', {}, badge(one.state_text, STATE[one.state])),
    one.failure && h('p.small', one.failure));
}

function content(one, box) {
  const elsewhere = ELSEWHERE.includes(one.kind) || one.media?.shown === 'missing';
  return h('div.stack.tight', {},
    one.media?.shown !== 'picture' && h('p.desk-text', one.text),
    one.media && media(one.media, one.id),
    elsewhere && h('p.small.soft', `${box}，三天内有效。`));
}

function answerBox(ctx, path, load) {
  const text = field({ name: 'answer', label: '回复', type: 'textarea', rows: '4', full: true, hint: `用平常的话，最多 ${MAX} 个字。对方在微信里收到。`, testid: 'desk-answer' });
  const problems = h('div');
  ctx.guard(() => !text.input.value.trim() || window.confirm('回复还没有发，要离开吗？'));
  const send = async () => {
    put(problems);
    if (!text.input.value.trim()) {
      text.show('请先写回复。');
      text.input.focus();
      return;
    }
    try {
      await api.post(`${path}/answers`, { text: text.input.value.trim() });
      text.input.value = '';
      await load();
      tell('回复已记下，正在发给对方。');
    } catch (error) {
      if (!isGone(error)) put(problems, failure(error));
    }
  };
  const close = () => confirm({
    title: '办结这条留言？', text: '办结以后不能再回复。对方再写来，会有新的留言。', yes: '办结', testid: 'desk-close-dialog',
    work: async () => {
      await api.post(`${path}/close`);
      text.input.value = '';
      await load();
      tell('已办结。');
    },
  });
  return h('div.stack', {}, text.element, problems,
    h('div.form-end', {}, button('发送回复', { main: true, testid: 'desk-send', onclick: send }), button('办结', { testid: 'desk-close', onclick: close })));
}
