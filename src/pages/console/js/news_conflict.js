// Somebody else saved first: both texts stay, and the person decides.

import { h } from './dom.js';
import { alertBox, button, confirm, dialog } from './ui.js';

export function conflictBox({ theirs, keepMine, takeTheirs, again }) {
  const box = (...content) => {
    const element = alertBox('warn', ...content);
    element.setAttribute('role', 'alert');
    element.setAttribute('data-testid', 'edit-conflict');
    return element;
  };
  if (!theirs) {
    return box(h('p.strong', '这篇文章刚才被别人改过，没有保存。'), h('p', '您写的还在这里，没有丢。别人的改动暂时打不开。'),
      h('div', {}, button('再试一次', { onclick: again })));
  }
  return box(
    h('p.strong', '这篇文章刚才被别人改过，所以没有保存。'),
    h('p', `您写的还在这里，没有丢。别人保存于${theirs.time_text}（第 ${theirs.version} 版）。请选一种：`),
    h('div.row.tight', {},
      button('看别人改成了什么', { testid: 'conflict-look', onclick: () => { look(theirs); } }),
      button('保存我的', { testid: 'conflict-mine', onclick: keepMine }),
      button('用别人的', {
        testid: 'conflict-theirs',
        onclick: () => { confirm({ title: '用别人改的？', text: '您这次写的会被换掉。', yes: '用别人的', danger: true, work: async () => takeTheirs() }); },
      })),
    h('p.small', '选“保存我的”，别人那一版仍在“历史版本”里。'));
}

function look(theirs) {
  const line = (name, text) => [h('dt', name), h('dd', {}, text || '（空）')];
  return dialog({
    title: '别人改成的样子',
    wide: true,
    content: (close) => [
      h('dl.facts', {}, line('标题', theirs.title), line('摘要', theirs.digest), line('作者', theirs.byline), line('来源', theirs.origin)),
      h('pre.source', { tabindex: '0', 'aria-label': '正文' }, theirs.body),
      h('div.form-end', {}, button('关闭', { onclick: () => close() })),
    ],
  });
}
