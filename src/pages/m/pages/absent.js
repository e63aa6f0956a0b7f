// 请假: by one tap; why can be said afterwards, and it can be taken back until the class begins.

import { get, remove, replace } from '../api.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, link, note, phoneButton } from '../parts.js';

const WHY = [['health', '身体不适'], ['family', '家里有事'], ['away', '外出'], ['other', '其他']];

/** The next meetings, each with its button. */
export async function absent() {
  const { items } = await get('/me/meetings');
  const some = items.filter((one) => one.may_ask_leave || one.on_leave);
  return [
    some.length ? h('ul.cards', {}, some.map((one) => h('li.card', { 'data-testid': 'absent-meeting' }, h('h2', {}, one.class_name),
      h('p.line', {}, icon('calendar'), one.time_text), h('p.line', {}, icon('place'), `${one.site_name} ${one.room}`), leavePart(one))))
      : [h('p.empty', {}, '近两周没有要请假的课。'), link('看我的课程', '#/mine', 'second')],
    h('section', {}, h('h2', {}, '不会点，也可以打电话'), await phoneButton()),
  ];
}

/** 请假 of one meeting, in its place on a card. */
export function leavePart(first) {
  const place = h('div', { 'data-testid': 'leave-part' });
  let one = first;
  const path = `/me/meetings/${one.meeting_id}/leave`;
  const show = (changes) => {
    one = { ...one, ...changes };
    put(place, one.on_leave ? asked() : one.may_ask_leave && button('这次来不了，请假', { kind: 'quiet', busy: '正在请假…', id: 'leave-ask', work: () => ask() }));
  };
  const done = (changes, words) => {
    show(changes);
    say(words);
    lead(place.firstChild);
  };
  const ask = async (why, words) => {
    await replace(path, why ? { why } : {});
    done({ on_leave: true, may_ask_leave: false, may_take_leave_back: true, leave_reason: words }, words ? '原因记下了。' : '已请假，老师看得到。');
  };
  const back = async () => {
    await remove(path);
    done({ on_leave: false, may_ask_leave: true, may_take_leave_back: false, leave_reason: null }, '请假取消了，请来上课。');
  };
  const asked = () => [
    note('good', 'check', h('p.strong', { 'data-testid': 'on-leave' }, one.leave_reason ? `已请假：${one.leave_reason}` : '已请假'), '老师看得到。又能来了，到教室照样签到。'),
    one.may_take_leave_back && !one.leave_reason && h('section', { 'aria-label': '原因' }, h('p.hint', {}, '点一下原因，也可以不点：'),
      h('div.chips', {}, WHY.map(([why, words]) => button(words, { kind: 'second', busy: '…', id: `leave-${why}`, work: () => ask(why, words) })))),
    one.may_take_leave_back && button('取消请假', { kind: 'quiet', busy: '正在取消…', id: 'leave-undo', work: back }),
  ];
  show({});
  return place;
}
