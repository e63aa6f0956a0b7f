// The way to the account: the button, the state as it moves, the failure and its repetition.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { alertBox, button, failure, tell } from './ui.js';

const STEPS = [['queued', '排队'], ['drafted', '传到公众号草稿'], ['submitted', '已提交，等微信发布'], ['published', '已发布']];

export function publishBox(article, show) {
  if (article.may.includes('publish')) return publishing(article, show, false);
  if (article.status === 'failed') return publishing(article, show, true);
  if (article.status === 'published') return published(article);
  if (article.status === 'publishing') return underway(article, show);
  return null;
}

function publishing(article, show, failed) {
  const may = article.may.includes('publish') || article.may.includes('retry');
  const reason = article.publication?.failure ?? article.failure ?? '原因不明。';
  return h('section.panel.stack.todo', { 'aria-labelledby': 'publish-title' },
    h('h2', { id: 'publish-title' }, failed ? '发布失败' : '三审都通过了，可以发布'),
    failed
      ? alertBox('bad', h('p', { testid: 'publish-failure' }, reason), h('p.small', '审核仍然算数。再试一次不会重复发布。'))
      : h('p', '发布后，文章会出现在公众号的主页上，谁都能看到。不会通知关注的人，也不会出现在他们的消息里。'),
    may ? publishButton(article, show, failed ? '再试一次' : '发布到公众号') : h('p.soft', '内容改过，要重新三审后才能再发布。'));
}

function publishButton(article, show, text) {
  const problems = h('div');
  return [problems, h('div', {}, button(text, {
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
  }))];
}

function underway(article, show) {
  const publication = article.publication ?? { state: 'queued', state_text: '排队' };
  const at = STEPS.findIndex(([state]) => state === publication.state);
  return h('section.panel.stack.todo', { 'aria-labelledby': 'publish-title' },
    h('h2', { id: 'publish-title' }, '正在发布'),
    h('p.soft', { role: 'status', testid: 'publication-state' }, publication.state_text),
    h('ol.steps', STEPS.map(([, text], index) => h('li', { 'data-state': index < at ? 'done' : index === at ? 'now' : 'later', 'aria-current': index === at ? 'step' : null },
      h('span.dot', { 'aria-hidden': 'true' }, index <= at ? '✓' : ''), text))),
    publication.failure && alertBox('warn', h('p', publication.failure), h('p.small', '系统会自己再试，请稍等。')),
    article.may.includes('retry') ? publishButton(article, show, '再试一次') : null,
    h('p.soft.small', '可以离开这一页，发布会继续。'));
}

function published(article) {
  const url = article.publication?.url;
  return alertBox('ok',
    h('p.strong', '已发布到公众号。'),
    url && /^https?:\/\//.test(url) ? h('p', {}, h('a', { href: url, target: '_blank', rel: 'noopener noreferrer', testid: 'article-link' }, '看发布的文章')) : h('p', '链接还没有到，稍后再看。'));
}
