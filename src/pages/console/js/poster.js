// 签到海报: what hangs on the wall, for one class or for a place.

import { api } from './api.js';
import { h } from './dom.js';
import { button, pageHead } from './ui.js';

export const ofClass = (ctx) => page(ctx, 'classes', { href: '#/meetings', text: '课次' });
export const ofSite = (ctx) => page(ctx, 'sites', { href: '#/sites', text: '学习点' });

async function page({ about, params, signal }, what, back) {
  const poster = await api.get(`/api/staff/${what}/${params.id}/poster`, { signal });
  return h('div.page', {},
    pageHead({
      title: '签到海报', back, lead: '贴在教室里，一直能用。扫了不算签到，要老师或班长看到人，点了头才算。',
      actions: [button('打印', { main: true, testid: 'poster-print', onclick: () => { window.print(); } })],
    }),
    h('section.panel', {}, sheet(poster, about)));
}

function sheet(poster, about) {
  const image = h('img.qr', { testid: 'poster-qr', alt: '签到海报的二维码，请用微信扫', src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(poster.svg)}` });
  image.dataset.link = poster.link;
  return h('article.slip.poster', { testid: 'poster' },
    h('header', {}, h('p.small', about.centre_name), h('h2', '签到')),
    h('h3', poster.name), poster.lines.map((line) => h('p', line)),
    image,
    h('ol', {}, h('li', '打开微信，扫一扫这个码。'), h('li', '请老师或班长看一下，点个头。'), h('li', '没有手机？告诉老师名字就行。')));
}
