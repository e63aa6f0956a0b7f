// 旁听: a seat at one meeting, which somebody on leave does not need.

import { get, post } from '../api.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, confirmed, link, note, phoneButton } from '../parts.js';

/** The page: each seat that the person was asked to take. */
export async function guest() {
  const place = h('div.page');
  const load = async () => {
    const { items } = await get('/me/guest-offers');
    put(place, items.length ? h('ul.cards', {}, items.map((one) => h('li', {}, card(one, again))))
      : h('p.empty', {}, '现在没有请您旁听的课。'), link('看我的课程', '#/mine', 'second'),
    h('section', {}, h('h2', {}, '不会点，也可以打电话'), await phoneButton()));
  };
  const again = async (words) => {
    await load();
    say(words);
    lead(place.firstChild);
  };
  await load();
  return place;
}

/** Above one's classes: what waits for an answer. */
export async function waiting() {
  const { items } = await get('/me/guest-offers');
  return items.filter((one) => one.may_decline).map((one) => h('article.card.offer', { 'data-testid': 'guest-near' },
    h('h2', {}, one.may_accept ? '可以旁听一次' : '您要旁听'), h('p.what', {}, one.class_name), h('p.line', {}, icon('calendar'), one.time_text),
    link(one.may_accept ? '看看来不来' : '看一看', '#/guest', 'second', { 'data-testid': 'guest-link' })));
}

function card(one, again) {
  const act = (what) => post(`/me/guest-offers/${one.id}/${what}`);
  const no = (words, ask) => confirmed(words, ask, { yes: '是，不来了', busy: '正在处理…', id: 'guest-decline', work: async () => { await act('decline'); await again('好的，座位让给下一位。'); } });
  const words = {
    offered: () => [note('warn', 'wait', h('p.strong', {}, `座位为您留到${one.expires_text}`), '只是这一次课。您的候补不变。'),
      one.may_accept && button('我来旁听', { kind: 'main', busy: '正在确认…', id: 'guest-accept', work: async () => { await act('accept'); await again('说好了，到时请来上课。'); } }),
      one.may_decline && no('这次不来', '这次不来旁听吗？座位会让给下一位。')],
    taken: () => [note('good', 'check', h('p.strong', {}, '说好了，您来旁听'), '到教室照样签到。'),
      one.may_decline && no('又来不了了', '不来旁听了吗？座位会让给下一位。')],
    lapsed: () => note('plain', 'full', '这次没有及时答复，座位给了下一位。您的候补不变。'),
  }[one.status];
  return h('article.card.offer', { 'data-testid': 'guest-offer', 'data-status': one.status },
    h('h2', {}, `旁听：${one.class_name}`),
    h('p.line', {}, icon('calendar'), `第 ${one.number} 次课，${one.time_text}`),
    h('p.line', {}, icon('place'), `${one.site_name} ${one.room}`),
    words && words());
}
