// A spreadsheet is brought in: template, file, what is wrong with it, and then all or nothing.
//
// 1. A file is looked through before anything is taken; the button to take it is there only
//    when nothing is wrong.
// 2. What is taken are the bytes that were looked through, whatever became of the file since.

import { api, isGone } from './api.js';
import { h, put, say } from './dom.js';
import { download } from './download.js';
import { icon } from './icons.js';
import { alertBox, button, failure, pageHead, table } from './ui.js';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/** Faults that are shown at first. */
const SHOWN = 100;

/**
 * {title, lead, back, path, query(sending), unit, hint, done(), first?, promise?()}: `path` has /template, /check
 * and /import; `first` stands before the file, `promise` makes a field to be ticked before the import.
 */
export function importPage(ctx, spec) {
  const outcome = h('div.stack', { 'aria-live': 'polite', testid: 'sheet-outcome' });
  let bytes = null;
  let name = '';
  let asked = 0;

  /** Looks through the chosen file, perhaps once more. */
  async function check() {
    if (!bytes) return;
    asked += 1;
    const mine = asked;
    put(outcome, h('p.soft', { role: 'status' }, `正在检查“${name}”…`));
    try {
      const report = await api.upload(`${spec.path}/check${spec.query()}`, bytes, { signal: ctx.signal });
      if (mine === asked) show(told(report));
    } catch (error) {
      if (isGone(error) || mine !== asked) return;
      const large = error.code === 'too_large';
      show(failure(large ? new Error('文件太大了。请只留要导入的这一页，去掉图片，再选一次。') : error));
    }
  }

  /** Where it is seen: on a phone it stands below the fold. */
  function show(...what) {
    put(outcome, what);
    outcome.scrollIntoView({ block: 'nearest' });
  }

  async function choose(file) {
    name = file.name;
    bytes = null;
    try {
      // Kept as they are now: somebody may go on typing in Excel.
      bytes = new Blob([await file.arrayBuffer()], { type: XLSX });
    } catch {
      show(failure(new Error('文件读不出来。请先在 Excel 里关掉它，再选一次。')));
      return;
    }
    await check();
  }

  function told(report) {
    const parts = report.faults.length ? faulty(report) : sound(report);
    const numbers = report.unused.filter((heading) => /身份证|证件/.test(heading));
    return [
      parts,
      numbers.length ? alertBox('warn', h('p', {}, '表里有身份证号。系统不收，也没有存。请从文件里删掉这一列，更稳妥。')) : null,
      report.unused.length ? h('p.small.soft', `这几列没有用到：${report.unused.join('、')}。`) : null,
      report.known.length ? knownList(report) : null,
    ];
  }

  function faulty(report) {
    const rows = new Set(report.faults.map((fault) => fault.row)).size;
    const list = h('div');
    const fill = (faults) => put(list, faultTable(faults), faults.length < report.faults.length
      ? h('div.panel-head', {}, button(`还有 ${report.faults.length - faults.length} 处，都列出来`, { testid: 'fault-more', onclick: () => fill(report.faults) })) : null);
    fill(report.faults.slice(0, SHOWN));
    return [
      alertBox('bad',
        h('p.strong', { testid: 'sheet-summary' }, `“${name}”共 ${report.rows} 行：${report.rows - rows} 行没有问题，${rows} 行有问题。一行也没有导入。`),
        h('p', '请在 Excel 里照下面改好，保存，再选一次文件。')),
      h('section.panel.flush', { 'aria-label': '要改的地方' }, list),
    ];
  }

  function sound(report) {
    if (!report.good) {
      return alertBox('info', h('p.strong', { testid: 'sheet-summary' }, `“${name}”里的 ${report.rows} 行都已经登记过，不用导入。`));
    }
    const known = report.known.length ? `另外 ${report.known.length} 行已经登记过，会跳过。` : '';
    const promise = spec.promise?.();
    const problems = h('div');
    const send = button(`导入 ${report.good} ${spec.unit}`, {
      main: true,
      testid: 'sheet-import',
      onclick: async () => {
        put(problems);
        const wrong = promise && !promise.get();
        promise?.show(wrong ? '请先确认，再打勾。' : null);
        if (wrong) { promise.input.focus(); return; }
        try {
          done(await api.upload(`${spec.path}/import${spec.query(true)}`, bytes, { signal: ctx.signal }));
        } catch (error) {
          if (!isGone(error)) put(problems, failure(error));
        }
      },
    });
    return [
      alertBox('ok', h('p.strong', { testid: 'sheet-summary' }, `“${name}”检查完了，${report.good} 行没有问题。${known}`), h('p', '还没有导入，请做第 3 步。')),
      h('section.panel.stack', { 'aria-labelledby': 'step-3' },
        h('h2', { id: 'step-3' }, '3. 导入'), promise?.element, problems, h('div.form-end', {}, send)),
    ];
  }

  function done(report) {
    // Somebody was faster: what was good a moment ago is not any more.
    if (!report.imported) { show(told(report)); return; }
    bytes = null;
    show(
      alertBox('ok', h('p.strong', { testid: 'sheet-done' }, `已导入 ${report.good} ${spec.unit}。`), h('div.row', {}, spec.done())),
      report.known.length ? knownList(report) : null);
  }

  const input = h('input', {
    type: 'file', accept: `.xlsx,${XLSX}`, testid: 'sheet-file', 'aria-label': '选择文件',
    onchange: () => { const [file] = input.files; input.value = ''; if (file) choose(file); },
  });
  const drop = dropPlace(choose, [
    h('label.button.main.file', {}, icon('plus'), '选择文件', input),
    h('p.soft.small', '也可以把文件拖到这里。只收 .xlsx，一次最多 2000 行。')]);
  const got = h('span.soft', { role: 'status' });
  const element = h('div.page', {},
    pageHead({ title: spec.title, lead: spec.lead, back: spec.back }),
    h('section.panel.stack', { 'aria-labelledby': 'step-1' },
      h('h2', { id: 'step-1' }, '1. 下载模板，在 Excel 或 WPS 里填好'),
      h('p.soft', spec.hint),
      h('div.row', {}, button('下载模板', { testid: 'sheet-template', onclick: async () => say(got, `已下载“${await download('GET', `${spec.path}/template`)}”。`) }), got)),
    h('section.panel.stack', { 'aria-labelledby': 'step-2' },
      h('h2', { id: 'step-2' }, '2. 选择填好的文件，先检查'),
      spec.first, drop),
    outcome);
  return { element, check };
}

function dropPlace(choose, content) {
  const place = h('div.drop', {}, content);
  place.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    place.classList.add('dropping');
  });
  for (const name of ['dragleave', 'drop', 'dragend']) place.addEventListener(name, () => place.classList.remove('dropping'));
  place.addEventListener('drop', (event) => {
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    choose(file);
  });
  return place;
}

const faultTable = (faults) => table({
  label: '要改的地方',
  testid: 'fault-table',
  rows: faults,
  rowTestid: (fault) => `fault-${fault.row}`,
  columns: [
    { name: '行', lead: true, cell: (fault) => h('span.strong.nowrap', `第 ${fault.row} 行`) },
    { name: '列', cell: (fault) => h('span.nowrap', fault.column || '整行') },
    { name: '怎么改', cell: (fault) => fault.message },
  ],
});

const knownList = (report) => h('details.panel.flush.fold', { testid: 'sheet-known' },
  h('summary', `已有的人（${report.known.length}）`),
  table({
    label: '已有的人',
    rows: report.known,
    columns: [
      { name: '行', lead: true, cell: (known) => h('span.strong.nowrap', `第 ${known.row} 行`) },
      { name: '说明', cell: (known) => known.message },
    ],
  }));
