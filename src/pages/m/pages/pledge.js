// 承诺书: read at leisure, signed with one tap.

import { Refusal, get, post, session } from '../api.js';
import { h, put, say } from '../dom.js';
import { button, keepWord, link, note } from '../parts.js';
import { inside, returnTo } from '../routes.js';

export async function pledge({ query }) {
  const to = inside(query.get('to'));
  const text = await get('/pledge').catch((error) => {
    if (error instanceof Refusal && error.code === 'no_pledge') return null;
    throw error;
  });
  if (!text) return [note('plain', 'check', h('p.strong', {}, '现在没有要签的承诺书。')), link('看看有哪些班', '#/classes', 'main')];
  const [me, papers] = await Promise.all([session.me(), get('/me/papers')]);
  return [
    h('h2.name', {}, text.title),
    h('section.card', {}, text.body.split('\n').filter((line) => line.trim()).map((line) => h('p.text', {}, line))),
    papers.pledged ? [note('good', 'check', h('p.strong', {}, '您已经签过了。')), link('继续', `#${to}`, 'main')] : signing(text, me, to),
  ];
}

function signing(text, me, to) {
  const missing = h('div');
  const box = h('input', { type: 'checkbox', 'data-testid': 'pledge-check' });
  box.addEventListener('change', () => put(missing));
  const work = async () => {
    if (!box.checked) {
      put(missing, note('bad', 'alert', '请先在上面的方框里打勾。'));
      say('请先在上面的方框里打勾。');
      box.focus();
      return;
    }
    await post('/me/pledge', { id: text.id });
    keepWord('承诺书签好了。');
    returnTo(to);
  };
  return h('section.card', {},
    me.name && h('p.text', {}, `签名：${me.name}`),
    h('label.choice', {}, box, h('span.mark', { 'aria-hidden': 'true' }), h('span', {}, '我看过了，愿意做到')),
    missing,
    button('签名并继续', { kind: 'main', busy: '正在签名…', work, id: 'pledge-sign' }),
    h('p.hint', {}, '不签也可以，但这个学期就不能报名。不明白的，打电话问问教育中心。'));
}
