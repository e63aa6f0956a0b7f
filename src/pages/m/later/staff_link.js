// 工作人员绑定工作台: an editor types the code that the console shows.

import { post } from '../api.js';
import { h, lead, put } from '../dom.js';
import { button, link, note } from '../parts.js';

export function staffLink() {
  const input = h('input', { inputmode: 'numeric', autocomplete: 'off', maxlength: '9', 'data-testid': 'staff-link-code' });
  const page = h('div.page');
  const work = async () => {
    const { name } = await post('/me/staff-link', { code: input.value });
    put(page, note('good', 'check', h('p.strong', {}, `绑好了：${name}。`), '现在可以在工作台里请微信检查文章。'), link('回首页', '#/', 'second'));
    lead(page.firstChild);
  };
  return put(page,
    h('section.card', {}, h('h2', {}, '只给写新闻的同事用'), h('p', {}, '在工作台点右上角自己的名字，点“绑定”，会看到 8 个数字。'), h('p', {}, '别人发来的数字，请不要输。')),
    h('label.field', {}, h('span', {}, '8 个数字'), input),
    button('绑定', { kind: 'main', busy: '正在绑…', id: 'staff-link', work }),
    link('不绑', '#/', 'second'));
}
