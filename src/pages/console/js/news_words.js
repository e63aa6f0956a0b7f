// The words of the news desk, and the table of articles.

import { h } from './dom.js';
import { badge, table } from './ui.js';

export const STAGES = ['language', 'facts', 'direction'];
export const STAGE = { language: '文字审核', facts: '事实审核', direction: '导向审核' };
export const READER = { language: '编辑', facts: '科长', direction: '领导' };
const STAGE_OF_ROLE = { editor: 'language', section_head: 'facts', leader: 'direction' };
export const ACCOUNT_LIMITS = { title: 32, digest: 128, byline: 16, origin: 32 };

const KINDS = { draft: '', in_review: 'info', approved: 'ok', publishing: 'info', published: 'ok', failed: 'bad' };

export const statusBadge = (article) => {
  const element = badge(article.status_text, article.status === 'draft' && article.status_text !== '草稿' ? 'warn' : KINDS[article.status]);
  element.setAttribute('data-testid', 'article-status');
  element.setAttribute('data-status', article.status);
  return element;
};

/** The stage that this role reads for, in words. */
export const stageOf = (me) => STAGE[STAGE_OF_ROLE[me.role]] ?? '';

/** The next of the three stages, from what an article's card says. */
const nextStage = (article) => (article.status === 'in_review' ? STAGES.find((stage) => !article.passes.includes(stage)) : undefined);

/** Is it this person's turn? A card names its author only; the server knows more. */
export function waitingFor(me, article) {
  if (article.status === 'in_review') return nextStage(article) === STAGE_OF_ROLE[me.role] && article.author_name !== me.name;
  if (article.status === 'approved' || article.status === 'failed') return true;
  return article.status === 'draft' && article.status_text === '已退回' && article.author_name === me.name;
}

/** Three dots with words: which reviews hold. */
export function passes(article) {
  const done = STAGES.filter((stage) => article.passes.includes(stage)).map((stage) => STAGE[stage]);
  return h('span.passes', {}, h('span.sr', done.length ? `已通过：${done.join('、')}` : '都还没通过'), STAGES.map((stage) =>
    h(article.passes.includes(stage) ? 'span.pass.done' : 'span.pass', { 'aria-hidden': 'true' }, `${article.passes.includes(stage) ? '✓' : ''}${STAGE[stage].slice(0, 2)}`)));
}

export function articleList(articles, none) {
  return table({
    label: '文章',
    testid: 'article-table',
    rows: articles,
    none: none ?? '',
    rowTestid: (article) => `article-row-${article.id}`,
    columns: [
      { name: '标题', lead: true, cell: (article) => [h('a.title', { href: `#/news/${article.id}`, testid: `article-open-${article.id}` }, article.title || '（还没有标题）'), article.urgent_for && badge('急稿', 'bad'), article.open_remarks > 0 && badge(`${article.open_remarks} 条意见`, 'warn'), (article.project || article.community_name) && h('div.small.soft', [article.community_name, article.project, article.class_name].filter(Boolean).join(' · ')), article.failure && h('div.small.bad-text', article.failure)] },
      { name: '状态', cell: statusBadge },
      { name: '三审', cell: passes },
      { name: '作者', cell: (article) => h('span.nowrap', article.author_name) },
      { name: '最后改动', cell: (article) => article.time_text },
    ],
  });
}
