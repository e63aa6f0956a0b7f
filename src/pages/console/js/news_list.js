// 新闻: all articles, by where they stand.

import { api, query } from './api.js';
import { h } from './dom.js';
import { silenceBox } from './news_alarms.js';
import { articleList } from './news_words.js';
import { empty, pageHead } from './ui.js';

const FILTERS = [['', '全部'], ['draft', '草稿'], ['in_review', '审核中'], ['approved', '三审通过'], ['publishing', '正在发布'], ['published', '已发布'], ['failed', '发布失败']];

export async function page({ search, signal }) {
  const status = search.get('status') ?? '';
  const [articles, alarms] = await Promise.all([api.list(`/api/staff/articles${query({ status })}`, { signal }), api.get('/api/staff/news-alarms', { signal })]);
  const write = () => h('a.button.main', { href: '#/news/new', testid: 'article-new' }, '写文章');
  return h('div.page', {},
    pageHead({ title: '新闻', lead: '文章由三个人分别审核文字、事实和导向，都通过后才能发布到公众号。', actions: [h('a.button', { href: '#/news/calendar', testid: 'news-calendar-open' }, '发布日历'), h('a.button', { href: '#/news/words' }, '词语表'), write()] }),
    silenceBox(alarms),
    h('nav.tabs', { 'aria-label': '按状态看' }, FILTERS.map(([key, text]) =>
      h('a', { href: key ? `#/news?status=${key}` : '#/news', testid: `articles-${key || 'all'}`, 'aria-current': key === status ? 'page' : null }, text))),
    h('div.panel.flush', {}, articleList(articles, status
      ? empty(`没有“${FILTERS.find(([key]) => key === status)?.[1] ?? status}”的文章。`, '可以看看其他状态。', h('a.button', { href: '#/news' }, '看全部'))
      : empty('还没有文章。', '写好后交给三位同事审核，就能发布。', write().cloneNode(true)))));
}
