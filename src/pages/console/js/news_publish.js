// The two ways to the account: the buttons, the state as it moves, the failure and its repetition.

import { api, isGone } from './api.js';
import { download } from './download.js';
import { h, put } from './dom.js';
import { askReason, field, formDialog } from './form.js';
import { addDays, day, fromInput, spoken } from './time.js';
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
    may ? [problems, previewWay(article), plainWay(article, show, problems, failed), massWay(article, show), planWay(article, show), handWay(article, show)]
      : h('p.soft', article.open_remarks ? '还有意见没有处理好，处理好才能发布。' : article.publication?.withdrawn_for ? '正在撤下，请稍等。' : '内容改过，要重新三审后才能再发布。'));
}

/** Tomorrow morning, when people are up. */
const usual = () => `${addDays(day(), 1)}T09:00`;

function planWay(article, show) {
  if (!article.may.includes('plan')) return null;
  return h('div.stack', {},
    h('p', '定时：到时间自己发出去。到时候会再核对一遍三审。', h('a', { href: '#/news/issue' }, '几篇一起发，用“多图文”')),
    h('div', {}, button('定一个时间', {
      testid: 'article-plan',
      onclick: async () => {
        const fresh = await formDialog({
          title: '定时发布',
          testid: 'plan-dialog',
          fields: [
            field({ name: 'way', label: '方式', type: 'select', required: true, options: [['publish', '发布（不通知）'], ...(article.mass_send.able ? [['mass_send', '群发（通知每个人）']] : [])] }),
            field({ name: 'at', label: '时间', type: 'datetime-local', value: usual(), required: true, read: (text) => (text ? fromInput(text.slice(0, 16)) : null) }),
          ],
          submitText: '定好',
          submit: (values) => api.post(`/api/staff/articles/${article.id}/plan`, values),
        });
        if (fresh) { await show(fresh); tell('时间定好了。'); }
      },
    })));
}

/** Where the account may not publish by itself, a person does. */
function handWay(article, show) {
  if (!article.may.includes('export')) return null;
  return h('details.fold', { testid: 'by-hand' },
    h('summary', '公众号不能自动发布？手工发布'),
    h('ol.plain-steps', {},
      h('li', {}, '下载全文，用浏览器打开。', h('div', {}, button('下载全文（带图片）', { testid: 'article-export', onclick: async () => { await download('POST', `/api/staff/articles/${article.id}/export`); tell('已下载。'); } }))),
      h('li', '全选、复制，粘贴到公众号后台的图文里，上传封面，发布。'),
      h('li', {}, '发好后，把文章的链接登记在这里。', h('div', {}, button('登记链接', {
        testid: 'article-by-hand',
        onclick: async () => {
          const fresh = await formDialog({
            title: '登记手工发布',
            testid: 'by-hand-dialog',
            fields: [field({ name: 'link', label: '链接', required: true, full: true, maxlength: '500', placeholder: 'https://mp.weixin.qq.com/s/…', hint: '在公众号里打开文章，按“复制链接”。' })],
            submitText: '登记',
            submit: (values) => api.post(`/api/staff/articles/${article.id}/by-hand`, values),
          });
          if (fresh) { await show(fresh); tell('已登记。'); }
        },
      })))));
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
  if (article.may.includes('call_off')) return planned(article, show);
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
    issueLine(article),
    h('p.soft.small', '可以离开这一页，系统会继续做完。'));
}

function planned(article, show) {
  return h('section.panel.stack.todo', { 'aria-labelledby': 'publish-title' },
    h('h2', { id: 'publish-title' }, massSent(article) ? '定时群发' : '定时发布'),
    h('p', { testid: 'publication-state' }, `${article.publication.state_text}。到时间自己发出去。`),
    issueLine(article),
    article.publication.issue && h('p.small.soft', '取消的话，整期都取消。'),
    h('div', {}, button('取消定时', {
      testid: 'article-call-off',
      onclick: async () => { await show(await api.post(`/api/staff/articles/${article.id}/call-off`)); tell('定时已取消。'); },
    })));
}

/** It goes with others: which, and in which order. */
function issueLine(article) {
  const issue = article.publication?.issue;
  if (!issue) return null;
  return h('div', { testid: 'article-issue' },
    h('p', `和别的文章一起发，这是第 ${issue.place} 篇，共 ${issue.articles.length} 篇：`),
    h('ol', issue.articles.map((one) => h('li', {}, one.id === article.id ? h('span.strong', one.title) : h('a', { href: `#/news/${one.id}` }, one.title)))));
}

/** WeChat tells the administrator alone, so this is said of every send that takes long. */
function confirming(until) {
  if (!until) return null;
  return alertBox('info',
    h('p.strong', { testid: 'mass-confirm' }, `请公众号管理员看一下微信，在${spoken(until)}前点“确认”。`),
    h('p.small', '开了群发保护才要确认，到时没点就不会发出。没开的，请再等一等。'));
}

const DONE = { publish: '已发布到公众号。', mass_send: '已群发给关注的人。', by_hand: '已登记为手工发布。' };

function published(article, show) {
  const { url, figures, way, reads_text: reads } = article.publication ?? {};
  return alertBox('ok',
    h('p.strong', DONE[way] ?? DONE.publish),
    figures && h('p', { testid: 'mass-send-figures' }, `共 ${figures.total} 人，应收 ${figures.filtered} 人，收到 ${figures.sent} 人，没收到 ${figures.failed} 人。`),
    url && /^https?:\/\//.test(url) ? h('p', {}, h('a', { href: url, target: '_blank', rel: 'noopener noreferrer', testid: 'article-link' }, '看发布的文章')) : h('p', '链接还没有到，稍后再看。'),
    issueLine(article),
    reads && h('p', { testid: 'article-reads' }, reads),
    article.may.includes('withdraw') && h('div', {}, button('撤下这篇文章', {
      danger: true,
      testid: 'article-withdraw',
      onclick: async () => {
        const fresh = await askReason({
          title: '撤下这篇文章？',
          intro: [way === 'mass_send' ? '聊天里的卡片还在，点开就看不到内容了。' : way === 'by_hand' ? '这里马上看不到。公众号上的要到后台自己删。' : '公众号和网页上都看不到了。', '撤下后不能恢复，只能重新发布。'],
          offers: ['内容有错', '当事人不同意', '上级要求'],
          label: '为什么撤下',
          submitText: '撤下',
          danger: true,
          submit: ({ reason }) => api.post(`/api/staff/articles/${article.id}/withdraw`, { reason }),
        });
        if (fresh) { await show(fresh); tell('正在撤下，稍后刷新可以看到结果。'); }
      },
    })));
}
