// 新闻: all articles, by where they stand.

import { api, query } from './api.js';
import { h } from './dom.js';
import { silenceBox } from './news_alarms.js';
import { PROJECTS } from './news_belongs.js';
import { articleList } from './news_words.js';
import { go } from './router.js';
import { empty, pageHead } from './ui.js';

const FILTERS = [['', '全部'], ['draft', '草稿'], ['in_review', '审核中'], ['approved', '三审通过'], ['publishing', '正在发布'], ['published', '已发布'], ['failed', '发布失败']];

export async function page({ search, signal }) {
  const status = search.get('status') ?? '';
  const community = search.get('community') ?? '';
  const project = search.get('project') ?? '';
  const [articles, alarms, communities] = await Promise.all([api.list(`/api/staff/articles${query({ status, community_id: community, project })}`, { signal }), api.get('/api/staff/news-alarms', { signal }), api.list('/api/communities', { signal })]);
  const href = (more) => `#/news${query({ status, community, project, ...more })}`;
  const pick = (label, name, value, options) => h('label.row.tight', {}, label, h('select.input', { 'aria-label': label, testid: `articles-by-${name}`, onchange: (event) => { go(href({ [name]: event.target.value })); }, value }, options.map(([key, text]) => h('option', { value: String(key), selected: String(key) === value }, text))));
  const write = () => h('a.button.main', { href: '#/news/new', testid: 'article-new' }, '写文章');
  return h('div.page', {},
    pageHead({ title: '新闻', lead: '文章由三个人分别审核文字、事实和导向，都通过后才能发布到公众号。', actions: [h('a.button', { href: '#/news/issue', testid: 'news-issue-open' }, '多图文'), h('a.button', { href: '#/news/calendar', testid: 'news-calendar-open' }, '发布日历'), h('a.button', { href: '#/news/words' }, '词语表'), write()] }),
    silenceBox(alarms),
    h('nav.tabs', { 'aria-label': '按状态看' }, FILTERS.map(([key, text]) =>
      h('a', { href: href({ status: key }), testid: `articles-${key || 'all'}`, 'aria-current': key === status ? 'page' : null }, text))),
    h('div.row', { role: 'group', 'aria-label': '按归属看' },
      pick('社区', 'community', community, [['', '全部'], ...communities.map((one) => [one.id, one.name])]),
      pick('项目', 'project', project, [['', '全部'], ...PROJECTS.map((name) => [name, name])])),
    h('div.panel.flush', {}, articleList(articles, status || community || project
      ? empty('没有这样的文章。', '可以换一个状态、社区或项目看看。', h('a.button', { href: '#/news' }, '看全部'))
      : empty('还没有文章。', '写好后交给三位同事审核，就能发布。', write().cloneNode(true)))));
}
