// 导入班级: the classes of a term from a spreadsheet.

import { api, query } from './api.js';
import { h } from './dom.js';
import { field } from './form.js';
import { importPage } from './sheet_import.js';
import { empty, pageHead } from './ui.js';

export async function page(ctx) {
  const terms = await api.list('/api/staff/terms', { signal: ctx.signal });
  const back = { href: '#/classes', text: '班级' };
  if (!terms.length) {
    return h('div.page', {}, pageHead({ title: '导入班级', back }), h('div.panel.flush', {}, empty('还没有学期。', '先建学期，再导入班级。')));
  }
  const wanted = ctx.search.get('term');
  const known = terms.some((one) => String(one.id) === wanted);
  const term = field({
    name: 'term_id', label: '导入到哪个学期', type: 'select', value: known ? wanted : terms.at(-1).id,
    options: terms.map((one) => [one.id, one.name]), onchange: () => check(),
  });
  const { element, check } = importPage(ctx, {
    title: '导入班级',
    lead: '一行一个班。先检查，没有问题才导入；要么全部导入，要么一个也不导入。',
    back,
    path: '/api/staff/sheets/classes',
    query: () => query({ term_id: term.input.value }),
    unit: '个班',
    hint: '模板里有示例和下拉列表：课程、教师、学习点、星期都可以选。有一页“怎么填”。',
    first: h('div.filters', {}, term.element),
    done: () => h('a.button', { href: `#/classes?term=${term.input.value}`, testid: 'sheet-see' }, '看班级'),
  });
  return element;
}
