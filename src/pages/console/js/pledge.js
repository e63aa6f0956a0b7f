// 承诺书: the text that learners sign, and its next version.

import { api } from './api.js';
import { h } from './dom.js';
import { field, form } from './form.js';
import { reload } from './router.js';
import * as time from './time.js';
import { alertBox, pageHead, tell } from './ui.js';

export async function page({ signal }) {
  const now = await api.get('/api/pledge', { signal }).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });
  return h('div.page', {},
    pageHead({ title: '承诺书', lead: '学员报名前签的安全和守则承诺。哪个学期要签，在“学期”里定。' }),
    now ? alertBox('info', h('p', `现在用的是 ${time.spoken(now.created_at)} 写的。改了以后，大家下次报名要重新签。`)) : null,
    h('section.panel.stack', {}, form({
      grid: false,
      testid: 'pledge-form',
      fields: [
        field({ name: 'title', label: '标题', value: now?.title ?? '学员安全承诺书', required: true, full: true, maxlength: '30' }),
        field({ name: 'body', label: '承诺书', type: 'textarea', rows: '12', value: now?.body, required: true, full: true, count: 3000, hint: '短句子，一条一行。手机上用大字显示。' }),
      ],
      submitText: '保存',
      submit: async (values) => {
        await api.put('/api/staff/pledge', values);
        await reload();
        tell('已保存。');
      },
    })));
}
