// 导入居民: people from a spreadsheet, whose consent is on paper.

import { query } from './api.js';
import { h } from './dom.js';
import { field } from './form.js';
import { importPage } from './sheet_import.js';

export async function page(ctx) {
  return importPage(ctx, {
    title: '导入居民',
    lead: '一行一位。先检查，没有问题才导入；要么全部导入，要么一位也不导入。登记过的人不会重复登记。',
    back: { href: '#/residents', text: '居民' },
    path: '/api/staff/sheets/residents',
    query: (sending) => query({ consent_on_paper: sending ? 'true' : null }),
    unit: '位居民',
    hint: '填姓名、出生日期、社区和手机号。请不要填身份证号，系统不收。',
    promise: () => field({
      name: 'consent', label: '名单里的每一位都在纸上签了个人信息同意书', type: 'checkbox', full: true,
      hint: '系统会为每一位记下：今天由您确认，同意书在纸上。原件请保管好。',
    }),
    done: () => h('a.button', { href: '#/residents' }, '看居民'),
  }).element;
}
