// All saved states, and what is different between two of them: struck out and underlined, not
// by colour alone.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { button, confirm, dialog, empty, failure, tell } from './ui.js';

/** Fetched when it is opened. */
export function versions(article, show) {
  const place = h('div.fold-body', h('p.soft', '正在打开…'));
  let asked = false;
  const details = h('details.panel.flush.fold', { testid: 'article-versions' }, h('summary', '历史版本'), place);
  details.addEventListener('toggle', async () => {
    if (asked || !details.open) return;
    asked = true;
    try {
      const items = await api.list(`/api/staff/articles/${article.id}/versions`);
      put(place, items.length ? h('ol.history', items.map((item, index) => h('li', {},
        h('div.row.spread', {},
          h('div.grow', {}, h('span.strong', `第 ${item.version} 版`), `　${item.title || '（没有标题）'}`, h('div.small.soft', `${item.saved_by} · ${item.time_text}`)),
          index > 0 && article.may.includes('edit') && button('改回这一版', { quiet: true, about: `第 ${item.version} 版`, testid: `restore-${item.version}`, onclick: () => restore(article, item.version, show) }),
          items[index + 1] && button('看改了什么', { quiet: true, about: `第 ${item.version} 版`, testid: `changes-${item.version}`, onclick: () => look(article.id, items[index + 1].version, item.version) }))))) : empty('还没有版本。'));
    } catch (error) {
      asked = false;
      put(place, failure(error));
    }
  });
  return details;
}

/** The old text is saved as the newest: nothing between is lost. */
async function restore(article, version, show) {
  const fresh = await confirm({
    title: `改回第 ${version} 版？`,
    text: ['会把那一版的内容存成新的一版，中间的都还在。', article.status === 'draft' ? null : '已通过的审核不再算数，要重新审。'].filter(Boolean),
    yes: '改回',
    work: async () => {
      const { version: _old, ...text } = await api.get(`/api/staff/articles/${article.id}/versions/${version}`);
      return api.put(`/api/staff/articles/${article.id}`, { ...text, version: article.version });
    },
  });
  if (fresh) { await show(fresh); tell(`已改回第 ${version} 版的内容。`); }
}

export function look(id, from, to) {
  const place = h('div.stack', { tabindex: '0', testid: 'changes' }, h('p.soft', '正在比较…'));
  const compare = async () => {
    try {
      const changes = await api.list(`/api/staff/articles/${id}/changes?from=${from}&to=${to}`);
      put(place, changes.length ? changes.map(part) : h('p', '两版一样。'));
    } catch (error) {
      if (!isGone(error)) put(place, failure(error));
    }
  };
  compare();
  return dialog({
    title: `第 ${from} 版 → 第 ${to} 版`,
    wide: true,
    content: (close) => [
      h('p.small', {}, h('del', '划掉的'), ' 是去掉的字，', h('ins', '加底线的'), ' 是新写的字。'),
      place,
      h('div.form-end', {}, button('关闭', { onclick: () => close() })),
    ],
  });
}

function part(change) {
  return h('section.stack.tight', {}, h('h3', change.part), h('div.source', {}, change.runs.map((run) => {
    if (run.kind === 'gone') return h('del', run.text);
    if (run.kind === 'new') return h('ins', run.text);
    return run.kind === 'left' ? h('span.soft', ` …（${run.letters} 个字没有变）… `) : run.text;
  })));
}
