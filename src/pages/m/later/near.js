// Before a meeting: to be reminded by WeChat, and the phone's own calendar.

import { post, session } from '../api.js';
import { addToCalendar, askForMessages, host } from '../bridge.js';
import { h, icon, put, say } from '../dom.js';
import { button, note } from '../parts.js';

/** One more reminder, where WeChat asks for each; nobody allows it for another. */
export function remind() {
  const where = host();
  if (session.acting || !where || where === 'wechat') return null;
  const said = h('div', {});
  const words = '点了“允许”，上课前微信会提醒您。允许一次，提醒一次，可以多点几次。';
  return [button([icon('hours'), '上课前微信提醒我'], { kind: 'second', id: 'remind', work: async () => {
    await askForMessages(['reminder', 'meeting_changed']);
    put(said, note('plain', 'check', words));
    say(words);
  } }), said];
}

export function near(id) {
  const native = host() === 'miniprogram';
  return h('section', { 'data-testid': 'near' },
    h('h2', {}, '别忘了上课'),
    remind(),
    button([icon('calendar'), '加到手机日历'], { kind: 'second', id: 'calendar', busy: '正在准备…', work: async () => {
      if (native) return addToCalendar(id);
      const { url } = await post(`/me/classes/${id}/calendar`);
      location.assign(url);
      return null;
    } }),
    !native && h('p.small', {}, '课有变动，再点一次，日历会跟着改。打不开，请点右上角，在浏览器里打开。'));
}
