// 绑定微信: as whose WeChat is asked about what an editor writes.

import { api } from './api.js';
import { h, put } from './dom.js';
import { clockText } from './time.js';
import { badge, button, confirm, tell } from './ui.js';

export function wechatLink({ signal, every }) {
  const place = h('div.stack', {});
  const element = h('section.panel.stack', { 'aria-labelledby': 'wechat-link', testid: 'wechat-link' },
    h('h2', { id: 'wechat-link' }, '绑定我的微信'),
    h('p.soft', '微信只检查“有人写的”文章。绑定以后，就能请微信检查您写的文字和图片。不会给您发消息，也不给别的权限。'), place);

  const show = ({ linked, since_text }) => put(place,
    h('p', {}, linked ? badge('已绑定', 'ok') : badge('没有绑定'), since_text && ` ${since_text}`),
    h('div.row', {},
      button(linked ? '换一个微信' : '绑定', { main: !linked, testid: 'wechat-link-code', onclick: code }),
      linked && button('取消绑定', { quiet: true, testid: 'wechat-unlink', onclick: () => confirm({ title: '取消绑定？', text: '以后不能请微信检查您的文章。', yes: '取消绑定', work: async () => { await api.delete('/api/staff/wechat-link'); show(await load()); tell('已取消。'); } }) })));

  const load = () => api.get('/api/staff/wechat-link', { signal });

  async function code() {
    const before = (await load()).since_text;
    const { code: digits, expires_at } = await api.post('/api/staff/wechat-link/code');
    put(place,
      h('ol.plain-steps', {},
        h('li', '在手机微信里打开小程序，点“帮助”，再点“工作人员绑定工作台”。'),
        h('li', {}, '输入这个码：', h('div.big-code.numbers', { testid: 'wechat-link-digits' }, `${digits.slice(0, 4)} ${digits.slice(4)}`), h('span.soft', `${clockText(expires_at)}前有效，只能用一次。`)),
        h('li', '手机上说“绑好了”，这里会自己变。')),
      h('div', {}, button('不绑了', { quiet: true, onclick: async () => show(await load()) })));
    every(3000, async () => {
      const now = await load();
      if (now.linked && now.since_text !== before) { show(now); tell('绑好了。'); return false; }
      return Date.parse(expires_at) > Date.now() ? 3000 : false;
    });
  }

  load().then(show, () => put(place, h('p.soft', '现在看不到，请刷新。')));
  return element;
}
