// 急稿: the same gate, and whoever is waited for is told on their start page.

import { api } from './api.js';
import { h } from './dom.js';
import { askReason } from './form.js';
import { alertBox, button, tell } from './ui.js';

export function urgency(article, show) {
  if (!article.may.includes('urge')) return null;
  const save = (reason) => api.post(`/api/staff/articles/${article.id}/urgent`, { reason });
  if (article.urgent_for) {
    return alertBox('warn', h('p', {}, h('span.strong', '急稿：'), article.urgent_for), h('p.small', '三审一样要做。等审核的人在首页会看到提醒；休息时间也可以群发。'),
      h('div', {}, button('不急了', { testid: 'urgent-off', onclick: async () => { await show(await save(null)); tell('已取消急稿。'); } })));
  }
  return h('div', {}, button('标为急稿', {
    quiet: true,
    testid: 'urgent-on',
    onclick: async () => {
      const fresh = await askReason({
        title: '标为急稿', label: '为什么急', offers: ['台风、暴雨通知', '临时停课', '上级要求今天发'],
        intro: ['三审一样要做，只是会提醒审核的人马上看。'], submitText: '标为急稿', submit: ({ reason }) => save(reason),
      });
      if (fresh) { await show(fresh); tell('已标为急稿。'); }
    },
  }));
}
