// Remarks at a place: made on a selection, answered, settled; while one is open nothing is passed.

import { api } from './api.js';
import { h } from './dom.js';
import { field, formDialog } from './form.js';
import { badge, button, tell } from './ui.js';

/** What was selected last inside an element: a tap on a button takes a selection away. */
export function selectionIn(element, ctx) {
  let last = '';
  const note = () => {
    const chosen = document.getSelection();
    if (chosen.rangeCount && element.contains(chosen.anchorNode) && element.contains(chosen.focusNode) && String(chosen).trim()) last = String(chosen).trim();
  };
  document.addEventListener('selectionchange', note);
  ctx.left(() => document.removeEventListener('selectionchange', note));
  return { take: () => { const text = last; last = ''; return text; } };
}

export function remarksBox(article, selection, show) {
  const may = article.may.includes('remark');
  if (!may && !article.remarks.length) return null;
  const open = article.remarks.filter((one) => !one.settled_by);
  const settled = article.remarks.filter((one) => one.settled_by);
  return h('section.panel.stack', { 'aria-label': '意见' },
    h('div.row.spread', {}, h('h2', {}, '意见 ', open.length ? badge(`${open.length} 条要处理`, 'warn') : null),
      may && button('在这里提意见', { testid: 'remark-new', onclick: () => make(article, selection.take(), show) })),
    may && h('p.small.soft', '先在全文里选中要改的字，再按“在这里提意见”。有意见没处理好，就不能通过。'),
    open.length > 0 && h('ol.remarks', open.map((one, index) => line(one, index + 1, show))),
    settled.length > 0 && h('details.fold', {}, h('summary', `处理好的（${settled.length}）`), h('ol.remarks', settled.map((one) => line(one, null, show)))));
}

function line(one, number, show) {
  return h('li', { testid: `remark-${one.id}` },
    h('p', {}, number && h('span.strong', `${number}. `), h('q', one.quote), !one.stands && badge('原文已改', 'info')),
    h('p', {}, h('span.strong', one.made_by), '：', one.text),
    one.answer && h('p', {}, h('span.strong', one.answered_by), ' 答：', one.answer),
    h('p.small.soft', one.settled_by ? `${one.settled_by} 定为处理好了 · ${one.time_text}` : one.time_text),
    (one.may_answer || one.may_settle) && h('div.row.tight', {},
      one.may_answer && button(one.answer ? '改答复' : '答复', { testid: `remark-answer-${one.id}`, about: one.quote, onclick: () => answer(one, show) }),
      one.may_settle && button('处理好了', { testid: `remark-settle-${one.id}`, about: one.quote, onclick: async () => { await show(await api.post(`/api/staff/remarks/${one.id}/settle`)); tell('这条意见处理好了。'); } })));
}

async function make(article, quote, show) {
  const fresh = await formDialog({
    title: '提意见',
    testid: 'remark-dialog',
    fields: [
      field({ name: 'quote', label: '原文', type: 'textarea', rows: '2', value: quote.slice(0, 200), required: true, full: true, count: 200, hint: quote ? null : '没有选中文字。请把要改的字照抄在这里。' }),
      field({ name: 'text', label: '意见', type: 'textarea', rows: '3', required: true, full: true, autofocus: Boolean(quote), maxlength: '1000', hint: '写清楚要怎么改。' }),
    ],
    submitText: '提出',
    submit: ({ quote: words, text }) => api.post(`/api/staff/articles/${article.id}/remarks`, { content_hash: article.content_hash, quote: words, text }),
  });
  if (fresh) { await show(fresh); tell('意见提好了，作者会看到。'); }
}

async function answer(one, show) {
  const fresh = await formDialog({
    title: '答复意见',
    intro: [`“${one.quote}”`, one.text],
    testid: 'answer-dialog',
    fields: [field({ name: 'text', label: '答复', type: 'textarea', rows: '3', value: one.answer ?? '', required: true, full: true, maxlength: '1000', hint: '已经改了，就写怎么改的；不改，就写为什么。' })],
    submitText: '答复',
    submit: (values) => api.post(`/api/staff/remarks/${one.id}/answer`, values),
  });
  if (fresh) { await show(fresh); tell('答复好了。'); }
}

/** Marks the places of open remarks in the article, with their numbers. */
export function markPlaces(body, remarks) {
  const open = remarks.filter((one) => !one.settled_by);
  open.forEach((one, index) => {
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.data.indexOf(one.quote);
      if (at < 0 || node.parentElement.closest('mark')) continue;
      const place = node.splitText(at);
      place.splitText(one.quote.length);
      const mark = h('mark', { 'data-number': String(index + 1) });
      place.replaceWith(mark);
      mark.append(place);
      break;
    }
  });
}
