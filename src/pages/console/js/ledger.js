// 投稿: what communities write in, what the desk makes of it, where it was sent, and what that
// is worth.

import { api } from './api.js';
import { photoWarning, projectField } from './news_belongs.js';
import { h } from './dom.js';
import { asId, askReason, field, formDialog } from './form.js';
import { may } from './roles.js';
import { go, reload } from './router.js';
import { day } from './time.js';
import { badge, button, empty, pageHead, table, tell } from './ui.js';

const KIND = { sent: 'info', taken: 'ok', refused: 'warn' };
const centre = (name) => name || '教育中心';

export async function page({ me, search, signal }) {
  const year = Number(search.get('year') ?? day().slice(0, 4));
  const [ledger, outlets, communities] = await Promise.all([
    api.get(`/api/staff/news-items?year=${year}`, { signal }),
    api.list('/api/staff/outlets', { signal }),
    may(me, 'news') ? api.list('/api/communities', { signal }) : [],
  ]);
  const desk = may(me, 'news');
  const open = outlets.filter((one) => !one.off);
  const write = () => button('写一条稿件', { main: true, icon: 'plus', testid: 'item-new', onclick: () => { handIn(desk, communities); } });
  return h('div.page', {},
    pageHead({
      title: '投稿', lead: desk ? '社区和中心的稿件，投到哪里，录用没有。一条稿件只算一次分，按录用的最高一家算。' : '把社区的新闻写给编辑，在这里看结果。',
      actions: [h('a.button', { href: '#/news/figures', testid: 'news-figures-open' }, '每月统计'), desk && h('a.button', { href: '#/ledger/outlets', testid: 'outlets-open' }, '媒体和分值'), write()].filter(Boolean),
    }),
    h('nav.row', { 'aria-label': '换年份' },
      h('a.button', { href: `#/ledger?year=${year - 1}` }, '上一年'), h('h2', `${year}年`), h('a.button', { href: `#/ledger?year=${year + 1}` }, '下一年')),
    h('div.panel.flush', {}, table({
      label: '各社区合计', testid: 'ledger-sums', rows: ledger.sums, none: empty('这一年还没有稿件。', '写一条，编辑会看到。'),
      columns: [
        { name: '社区', lead: true, cell: (sum) => h('span.strong', centre(sum.community_name)) },
        { name: '稿件', right: true, cell: (sum) => String(sum.items) },
        { name: '投出', right: true, cell: (sum) => String(sum.sent) },
        { name: '录用', right: true, cell: (sum) => String(sum.taken) },
        { name: '分', right: true, cell: (sum) => String(sum.points) },
      ],
    })),
    ledger.items.length > 0 && h('ul.check-list.panel.flush', { testid: 'ledger-items' }, ledger.items.map((item) => row(item, desk, open, signal))));
}

function row(item, desk, outlets, signal) {
  return h('li', { testid: `item-${item.id}` },
    h('div.row.spread', {}, h('span.strong', item.title), h('span', {}, badge(item.status_text, item.status_text === '已录用' ? 'ok' : item.status_text === '没有采用' ? 'warn' : 'info'), item.points > 0 && ` ${item.points} 分`)),
    h('p.small.soft', [centre(item.community_name), item.project, `${item.sent_by} · ${item.time_text}`].filter(Boolean).join(' · ')),
    item.pictures.length > 0 && [h('p', {}, badge('课堂照片', 'info'), ` ${item.pictures.length} 张，可以直接写成初稿。`), desk && h('ul.shots', item.pictures.map((one, at) => h('li', {}, h('img', { src: one.url, alt: `第 ${at + 1} 张`, loading: 'lazy' })))), desk && photoWarning(item.meeting_id, signal)],
    item.body && h('details', {}, h('summary', '看内容'), h('p.desk-text', item.body)),
    item.declined_for && h('p', `没有采用：${item.declined_for}`),
    item.submissions.length > 0 && h('ul', item.submissions.map((one) => h('li', {},
      one.outlet_name, ' ', badge(one.state_text, KIND[one.state]), h('span.small.soft', ` ${one.decided_on ?? one.sent_on}`),
      /^https?:\/\//.test(one.link) && [' ', h('a', { href: one.link, target: '_blank', rel: 'noopener noreferrer' }, '看文章')]))),
    h('div.row', {},
      desk && !item.article_id && !item.declined_for && button('写成文章', { testid: `item-take-${item.id}`, about: item.title, onclick: async () => { const { article_id } = await api.post(`/api/staff/news-items/${item.id}/article`); go(`#/news/${article_id}/edit`); } }),
      desk && item.article_id && h('a.button.quiet', { href: `#/news/${item.article_id}` }, '看写成的文章'),
      desk && !item.article_id && !item.declined_for && button('不采用', { quiet: true, testid: `item-decline-${item.id}`, about: item.title, onclick: () => decline(item) }),
      button('记投稿', { quiet: true, testid: `item-sent-${item.id}`, about: item.title, onclick: () => enter(item, outlets) })));
}

async function handIn(desk, communities) {
  const saved = await formDialog({
    title: '写一条稿件', wide: true, testid: 'item-dialog', submitText: '交给编辑',
    fields: [
      field({ name: 'title', label: '标题', required: true, full: true, count: 60 }),
      field({ name: 'body', label: '内容', type: 'textarea', rows: '8', full: true, maxlength: '5000', hint: '什么时间、在哪里、谁、做了什么。' }),
      projectField(''),
      desk && field({ name: 'community_id', label: '哪个社区的', type: 'select', read: asId, options: [['', '教育中心'], ...communities.map((one) => [one.id, one.name])] }),
    ],
    submit: async (values) => { await api.post('/api/staff/news-items', values); return true; },
  });
  if (saved) { await reload(); tell('交好了，编辑会看到。'); }
}

async function decline(item) {
  const done = await askReason({
    title: '不采用这条稿件？', label: '原因', hint: '社区会看到。', offers: ['内容太短', '已经发过', '图片不清楚'], submitText: '不采用', danger: true,
    submit: async ({ reason }) => { await api.post(`/api/staff/news-items/${item.id}/decline`, { reason }); return true; },
  });
  if (done) { await reload(); tell('已告诉社区。'); }
}

async function enter(item, outlets) {
  if (!outlets.length) { tell('还没有媒体。请编辑先在“媒体和分值”里添加。', 'bad'); return; }
  const saved = await formDialog({
    title: '记投稿', intro: item.title, testid: 'submission-dialog',
    fields: [
      field({ name: 'outlet_id', label: '投给哪里', type: 'select', required: true, read: asId, options: outlets.map((one) => [one.id, `${one.name}（${one.points} 分）`]) }),
      field({ name: 'state', label: '结果', type: 'select', required: true, options: [['sent', '已投，等回复'], ['taken', '已录用'], ['refused', '没有录用']] }),
      field({ name: 'sent_on', label: '投稿日期', type: 'date', value: day(), required: true, max: day() }),
      field({ name: 'decided_on', label: '回复日期', type: 'date', max: day(), hint: '录用或没有录用时填。' }),
      field({ name: 'link', label: '文章链接', full: true, maxlength: '500', placeholder: 'https://' }),
    ],
    submit: async (values) => { await api.put(`/api/staff/news-items/${item.id}/submissions`, { ...values, link: values.link ?? '' }); return true; },
  });
  if (saved) { await reload(); tell('记好了。'); }
}
