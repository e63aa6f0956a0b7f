// 隐私说明: what is kept of a person, in short sentences, and their yes to it.

import { about, post, remove, session } from '../api.js';
import { h, lead, put, say } from '../dom.js';
import { button, confirmed, keepWord, link, note, phoneButton } from '../parts.js';
import { inside, instead, needLogin, returnTo } from '../routes.js';

const TEXT = [
  ['我们要知道什么', [
    '您的姓名、出生日期、住在哪个社区。',
    '您的手机号。可以不填。',
    '您报了什么班，来上了几次课。',
    '微信给的一个编号，用来认出是您。',
    '签到时这部手机的编号，是随便编的。',
  ]],
  ['用来做什么', [
    '报名、候补、签到、算学时。',
    '上课时间有变动，好通知您。',
    '不用来做别的事，也不给别人做广告。',
  ]],
  ['谁能看到', [
    '教育中心和您社区的工作人员。您的老师能看到班里的名单。',
    '要公布名单时，名字会遮住一部分。',
  ]],
  ['我们不要什么', ['不要身份证照片，不要人脸，不要您在哪里。']],
  ['存多久', [
    '您还在学，就一直存着。',
    '您要我们删掉，15 个工作日里删好。',
    '您哪天同意的，这条记录要留 3 年。',
  ]],
  ['您可以', ['随时看自己的信息，改正它。', '要我们删掉：在“个人信息”里点“注销账号”，或打电话。', '随时收回同意。收回以后不能再报新的班。']],
];

export async function consent({ query }) {
  const to = inside(query.get('to'));
  const asked = query.has('to');
  const [centre, me] = await Promise.all([about(), session.signedIn ? session.me() : null]);
  const agreed = me && !me.needs.includes('consent');
  return h('div.page', {},
    h('p.text', {}, `${centre.centre_name}怎样使用您的信息：`),
    TEXT.map(([title, lines]) => h('section.privacy', {}, h('h2', {}, title), h('ul.plain', {}, lines.map((line) => h('li', {}, line))))),
    h('section.privacy', {}, h('h2', {}, '上课拍照'), h('p', {}, '老师有时给上课拍照，登在新闻里。愿不愿意，单独问您，不愿意照样上课。'), me && link('说一声愿不愿意', '#/photos', 'second', { 'data-testid': 'photos-link' })),
    h('section.privacy', {}, h('h2', {}, '有事找谁'), h('p', {}, centre.hours), await phoneButton()),
    h('p.small', {}, `版本 ${centre.consent_version}`),
    agreed ? taken() : (me || asked) && giving(centre.consent_version, to));
}

function giving(version, to) {
  const missing = h('div');
  const box = h('input', { type: 'checkbox', id: 'agree', 'data-testid': 'consent-check' });
  box.addEventListener('change', () => put(missing));
  const work = async () => {
    if (!box.checked) {
      put(missing, note('bad', 'alert', '请先在上面的方框里打勾。'));
      say('请先在上面的方框里打勾。');
      box.focus();
      return;
    }
    if (!session.signedIn) {
      needLogin();
      return;
    }
    const me = await post('/me/consents', { kind: 'privacy', version });
    session.keep(me);
    if (me.needs.includes('profile') && !to.startsWith('/family')) instead(`/profile?to=${encodeURIComponent(to)}`);
    else {
      keepWord('已经记下您的同意。');
      returnTo(to);
    }
  };
  return h('section.card', {},
    h('label.choice', {}, box, h('span.mark', { 'aria-hidden': 'true' }), h('span', {}, '我看过了，同意')),
    missing,
    button('同意并继续', { kind: 'main', busy: '正在记下…', work, id: 'consent-agree' }));
}

function taken() {
  const place = h('section.card', {});
  const work = async () => {
    session.keep(await remove('/me/consents/privacy'));
    put(place, note('good', 'check', '已经收回。想再报名时，会再问您一次。'));
    lead(place.firstChild);
  };
  return put(place, note('good', 'check', h('p.strong', {}, '您已经同意了。')),
    confirmed('收回同意', '要收回同意吗？收回以后不能再报新的班。', { yes: '是，收回', no: '不收回', busy: '正在处理…', id: 'consent-withdraw', work }));
}
