// The three reviews: who passed what, whose turn it is, and the verdict.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { field } from './form.js';
import { READER, STAGE, STAGES } from './news_words.js';
import { alertBox, badge, button, empty, failure, tell } from './ui.js';

/** The stages in their order, each with its state in words. */
export function stages(article) {
  return h('ol.stages', STAGES.map((stage) => {
    const pass = article.reviews.find((review) => review.stage === stage && review.verdict === 'pass' && review.holds);
    const turn = article.next_stage === stage;
    const state = pass ? badge('✓ 通过', 'ok') : turn ? badge('等这一审', 'info') : badge('未到');
    return h('li', { testid: `stage-${stage}`, 'data-state': pass ? 'passed' : turn ? 'next' : 'later' },
      h('div.grow', {}, h('span.strong', STAGE[stage]), h('span.soft.small', pass ? `${pass.reviewer_name} · ${pass.time_text}` : `由${READER[stage]}审`)),
      state);
  }));
}

/** `reader` reads the text aloud, for the third proof-reading. */
export function reviewBox(ctx, article, show, reader) {
  if (article.status !== 'in_review' || !article.next_stage) return null;
  const stage = article.next_stage;
  if (!article.may.includes('review')) {
    return alertBox('info', h('p', { testid: 'review-refused' }, whyNot(ctx.me, article, stage)));
  }
  const remark = field({ name: 'remark', label: '意见', type: 'textarea', rows: '3', full: true, hint: '退回时要写，作者会看到。通过时可以不写。', testid: 'review-remark' });
  const proof = field({ name: 'proofread', label: `做好了${article.next_proof}`, type: 'checkbox', full: true, testid: 'review-proof' });
  const problems = h('div');
  const give = async (verdict) => {
    put(problems);
    proof.show(null);
    if (verdict === 'pass' && !proof.input.checked) {
      proof.show('通过前要先校对，做好了请打勾。');
      proof.input.focus();
      return;
    }
    if (verdict === 'return' && !remark.input.value.trim()) {
      remark.show('请写意见：哪里要改。');
      remark.input.focus();
      return;
    }
    try {
      const fresh = await api.post(`/api/staff/articles/${article.id}/reviews`, {
        content_hash: article.content_hash, stage, verdict, remark: remark.input.value.trim() || null, proofread: proof.input.checked,
      });
      await show(fresh);
      tell(verdict === 'pass' ? `${STAGE[stage]}已通过。` : '已退回给作者。');
    } catch (error) {
      if (isGone(error)) return;
      put(problems, failure(error));
      if (error.status === 409) {
        problems.append(h('div.row', {}, button('看最新的文章', { onclick: () => show() })));
      }
    }
  };
  return h('section.panel.stack.todo', { 'aria-labelledby': 'review-title' },
    h('h2', { id: 'review-title' }, `请您做${STAGE[stage]}`),
    h('p.soft', { language: '看错别字、语句和标点。', facts: '核对时间、地点、人名和数字。', direction: '看内容是否合适发布。' }[stage]),
    stage === 'direction' ? reader : null,
    proof.element, remark.element, problems,
    h('div.form-end', {},
      button('通过', { main: true, testid: 'review-pass', onclick: () => give('pass') }),
      button('退回给作者', { danger: true, testid: 'review-return', onclick: () => give('return') })));
}

function whyNot(me, article, stage) {
  const role = READER[stage];
  const mine = { language: 'editor', facts: 'section_head', direction: 'leader' }[stage] === me.role;
  if (article.author_id === me.id) return `这篇文章是您写的，不能自己审。现在等另一位${role}做${STAGE[stage]}。`;
  if (mine) return `您写过、改过或已经审过这篇文章。三审要三个不同的人，请另一位${role}来做${STAGE[stage]}。`;
  return `现在等${role}做${STAGE[stage]}。`;
}

/** All verdicts, the newest first; those on older texts say so. */
export function history(article) {
  if (!article.reviews.length) return null;
  return h('section.panel.stack', { 'aria-label': '审核记录' },
    h('h2', '审核记录'),
    h('ol.history', [...article.reviews].reverse().map((review) => h('li', {},
      h('div.row.tight', {},
        badge(review.verdict === 'pass' ? '通过' : '退回', review.verdict === 'pass' ? 'ok' : 'warn'),
        h('span', `${review.reviewer_name} · ${STAGE[review.stage] ?? review.stage_text}`),
        review.verdict === 'pass' && !review.holds ? badge('内容改过，不再算数') : null),
      h('div.small.soft', `${review.time_text} · 第 ${review.version} 版`),
      review.remark && h('div', `意见：${review.remark}`)))));
}

/** What was done and tried, fetched when it is opened. */
export function trace(article) {
  const place = h('div.fold-body', h('p.soft', '正在打开…'));
  let asked = false;
  const details = h('details.panel.flush.fold', { testid: 'article-trace' }, h('summary', '经过'), place);
  details.addEventListener('toggle', async () => {
    if (asked || !details.open) return;
    asked = true;
    try {
      const items = await api.list(`/api/staff/articles/${article.id}/trace`);
      put(place, items.length ? h('ol.history', items.map((item) => h('li', { 'data-action': item.action },
        h('div.row.tight', {}, h('span.strong', item.text), item.action === 'news.refused' ? badge('有人想绕过审核', 'bad') : null),
        h('div.small.soft', `${item.by || '系统'} · ${item.time_text}`),
        item.action === 'news.withdraw' || item.action === 'news.urgent' ? h('div.small', item.detail.replace(/^publication:\d+ /, '')) : null))) : empty('还没有送审。'));
    } catch (error) {
      asked = false;
      put(place, failure(error));
    }
  });
  return details;
}
