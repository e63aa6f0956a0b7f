// An article as it looks on a phone.
//
// The server has cleaned the HTML. As a second lock it is rebuilt here from an
// allow-list, so that nothing of it can run even if the first lock failed.

import { h, put } from './dom.js';

const TAGS = new Set(['P', 'BR', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'STRONG', 'B', 'EM', 'I', 'U', 'S', 'DEL', 'UL', 'OL', 'LI', 'BLOCKQUOTE', 'HR', 'A', 'IMG', 'FIGURE', 'FIGCAPTION', 'SMALL', 'SUP', 'SUB', 'CODE', 'PRE', 'TABLE', 'THEAD', 'TBODY', 'TR', 'TH', 'TD', 'SPAN', 'DIV', 'SECTION']);
const SWALLOWED = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'EMBED', 'NOSCRIPT', 'TITLE', 'TEXTAREA', 'SELECT']);

function cleaned(html) {
  const out = document.createDocumentFragment();
  copy(new DOMParser().parseFromString(html, 'text/html').body, out);
  return out;
}

function copy(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || SWALLOWED.has(node.tagName)) continue;
    if (!TAGS.has(node.tagName)) {
      copy(node, to);
      continue;
    }
    const made = document.createElement(node.tagName);
    if (node.tagName === 'IMG') picture(node, made);
    if (node.tagName === 'A') link(node, made);
    if (node.tagName === 'SMALL') caption(node, to);
    copy(node, made);
    to.append(made);
  }
}

/** Pictures of our own only; those not yet published are for staff. */
function picture(node, made) {
  const id = /(?:\/pictures\/|^picture:)(\d+)$/.exec(node.getAttribute('src') ?? '')?.[1];
  if (id) made.src = pictureUrl(id);
  made.alt = node.getAttribute('alt') ?? '';
  made.loading = 'lazy';
}

/** A caption that repeats the picture's description is read once. */
function caption(node, to) {
  const image = to.lastElementChild?.tagName === 'BR' ? to.lastElementChild.previousElementSibling : to.lastElementChild;
  if (image?.tagName === 'IMG' && image.alt === node.textContent) image.alt = '';
}

function link(node, made) {
  const href = node.getAttribute('href') ?? '';
  if (!/^https?:\/\//i.test(href)) return;
  made.href = href;
  made.target = '_blank';
  made.rel = 'noopener noreferrer';
}

export const pictureUrl = (id) => `/api/staff/pictures/${id}`;

/** A phone with the article in it, in normal or large type: `{element, screen, body(), show(article)}`. */
export function phone(accountName) {
  const screen = h('article.screen', { tabindex: '0', 'aria-label': '手机上的样子', testid: 'article-preview' });
  const sizes = [['普通字', false], ['大字', true]].map(([text, large]) => h('button.button', {
    type: 'button', 'aria-pressed': String(!large), testid: large ? 'preview-large' : 'preview-normal',
    onclick: (event) => {
      screen.classList.toggle('large', large);
      for (const one of sizes) one.setAttribute('aria-pressed', String(one === event.currentTarget));
    },
  }, text));
  return {
    element: h('div.stack.tight', {}, h('div.row.tight.sizes', { role: 'group', 'aria-label': '字的大小' }, sizes), h('div.phone', {}, screen)),
    screen,
    body: () => screen.querySelector('.wx-body'),
    show(article) {
      const top = screen.scrollTop;
      put(screen,
        h('p.wx-title', article.title || '（还没有标题）'),
        h('p.wx-by', {}, [article.origin, article.byline].filter(Boolean).join('　'), ' ', h('span', accountName)),
        h('div.wx-body', {}, article.html ? cleaned(article.html) : h('p.soft', '（还没有正文）')));
      screen.scrollTop = top;
    },
  };
}
