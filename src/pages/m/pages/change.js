// 换班: another class of the same course instead.

import { get, post } from '../api.js';
import { h, icon } from '../dom.js';
import { confirmed, keepWord, link, note, places } from '../parts.js';
import { instead } from '../routes.js';

export async function change({ id }) {
  const [{ items: mine }, { items }] = await Promise.all([
    get('/me/enrolments'), get(`/me/enrolments/${id}/sister-classes`),
  ]);
  const one = mine.find((enrolment) => String(enrolment.id) === id);
  if (!one || !one.may.includes('change_class')) {
    return [note('plain', 'calendar', h('p.strong', {}, '这个班现在不能换。'), '开学以后的头些天里、已录取或者停办的班才能换。'), link('看我的课程', '#/mine', 'main')];
  }
  return [
    h('p.text', {}, one.status === 'cancelled' ? ['停办的班：', h('strong', {}, one.class.name)] : ['您现在在：', h('strong', {}, one.class.name)]),
    h('p.line', {}, icon('calendar'), one.class.time_text),
    items.length ? h('ul.cards', {}, items.map((other) => h('li', {}, card(one, other))))
      : note('plain', 'full', h('p.strong', {}, '同一门课没有别的空位。'), '过些日子再来看看，或者打电话问问。'),
    one.status === 'cancelled' && link('看看别的课', '#/classes', 'second'),
    link('不换了', '#/mine', 'second'),
  ];
}

function card(one, other) {
  const work = async () => {
    await post(`/me/enrolments/${one.id}/change`, { class_id: other.id });
    keepWord(`换好了，您现在在“${other.name}”。`);
    instead('/mine');
  };
  return h('article.card', { 'data-testid': 'sister-class' },
    h('h2', {}, other.name),
    h('p.line', {}, icon('calendar'), other.time_text),
    h('p.line', {}, icon('place'), `${other.site_name} ${other.room}`),
    h('p.line', {}, icon('person'), other.teacher_name),
    places(other),
    confirmed('换到这个班', `从“${one.class.name}”换到“${other.name}”（${other.time_text}）吗？`,
      { yes: '是，换班', no: '不换了', busy: '正在换班…', id: 'change-class', work }));
}
