// 连接公众号: a link from the chat is confirmed here, or a code is shown to be scanned.

import { get, post } from '../api.js';
import { h, lead, put } from '../dom.js';
import { button, keepWord, link, note } from '../parts.js';
import { instead } from '../routes.js';

export async function linkPage({ query }) {
  const code = query.get('code');
  const { linked, account_name: name } = await get('/me/account-link');
  if (linked && !code) return [note('good', 'check', h('p.strong', {}, `公众号“${name}”已经连上了。`), '可以在那里直接问：上课时间、学时、候补。'), link('回首页', '#/', 'second')];
  return code ? confirm(code, name) : show(name);
}

function confirm(code, name) {
  const work = async () => {
    await post('/me/account-link', { code });
    keepWord(`公众号“${name}”连上了。`);
    instead('/');
  };
  return [
    h('section.card', {}, h('h2', {}, '连上公众号'),
      h('p', {}, `连上以后，在“${name}”里就能问到您自己的课。`),
      h('p.strong', {}, '这个链接是您自己在公众号里点开的吗？'),
      h('p', {}, '别人发来的链接，请不要连。')),
    button('是我点的，连上', { kind: 'main', busy: '正在连…', id: 'link-confirm', work, once: true }),
    link('不连', '#/', 'second'),
  ];
}

function show(name) {
  const place = h('div');
  const work = async () => {
    const { svg } = await post('/me/follow-code');
    // The service drew it; as a picture nothing in it can run.
    put(place, h('section.card', {}, h('h2', {}, '用微信扫一扫'),
      h('img.code', { src: `data:image/svg+xml,${encodeURIComponent(svg)}`, alt: '连接公众号的二维码', width: '260', height: '260', 'data-testid': 'follow-code' }),
      h('p', {}, '扫好点“关注公众号”，就连上了。十分钟内有效。'), h('p.hint', {}, '请不要给别人扫。')));
    lead(place.firstChild);
  };
  return [
    h('section.card', {}, h('h2', {}, '在公众号里连'), h('p', {}, `打开“${name}”，写“绑定”两个字，点收到的链接。`)),
    button('显示二维码', { kind: 'second', busy: '请稍等…', id: 'follow-code-button', work, once: true }), place,
    link('回首页', '#/', 'second'),
  ];
}
