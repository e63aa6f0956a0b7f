// 词语表: what the machine check looks for.

import { api } from './api.js';
import { h } from './dom.js';
import { field, formDialog } from './form.js';
import { reload } from './router.js';
import { button, confirm, empty, pageHead, table, tell } from './ui.js';

const KINDS = {
  forbidden: ['不能用的词', '有这些词就不能送审。'],
  misspelt: ['常见错字', '提醒作者看一看。'],
  absolute: ['绝对化的词', '广告法不许用，提醒作者换一个说法。'],
  official: ['领导姓名和职务', '写到姓名时，核对前面的职务是不是这样写的。'],
};

async function edit(kind, word) {
  const [title] = KINDS[kind];
  const saved = await formDialog({
    title: `${word ? '修改' : '添加'}：${title}`,
    testid: 'word-dialog',
    fields: [
      field({ name: 'word', label: kind === 'official' ? '姓名' : '词语', value: word?.word, required: true, maxlength: '30', readonly: word ? true : null }),
      field({ name: 'instead', label: kind === 'official' ? '职务' : '应该写', value: word?.instead, required: kind === 'official', maxlength: '30' }),
    ],
    submit: (values) => api.put('/api/staff/news-words', { kind, ...values }),
  });
  if (saved) { await reload(); tell('已保存。'); }
}

async function drop(kind, word) {
  const done = await confirm({ title: `不再找“${word.word}”？`, text: '以后机器检查不会再提醒这个词。', yes: '不再找', danger: true, work: () => api.post('/api/staff/news-words/drop', { kind, word: word.word }) });
  if (done) { await reload(); tell('已去掉。'); }
}

export async function page({ signal }) {
  const words = await api.list('/api/staff/news-words', { signal });
  return h('div.page', {},
    pageHead({ title: '词语表', lead: '机器检查按这张表找词。改了马上起作用。', back: { href: '#/news', text: '新闻' } }),
    Object.entries(KINDS).map(([kind, [title, lead]]) => h('section.stack', { 'aria-label': title },
      h('div.row.spread', {}, h('div', {}, h('h2', title), h('p.small.soft', lead)), button('添加', { icon: 'plus', about: title, testid: `word-new-${kind}`, onclick: () => { edit(kind); } })),
      h('div.panel.flush', {}, table({
        label: title,
        rows: words.filter((word) => word.kind === kind),
        none: empty('还没有。'),
        columns: [
          { name: kind === 'official' ? '姓名' : '词语', lead: true, cell: (word) => h('span.strong', word.word) },
          { name: kind === 'official' ? '职务' : '应该写', cell: (word) => word.instead },
          { name: '', acts: true, cell: (word) => h('div.row', {},
            button('修改', { quiet: true, about: word.word, onclick: () => { edit(kind, word); } }),
            button('去掉', { quiet: true, danger: true, about: word.word, onclick: () => { drop(kind, word); } })) },
        ],
      })))));
}
