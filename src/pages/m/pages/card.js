// 我的学员卡: what a teacher scans, large; and a new one for who lost it.

import { post } from '../api.js';
import { h, lead, put, say } from '../dom.js';
import { confirmed, link, note, prepared } from '../parts.js';

export async function cardPage({ whole }) {
  if (!(await prepared(whole))) return null;
  const page = h('div.page');
  const show = (card, word) => put(page, word && note('good', 'check', h('p.strong', {}, word)),
    h('section.card.learner-card', { 'data-testid': 'card' },
      h('p.what', {}, card.name),
      // The service drew it; as a picture nothing in it can run.
      h('img.code', { src: `data:image/svg+xml,${encodeURIComponent(card.svg)}`, alt: '我的学员卡二维码，给老师扫', width: '280', height: '280', 'data-testid': 'card-code', 'data-link': card.link }),
      h('p', {}, '学员号'), h('p.number', {}, card.learner_number)),
    h('p.hint', {}, '到教室给老师扫一下，就签到了。也可以截图，或请中心印一张大的。'),
    confirmed('卡丢了，换一张', '换一张新卡吗？旧卡马上不能用。', { yes: '是，换新卡', no: '不换', busy: '正在换…', id: 'card-replace', work: async () => {
      show(await post('/me/card/replace'), '新卡好了，旧卡不能再用。印过的卡，请到中心重印。');
      say('新卡好了。');
      lead(page.firstChild);
    } }));
  show(await post('/me/card'));
  return page;
}

/** Somebody's camera read a card: it says what it is, and nothing of whose. */
export function cardSeen() {
  return [note('plain', 'person', h('p.strong', {}, '这是学员卡，请给老师扫。'), '老师用工作台扫，学员就签到了。捡到别人的卡，请交给老师。'), link('回首页', '#/', 'second')];
}
