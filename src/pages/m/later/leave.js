// 注销账号: what it does, somebody to ask, and one question.

import { remove, session } from '../api.js';
import { h, lead, put } from '../dom.js';
import { confirmed, link, note, phoneButton } from '../parts.js';
import { stayAway } from '../wechat.js';
import { forgetDraft } from '../pages/profile.js';

const EFFECTS = [
  '您的姓名、生日、手机号都会删掉。',
  '您报的班都会退掉，名额让给别人。',
  '您上过的课只记人次，不记您的名字。',
  '您哪天同意过说明，这条记录要留 3 年。',
  '删掉就找不回来了。想再学，要重新登记。',
];

export async function leave() {
  const place = h('section.card', {});
  const work = async () => {
    await remove('/me');
    session.end();
    stayAway();
    forgetDraft();
    put(place, note('good', 'check', h('p.strong', {}, '已经注销。'), '您的信息已经删掉。谢谢您来学习。'), link('回首页', '#/', 'second'));
    lead(place.firstChild);
  };
  put(place, confirmed('注销账号', '真的要注销吗？', { yes: '是，注销', no: '不注销', busy: '正在注销…', id: 'erase', work }));
  return [
    h('section.card', {}, h('h2', {}, '注销以后'), h('ul.plain', {}, EFFECTS.map((line) => h('li', {}, line)))),
    h('section.card', {}, h('h2', {}, '拿不准，先问一问'), h('p', {}, '工作人员可以帮您。'), await phoneButton()),
    place,
  ];
}
