// 拍照: whether somebody may be seen in pictures of classes that are published. Asked by itself;
// nothing else hangs on it.

import { about, get, post, remove } from '../api.js';
import { h, lead, put, say } from '../dom.js';
import { button, note, prepared } from '../parts.js';

const SAID = { true: '可以拍我', false: '不要拍我' };

export async function photos({ whole }) {
  if (!(await prepared(whole))) return null;
  const [centre, papers] = await Promise.all([about(), get('/me/papers')]);
  const page = h('div.page');
  const answer = (agrees) => async () => {
    if (agrees) await post('/me/consents', { kind: 'photos', version: centre.consent_version });
    else await remove('/me/consents/photos');
    show(agrees, agrees ? '记下了：可以拍。' : '记下了：不要拍。新闻里不用您的照片。');
  };
  const show = (agrees, words) => {
    put(page, words && note('good', 'check', h('p.strong', {}, words)),
      h('section.card', {}, h('h2', {}, '是什么'), h('ul.plain', {},
        h('li', {}, '老师有时给上课拍照，登在公众号的新闻里。'),
        h('li', {}, '您可以不要拍。不拍，照样上课。'),
        h('li', {}, '什么时候改主意都行。'))),
      h('p', { 'data-testid': 'photos-said' }, agrees === undefined ? '您还没有说过。' : `您现在说的是：${SAID[agrees]}。`),
      agrees !== true && button('可以拍我', { kind: 'second', busy: '正在记下…', id: 'photos-yes', work: answer(true) }),
      agrees !== false && button('不要拍我', { kind: 'second', busy: '正在记下…', id: 'photos-no', work: answer(false) }),
      h('p.small', {}, `版本 ${centre.consent_version}`));
    if (!words) return;
    say(words);
    lead(page.firstChild);
  };
  show(papers.photos);
  return page;
}
