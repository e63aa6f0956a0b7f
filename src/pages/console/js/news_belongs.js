// 归属: to which community, project and class an article belongs; and, of a class, who does not
// want to be seen in its pictures.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { asId, field, formDialog } from './form.js';
import { alertBox, button, failure, tell } from './ui.js';

/** The projects of the yearly plan, to choose from; anything else can be written. */
export const PROJECTS = ['田园牧歌传乡音', '文化之美·童享乐趣', '乡风文明课堂', '小常姐姐读书会', '寻农耕文化悟劳动之美', '智在指尖'];

export function projectField(value) {
  const input = field({ name: 'project', label: '项目或活动', value, maxlength: '30', list: 'news-projects', autocomplete: 'off' });
  input.element.append(h('datalist', { id: 'news-projects' }, PROJECTS.map((name) => h('option', { value: name }))));
  return input;
}

export function belongsBox(article, show) {
  return h('section.panel.stack', { 'aria-label': '归属', testid: 'article-belongs' },
    h('div.row.spread', {}, h('h2', '归属'), button('改归属', { quiet: true, testid: 'belongs-edit', onclick: () => edit(article, show) })),
    h('dl.facts', {},
      h('dt', '社区'), h('dd', article.community_name || '教育中心'),
      h('dt', '项目'), h('dd', article.project || '没有填'),
      h('dt', '班级'), h('dd', article.class_name || '没有填')));
}

async function edit(article, show) {
  const [communities, classes] = await Promise.all([api.list('/api/communities'), api.list('/api/staff/news-classes')]);
  const fresh = await formDialog({
    title: '这篇文章归谁', testid: 'belongs-dialog', grid: false,
    intro: '读者看不到，改了不用重新审。月度统计和考核按这个算。',
    fields: [
      field({ name: 'community_id', label: '社区', type: 'select', value: article.community_id ?? '', read: asId, options: [['', '教育中心'], ...communities.map((one) => [one.id, one.name])] }),
      projectField(article.project),
      field({ name: 'class_id', label: '班级', type: 'select', value: article.class_id ?? '', read: asId, options: [['', '没有'], ...classes.map((one) => [one.id, one.name])] }),
    ],
    submit: (values) => api.put(`/api/staff/articles/${article.id}/belongs`, values),
  });
  if (fresh) { await show(fresh); tell('改好了。'); }
}

/** Who of those present must not be seen; empty where the article tells of no class. */
export function photoWarning(meeting, signal) {
  const place = h('div', { 'aria-live': 'polite' });
  if (!meeting) return place;
  api.get(`/api/staff/meetings/${meeting}/photo-wishes`, { signal }).then((wishes) => {
    if (!wishes.unwilling.length) return;
    put(place, alertBox(wishes.unwilling.some((one) => one.refused) ? 'warn' : 'info',
      h('div.stack.tight', { testid: 'photo-warning' },
        h('p.strong', wishes.text),
        h('details', {}, h('summary', '看是哪几位'),
          h('ul', wishes.unwilling.map((one) => h('li', `${one.name}（学员号尾号 ${one.number_end}）：${one.refused ? '不愿意' : '没有问过'}`)))))));
  }).catch((error) => { if (!isGone(error)) put(place, failure(error)); });
  return place;
}
