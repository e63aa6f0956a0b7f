// One article: how it looks, where it stands, and what this person may do with it.

import { api } from './api.js';
import { phone } from './article_view.js';
import { h, put } from './dom.js';
import { versions } from './news_changes.js';
import { belongsBox, photoWarning } from './news_belongs.js';
import { checkBox } from './news_check.js';
import { platformBox } from './news_platform.js';
import { publishBox } from './news_publish.js';
import { markPlaces, remarksBox, selectionIn } from './news_remarks.js';
import { history, reviewBox, stages, trace } from './news_review.js';
import { urgency } from './news_urgent.js';
import { statusBadge } from './news_words.js';
import { aloud } from './aloud.js';
import { badge, pageHead } from './ui.js';

const REFRESH_MS = 2000;

export async function page(ctx) {
  const path = `/api/staff/articles/${ctx.params.id}`;
  let article = await api.get(path, { signal: ctx.signal });
  const element = h('div.page');
  const view = phone(ctx.about.account_name);
  const selection = selectionIn(view.screen, ctx);
  const check = checkBox({ signal: ctx.signal });
  const platform = platformBox(ctx);
  const reader = aloud(() => [view.screen.querySelector('.wx-title'), ...view.body().children]);
  ctx.left(reader.stop);
  let following = false;

  /** Everything is drawn anew from what the server said; `fresh` is left out to ask again. */
  async function show(fresh) {
    article = fresh ?? await api.get(path, { signal: ctx.signal });
    reader.stop();
    view.show(article);
    markPlaces(view.body(), article.remarks);
    const before = ['draft', 'in_review'].includes(article.status);
    if (before) check.refresh(article.id); else check.element.hidden = true;
    platform.refresh(article.id, article.status === 'published');
    const edit = article.may.includes('edit') ? [h('a.button', { href: `#/news/${article.id}/edit`, testid: 'article-edit' }, '修改')] : [];
    const hadFocus = element.contains(document.activeElement) && document.activeElement !== document.body;
    put(element,
      pageHead({
        title: article.title || '（还没有标题）',
        badges: [statusBadge(article), article.urgent_for && badge('急稿', 'bad')],
        lead: `${article.author_name} · 第 ${article.version} 版 · 改于${article.time_text}`,
        back: { href: '#/news', text: '新闻' },
        actions: edit,
      }),
      h(article.may.includes('review') ? 'div.article-columns.reading' : 'div.article-columns', {},
        h('div.side-stack', {},
          photoWarning(article.meeting_id, ctx.signal),
          reviewBox(ctx, article, show, reader.element),
          publishBox(article, show),
          remarksBox(article, selection, show),
          urgency(article, show),
          check.element,
          platform.element,
          h('section.panel.stack', { 'aria-label': '三审' }, h('h2', '三审'), stages(article)),
          belongsBox(article, show),
          history(article),
          versions(article, show),
          trace(article)),
        h('div.preview-side', {}, h('h2', '全文，像在手机上'), article.digest && h('p.soft.small', `摘要：${article.digest}`), view.element)));
    if (hadFocus) element.querySelector('h1').focus({ preventScroll: true });
    follow();
  }

  function follow() {
    if (following || article.status !== 'publishing') return;
    following = true;
    ctx.every(REFRESH_MS, async () => {
      const fresh = await api.get(path, { signal: ctx.signal });
      const moved = JSON.stringify([fresh.status, fresh.publication, fresh.may]) !== JSON.stringify([article.status, article.publication, article.may]);
      if (moved) await show(fresh);
      following = fresh.status === 'publishing';
      return following ? REFRESH_MS : false;
    });
  }

  await show(article);
  return element;
}
