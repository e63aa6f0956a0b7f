// Signing in outside WeChat: a number and a code, from an SMS or from somebody of the centre;
// then, where several people share a number, who of them it is. One decision at a time.

import { about, post, session } from '../api.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, link, note } from '../parts.js';
import { instead } from '../routes.js';

/** The sign-in as a part of a page; `centre` is what `/about` says. */
export function byPhone(centre, to) {
  const place = h('section.card', { 'data-testid': 'by-phone' });
  const typed = { number: '', code: '' };
  askNumber(place, centre, to, typed);
  return place;
}

/** Shows a step in the place of the one before. Whoever has begun sees nothing else to decide. */
function step(place, first, ...parts) {
  put(place, ...parts);
  if (!place.isConnected) return;
  for (const other of place.parentElement.children) other.hidden = !first && other !== place;
  lead(place.querySelector('h2'));
}

function field(words, props) {
  const input = h('input', props);
  return { input, element: h('label.field', {}, h('span', {}, words), input) };
}

function askNumber(place, centre, to, typed) {
  const sms = Boolean(centre && centre.sms_sign_in);
  const number = field('手机号', { type: 'tel', inputmode: 'numeric', autocomplete: 'tel', maxlength: '20', value: typed.number, 'data-testid': 'phone-number' });
  const wrong = h('div');
  const next = async (ask) => {
    put(wrong);
    typed.number = number.input.value.trim();
    if (!typed.number) {
      put(wrong, note('bad', 'alert', '请先写手机号。'));
      say('请先写手机号。');
      number.input.focus();
      return;
    }
    if (ask) {
      const { minutes } = await post('/session/phone/code', { number: typed.number });
      askCode(place, centre, to, typed, `短信发到 ${typed.number} 了，${minutes} 分钟里有效。一分钟还没到，就退回去再要一次。`);
    } else askCode(place, centre, to, typed, '登录码是六个数字，教育中心或社区的工作人员告诉您，也可以写在纸条上。');
  };
  step(place, true,
    h('h2', {}, '用手机号登录'),
    h('p', {}, sms ? '不在微信里，也能登录。我们发一条短信，里面有登录码。' : '不在微信里，也能登录。先打电话或者到中心来，要一个登录码。'),
    number.element, wrong,
    sms && button('发短信给我', { kind: 'main', busy: '正在发…', id: 'phone-ask', work: () => next(true) }),
    button(sms ? '工作人员给过我登录码' : '我有登录码', { kind: sms ? 'second' : 'main', id: 'phone-have', work: () => next(false) }),
    !sms && h('p.hint', {}, '没有手机号，写学员号也可以。'));
}

function askCode(place, centre, to, typed, words) {
  const code = field('六个数字的登录码', { inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: '12', 'data-testid': 'phone-code' });
  const wrong = h('div');
  const enter = async () => {
    put(wrong);
    typed.code = code.input.value.replace(/\D/g, '');
    if (typed.code.length !== 6) {
      put(wrong, note('bad', 'alert', '登录码是六个数字，请再看一看。'));
      say('登录码是六个数字，请再看一看。');
      code.input.focus();
      return;
    }
    const { session: begun, people } = await post('/session/phone', typed);
    if (begun) done(begun, to);
    else if (people.length) chooseWho(place, to, typed, people);
    else newcomer(place, centre, to, typed);
  };
  step(place, false,
    h('h2', {}, '输登录码'), h('p', {}, words), code.element, wrong,
    button('登录', { kind: 'main', busy: '正在登录…', id: 'phone-enter', work: enter }),
    h('button.button.quiet', { type: 'button', 'data-testid': 'phone-back', onclick: () => askNumber(place, centre, to, typed) }, '换一个号码，或者再要一次'));
}

/** The number is proved; of the people who share it, who is it? */
function chooseWho(place, to, typed, people) {
  const as = (one) => button([icon('person'), `${one.name_masked}${one.born_year ? `，${one.born_year} 年生` : ''}`], {
    kind: 'second', busy: '正在登录…', id: 'phone-who',
    work: async () => done((await post('/session/phone', { ...typed, resident_id: one.id })).session, to),
  });
  step(place, false,
    h('h2', {}, '您是哪一位？'), h('p', {}, '这个手机号，我们这里登记的是：'), people.map(as),
    h('button.button.quiet', { type: 'button', 'data-testid': 'phone-nobody', onclick: () => newcomer(place, null, to, typed) }, '都不是，我是第一次来'));
}

/** Nobody is known by it: they agree, and begin. */
function newcomer(place, centre, to, typed) {
  const agree = async () => {
    const { consent_version: version } = centre || await about();
    done((await post('/session/phone', { ...typed, newcomer_consent: version })).session, to);
  };
  step(place, false,
    h('h2', {}, '您是第一次来'),
    h('p', {}, '我们要记下您的手机号，好认出是您。姓名和生日，报名的时候再填。'),
    link('看看我们怎样使用您的信息', '#/consent', 'quiet', { target: '_blank' }),
    button('我同意，开始用', { kind: 'main', busy: '正在登记…', id: 'phone-new', work: agree }));
}

function done(begun, to) {
  session.begin(begun.token, begun.me);
  instead(to);
}
