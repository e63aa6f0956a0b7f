// 学员卡: one large sheet to cut out, and a new one for who lost theirs.

import { api } from './api.js';
import { h, put } from './dom.js';
import { askReason } from './form.js';
import { button, pageHead, tell } from './ui.js';

export async function page({ about, params, signal }) {
  const path = `/api/staff/residents/${params.id}/card`;
  const place = h('section.panel');
  const show = (card) => put(place, sheet(card, about));
  const card = await api.post(path, null, { signal });
  show(card);
  const replace = async () => {
    const fresh = await askReason({
      title: `给${card.name}换一张卡？`, intro: ['旧卡马上不能用，手机上的也换成新的。'], offers: ['卡丢了', '卡坏了，扫不出来'], submitText: '换新卡',
      submit: (values) => api.post(`${path}/replace`, values),
    });
    if (!fresh) return;
    show(fresh);
    tell('新卡好了，请打印。');
  };
  return h('div.page', {},
    pageHead({
      title: '学员卡', back: { href: '#/residents', text: '居民' }, lead: '打印后交给本人。谁打印过，会记下来。',
      actions: [button('打印', { main: true, testid: 'card-print', onclick: () => { window.print(); } }), button('卡丢了，换一张', { testid: 'card-replace', onclick: replace })],
    }),
    place);
}

function sheet(card, about) {
  const image = h('img.qr', { testid: 'card-qr', alt: '学员卡二维码，给老师扫', src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(card.svg)}` });
  image.dataset.link = card.link;
  return h('article.slip.learner-card', { testid: 'card' },
    h('header', {}, h('p.small', about.centre_name), h('h2', '学员卡')),
    h('p.whose', card.name),
    image,
    h('p', '学员号'), h('p.number.numbers', card.learner_number),
    h('footer', {}, h('div', {}, h('p', '上课时给老师扫一下。'), about.phone && h('p', {}, '丢了打电话：', h('b.tel.numbers', about.phone)))));
}
