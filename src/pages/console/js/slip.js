// 报名单: one sheet in large type, to take home.

import { api } from './api.js';
import { h } from './dom.js';
import * as time from './time.js';
import { button, pageHead } from './ui.js';

export async function page({ about, params, signal }) {
  const slip = await api.get(`/api/staff/enrolments/${params.id}/slip`, { signal });
  return h('div.page', {},
    pageHead({
      title: '报名单', back: { href: `#/classes/${slip.class_id}/learners`, text: slip.class_name },
      actions: [button('打印', { main: true, testid: 'slip-print', onclick: () => { window.print(); } })],
    }),
    h('section.panel', {}, sheet(slip, about)));
}

/** What is printed; everything around it is not. */
export function sheet(slip, about) {
  const image = h('img.qr', { testid: 'slip-qr', alt: '微信扫一扫，看这个班', src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(slip.svg)}` });
  image.dataset.link = slip.link;
  const fact = (name, ...said) => [h('dt', name), h('dd', {}, said)];
  return h('article.slip', { testid: 'slip' },
    h('header', {}, h('p.small', about.centre_name), h('h2', '报名单')),
    h('p.person', {}, h('b', slip.name), h('span.numbers', `学员号 ${slip.learner_number}`)),
    h('h3', slip.class_name),
    h('p.state', slip.status_text),
    h('dl', {},
      fact('时间', slip.time_text),
      slip.next_meeting_at && fact('下一次课', time.spoken(slip.next_meeting_at)),
      fact('地点', `${slip.site_name} ${slip.room}`, slip.site_address && h('span.address', slip.site_address)),
      fact('老师', slip.teacher_name),
      fact('请带', '这张报名单、笔、老花镜')),
    h('footer', {}, image,
      h('div', {}, h('p', '用微信扫一扫，看课次和变动。'), about.phone && h('p', {}, '有事打电话：', h('b.tel.numbers', about.phone)))));
}
