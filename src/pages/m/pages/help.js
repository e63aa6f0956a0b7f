// 帮助, and the page for addresses that lead nowhere.

import { about } from '../api.js';
import { h, icon } from '../dom.js';
import { link, phoneButton } from '../parts.js';

export async function help() {
  const centre = await about().catch(() => null);
  const step = (title, ...lines) => h('section.card', {}, h('h2', {}, title), lines.map((line) => h('p', {}, line)));
  return [
    h('section.card', {}, h('h2', {}, '打电话最方便'), await phoneButton(), centre && h('p.small', {}, centre.hours)),
    step('怎么报名', '点“找班级”，选一个班，再点“报名”。第一次要填个人信息。', '报满了可以候补：有人退出，就按先后为您留位子。'),
    step('怎么签到', '上课那天，点“签到”，对准老师屏幕上的码。', '扫不了就告诉老师您的名字，老师帮您签。'),
    step('怎么退课', '点“我的课程”，找到那个班，点“退掉这个班”。'),
    link([icon('mail'), '给教育中心留言'], '#/desk', 'second', { 'data-testid': 'to-desk' }),
    link('连接公众号', '#/link', 'second'),
    link([icon('person'), '改个人信息'], '#/profile', 'second'),
    link('回首页', '#/', 'second'),
    h('a.button.quiet', { href: '#/staff-link', 'data-testid': 'to-staff-link' }, '工作人员绑定工作台'),
  ];
}

export async function missing() {
  return [h('p.empty', {}, '没有找到这一页。'), link('回首页', '#/', 'main'), link('找班级', '#/classes', 'second')];
}
