// 乐龄学堂: lists for the platform, with the columns that staff choose.

import { api } from './api.js';
import { download } from './download.js';
import { h, put } from './dom.js';
import { may } from './roles.js';
import { reload } from './router.js';
import { alertBox, button, empty, failure, pageHead, table, tell } from './ui.js';

const KINDS = [['learners', '学员'], ['classes', '班级'], ['attendance', '考勤']];

export async function page({ me, search, signal }) {
  const kind = search.get('kind') ?? 'learners';
  const [mapping, terms] = await Promise.all([api.get(`/api/staff/exports/${kind}`, { signal }), api.list('/api/staff/terms', { signal })]);
  const asked = Number(search.get('term'));
  const term = terms.find((one) => one.id === asked) ?? terms.findLast((one) => one.phase !== 'before') ?? terms.at(-1);
  if (!term) return h('div.page', {}, pageHead({ title: '乐龄学堂' }), empty('还没有学期。', '建了学期，才有名单可导出。'));
  const edits = may(me, 'centre');
  const columns = mapping.columns.map((column) => ({ ...column }));
  const shown = h('section.panel.flush', { 'aria-label': '预览', testid: 'export-preview' });
  const lines = h('div.stack.tight', { testid: 'export-columns' });
  const state = h('p.soft', { role: 'status', testid: 'export-state' });
  let changed = false;
  // An earlier answer may come later.
  let newest = 0;
  const preview = async () => {
    const mine = (newest += 1);
    put(state, changed ? '改了还没保存。下面是改了以后的样子。' : mapping.saved_text ? `${mapping.saved_text} 保存。` : '现在用的是自带的列。');
    try {
      const one = await api.post(`/api/staff/exports/${kind}/preview?term_id=${term.id}`, { columns });
      if (mine !== newest) return;
      put(shown, h('div.panel-head', {}, h('h2', '前几行')), h('div.scroll.rows', { tabindex: '0', role: 'group', 'aria-label': '前几行，可以左右移动' }, table({
        label: '预览', rows: one.rows, none: empty('这个学期还没有数据。', ''),
        columns: one.headings.map((name, at) => ({ name, cell: (row) => row[at] })),
      })));
    } catch (error) {
      if (mine === newest) put(shown, failure(error));
    }
  };
  const change = () => { changed = true; return preview(); };
  const draw = () => { put(lines, columns.map((_, at) => line(columns, at, mapping.fields, { change, draw, edits }))); };
  draw();
  await preview();
  const tab = ([key, text]) => h('a', { href: `#/exports?kind=${key}&term=${term.id}`, testid: `export-${key}`, 'aria-current': key === kind ? 'page' : null }, text);
  const pick = h('select.input', { 'aria-label': '学期', testid: 'export-term', onchange: (event) => { location.hash = `#/exports?kind=${kind}&term=${event.target.value}`; } },
    terms.map((one) => h('option', { value: String(one.id) }, one.name)));
  pick.value = String(term.id);
  return h('div.page', {},
    pageHead({
      title: '乐龄学堂', lead: '按平台要的列导出表格，拿去上传。列名、顺序、内容都可以改。',
      actions: [
        edits && button('保存这些列', { testid: 'export-save', onclick: () => keep(kind, columns) }),
        button('导出表格', { main: true, testid: 'export-file', onclick: async () => {
          if (changed) { tell('列改了还没保存，请先保存。', 'bad'); return; }
          const name = await download('POST', `/api/staff/sheets/exports/${kind}?term_id=${term.id}`);
          tell(`已下载“${name}”。`);
        } }),
      ].filter(Boolean),
    }),
    h('nav.tabs', { 'aria-label': '哪种表' }, KINDS.map(tab)),
    h('section.panel.stack', { 'aria-label': '学期' }, h('div.field', {}, h('span.legend', '哪个学期'), pick), state),
    shown,
    h('section.panel.stack', { 'aria-label': '列' }, h('h2', '列'),
      edits ? null : alertBox('info', h('p', '列由教育中心定。')),
      lines,
      edits ? h('div.row', {}, button('加一列', { icon: 'plus', testid: 'export-add', onclick: () => {
        columns.push({ heading: `新的一列 ${columns.length + 1}`, fixed: '' });
        draw();
        return change();
      } })) : null));
}

/** One column: its heading, what it says, and its place. */
function line(columns, at, fields, { change, draw, edits }) {
  const one = columns[at];
  const off = edits ? null : true;
  const heading = h('input.input', { value: one.heading, 'aria-label': `第 ${at + 1} 列的表头`, maxlength: '30', disabled: off, testid: `column-heading-${at}`,
    onchange: (event) => { one.heading = event.target.value.trim(); change(); } });
  const says = h('select.input', { 'aria-label': `第 ${at + 1} 列的内容`, disabled: off, testid: `column-field-${at}`,
    onchange: (event) => {
      if (event.target.value) { one.field = event.target.value; delete one.fixed; } else { one.fixed = ''; delete one.field; }
      draw();
      change();
    } },
  h('option', { value: '' }, '固定的字'), fields.map(({ key, name }) => h('option', { value: key }, name)));
  says.value = one.field ?? '';
  const fixed = one.field ? null : h('input.input', { value: one.fixed ?? '', 'aria-label': `第 ${at + 1} 列固定的字`, maxlength: '60', disabled: off, placeholder: '每行都写这个', testid: `column-fixed-${at}`,
    onchange: (event) => { one.fixed = event.target.value; change(); } });
  const swap = (other) => { [columns[at], columns[other]] = [columns[other], columns[at]]; draw(); return change(); };
  const about = `第 ${at + 1} 列`;
  return h('div.export-line', { role: 'group', 'aria-label': `第 ${at + 1} 列` },
    h('span.numbers.soft', String(at + 1)), heading, h('div.stack.tight', {}, says, fixed),
    edits ? h('div.row.tight', {},
      at > 0 && button('上移', { quiet: true, about, testid: `column-up-${at}`, onclick: () => swap(at - 1) }),
      at < columns.length - 1 && button('下移', { quiet: true, about, onclick: () => swap(at + 1) }),
      columns.length > 1 && button('删掉', { quiet: true, danger: true, about, testid: `column-drop-${at}`, onclick: () => { columns.splice(at, 1); draw(); return change(); } })) : null);
}

async function keep(kind, columns) {
  await api.put(`/api/staff/exports/${kind}`, { columns });
  await reload();
  tell('保存了。');
}
