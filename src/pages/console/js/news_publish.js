// The two ways to the account: the buttons, the state as it moves, the failure and its repetition.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { field, formDialog } from './form.js';
import { spoken } from './time.js';
import { alertBox, button, confirm, failure, tell } from './ui.js';

const STEPS = [['queued', '排队'], ['drafted', '传到公众号草稿'], ['submitted', '已提交，等微信发布'], ['published', '已发布']];
const MASS_STEPS = [['queued', '排队'], ['drafted', '传到公众号草稿'], ['submitted', '已提交，等微信群发'], ['published', '已群发']];

const massSent = (article) => article.publication?.way === 'mass_send';

export function publishBox(article, show) {
  if (article.status === 'approved') return publishing(article, show, false);
  if (article.status === 'failed') return publishing(article, show, true);
  if (article.status === 'published') return published(article, show);
  if (article.status === 'publishing') return underway(article, show);
  return null;
}

function publishing(article, show, failed) {
  const may = article.may.includes('publish') || article.may.includes('retry');
  const reason = article.publication?.failure ?? article.failure ?? '原因不明。';
  const problems = h('div');
  return h('section.panel.stack.todo', { 'aria-labelledby': 'publish-title' },
    h('h2', { id: 'publish-title' }, failed ? article.status_text : '三审都通过了，可以发布'),
    failed && alertBox('bad', h('p', { testid: 'publish-failure' }, reason), h('p.small', massSent(article) ? '审核仍然算数。' : '审核仍然算数。再试一次不会重复发布。')),
    may ? [problems, previewWay(article), plainWay(article, show, problems, failed), massWay(article, show)] : h('p.soft', '内容改过，要重新三审后才能再发布。'));
}

function previewWay(article) {
  if (!article.may.includes('preview')) return null;
  return h('div.stack', {},
    h('p.soft', '可以先发给一个人，在手机上看看样子。'),
    h('div', {}, button('发到我的微信看看', {
      testid: 'article-look',
      onclick: () => formDialog({
        title: '发到我的微信看看',
        intro: '只有这一个人收到。要先关注公众号。',
        testid: 'preview-dialog',
        fields: [field({ name: 'wechat_name', label: '微信号', required: true, full: true, maxlength: '40', autocapitalize: 'none', spellcheck: 'false', autocomplete: 'off', hint: '在微信“我”里可以看到。不是昵称，也不是手机号。' })],
        submitText: '发过去',
        submit: async (values) => {
          await api.post(`/api/staff/articles/${article.id}/preview`, values);
          tell('已发过去，请看手机。');
        },
      }),
    })));
}

function plainWay(article, show, problems, failed) {
  return h('div.stack', {},
    h('p', '发布：文章会出现在公众号的主页上。不会通知关注的人，也不会出现在他们的消息里。'),
    h('div', {}, go(article, show, problems, failed ? '再发布一次' : '发布到公众号')));
}

function massWay(article, show) {
  const words = article.mass_send?.text;
  return h('div.stack', {},
    h('p', '群发：每个关注的人都会在微信里收到，会有提醒。', words && h('span.soft', { testid: 'mass-send-left' }, ` ${words}`)),
    article.may.includes('mass_send') && h('div', {}, button('群发给所有关注的人', {
      testid: 'article-mass-send',
      onclick: () => confirm({
        title: '群发给所有关注的人？',
        text: `《${article.title}》会马上发到每个人的微信里，并用掉一次群发。${words ?? ''}`,
        yes: '群发',
        testid: 'mass-send-confirm',
        work: async () => {
          await show(await api.post(`/api/staff/articles/${article.id}/mass-send`));
          tell('已开始群发。');
        },
      }),
    })));
}

function go(article, show, problems, text) {
  return button(text, {
    main: true,
    testid: 'article-publish',
    onclick: async () => {
      put(problems);
      try {
        await show(await api.post(`/api/staff/articles/${article.id}/publish`));
        tell('已开始发布。');
      } catch (error) {
        if (!isGone(error)) put(problems, failure(error));
      }
    },
  });
}

function underway(article, show) {
  const publication = article.publication ?? { state: 'queued', state_text: '排队' };
  const steps = massSent(article) ? MASS_STEPS : STEPS;
  const at = steps.findIndex(([state]) => state === publication.state);
  const problems = h('div');
  return h('section.panel.stack.todo', { 'aria-labelledby': 'publish-title' },
    h('h2', { id: 'publish-title' }, massSent(article) ? '正在群发' : '正在发布'),
    h('p.soft', { role: 'status', testid: 'publication-state' }, publication.state_text),
    confirming(publication.confirm_until),
    h('ol.steps', steps.map(([, text], index) => h('li', { 'data-state': index < at ? 'done' : index === at ? 'now' : 'later', 'aria-current': index === at ? 'step' : null },
      h('span.dot', { 'aria-hidden': 'true' }, index <= at ? '✓' : ''), text))),
    publication.failure && alertBox('warn', h('p', publication.failure), h('p.small', '系统会自己再试，请稍等。')),
    problems,
    article.may.includes('retry') ? h('div', {}, go(article, show, problems, '再试一次')) : null,
    h('p.soft.small', '可以离开这一页，系统会继续做完。'));
}

/** WeChat tells the administrator alone, so this is said of every send that takes long. */
function confirming(until) {
  if (!until) return null;
  return alertBox('info',
    h('p.strong', { testid: 'mass-confirm' }, `请公众号管理员看一下微信，在${spoken(until)}前点“确认”。`),
    h('p.small', '开了群发保护才要确认，到时没点就不会发出。没开的，请再等一等。'));
}

function published(article, show) {
  const { url, figures } = article.publication ?? {};
  return alertBox('ok',
    h('p.strong', massSent(article) ? '已群发给关注的人。' : '已发布到公众号。'),
    figures && h('p', { testid: 'mass-send-figures' }, `共 ${figures.total} 人，应收 ${figures.filtered} 人，收到 ${figures.sent} 人，没收到 ${figures.failed} 人。`),
    url && /^https?:\/\//.test(url) ? h('p', {}, h('a', { href: url, target: '_blank', rel: 'noopener noreferrer', testid: 'article-link' }, '看发布的文章')) : h('p', '链接还没有到，稍后再看。'),
    article.may.includes('withdraw') && h('div', {}, button('撤回群发', {
      danger: true,
      testid: 'article-withdraw',
      onclick: () => confirm({
        title: '撤回这次群发？',
        text: '聊天里的卡片还在，点开就看不到内容了。撤回后不能恢复。',
        yes: '撤回',
        danger: true,
        work: async () => {
          await show(await api.post(`/api/staff/articles/${article.id}/withdraw`));
          tell('正在撤回，稍后刷新可以看到结果。');
        },
      }),
    })));
}
