// 新闻: the list, and one article.

import { get } from '../api.js';
import { h, icon } from '../dom.js';
import { link } from '../parts.js';

export async function news() {
  const { items } = await get('/news');
  if (!items.length) return h('p.empty', {}, '还没有新闻。');
  return h('ul.cards', {}, items.map((one) => h('li', {}, h('a.card.link.news', { href: `#/news/${one.id}`, 'data-testid': 'news-card' },
    one.cover_url && h('img.cover', { src: one.cover_url, alt: '', loading: 'lazy' }),
    h('h2', {}, one.title),
    one.digest && h('p.small', {}, one.digest),
    h('p.small', {}, one.time_text)))));
}

export async function article({ id }) {
  const one = await get(`/news/${id}`);
  return h('article.article', { 'data-testid': 'article' },
    h('h2.name', {}, one.title),
    h('p.small', {}, [one.byline, one.origin && `来源：${one.origin}`, one.time_text].filter(Boolean).join(' · ')),
    h('div.prose', {}, prose(one.html)),
    one.url && h('a.button.second', { href: one.url, rel: 'noopener' }, icon('news'), '在公众号里看'),
    link('更多新闻', '#/news', 'second'));
}

const ALLOWED = 'A B BLOCKQUOTE BR CODE DEL DIV EM FIGCAPTION FIGURE H1 H2 H3 H4 HR I IMG LI OL P PRE S SMALL SPAN STRONG SUB SUP TABLE TBODY TD TH THEAD TR U UL'.split(' ');
const HEADINGS = { H1: 'h3', H2: 'h3', H3: 'h4', H4: 'h5' };

/** The service has cleaned it; what a page shows is checked once more where it is shown. */
function prose(html) {
  return copies(new DOMParser().parseFromString(html, 'text/html').body);
}

function copies(parent) {
  return [...parent.childNodes].map((node) => {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) return null;
    const name = node.tagName;
    if (!ALLOWED.includes(name)) return /^(SCRIPT|STYLE|TEMPLATE|IFRAME|OBJECT|SVG)$/i.test(name) ? null : copies(node);
    if (name === 'IMG') return picture(node);
    if (name === 'A') return anchor(node);
    const copy = h(HEADINGS[name] || name.toLowerCase(), {}, copies(node));
    if (name === 'OL' && node.start > 1) copy.start = node.start;
    return name === 'TABLE' ? h('div.wide', { tabindex: '0', role: 'group', 'aria-label': '表格，可以左右移动' }, copy) : copy;
  });
}

function picture(node) {
  const source = node.getAttribute('src') || '';
  return source.startsWith('/api/pictures/') && h('img', { src: source, alt: node.getAttribute('alt') || '', loading: 'lazy' });
}

function anchor(node) {
  const href = node.getAttribute('href') || '';
  return /^https?:\/\//.test(href) ? h('a', { href, rel: 'noopener noreferrer' }, copies(node)) : copies(node);
}
