// What one resident signed, whom to call for them, and whether they may sign up.

import { api } from './api.js';
import { h } from './dom.js';
import { askReason, field, formDialog } from './form.js';
import { reload } from './router.js';
import * as time from './time.js';
import { badge, button, confirm, dialog, pageHead, tell } from './ui.js';

export async function page(ctx) {
  const path = `/api/staff/residents/${ctx.params.id}`;
  const papers = await api.get(`${path}/papers`, { signal: ctx.signal });
  for (const bar of papers.bars.filter((one) => one.class_id)) {
    bar.class_name = (await api.get(`/api/staff/classes/${bar.class_id}`, { signal: ctx.signal })).name;
  }
  const name = ctx.search.get('name') ?? '';
  return h('div.page', {},
    pageHead({ title: name ? `${name}的手续` : '报名手续', back: { href: '#/residents', text: '居民' }, lead: '本人没有手机，或者在柜台、电话里办的，登记在这里。会记下是谁登记的。' }),
    pledge(path, papers), relative(path, papers.relative), care(path, papers.care_call), photos(path, papers.photos), bars(path, papers.bars));
}

const part = (title, mark, ...content) => h('section.panel.stack', {}, h('div.row.spread', {}, h('h2', title), mark), content);

async function done(text) {
  await reload();
  tell(text);
}

function pledge(path, { pledged }) {
  const record = async () => {
    const { id, title } = await api.get('/api/pledge');
    await confirm({
      title: `已在纸上签了“${title}”？`, text: '请先看到本人签好名的承诺书，是现在用的这一份，并收好。', yes: '登记', testid: 'pledge-dialog',
      work: async () => { await api.post(`${path}/pledge`, { id }); await done('已登记。'); },
    });
  };
  return part('承诺书', pledged ? badge('已签', 'ok') : badge('没有签', 'warn'),
    pledged ? null : h('div', {}, button('登记：已在纸上签名', { testid: 'record-pledge', onclick: record })));
}

function relative(path, kept) {
  return part('家人（紧急联系人）', kept ? badge('已留', 'ok') : badge('没有留', 'warn'),
    kept && h('dl.facts', {}, h('dt', kept.relation), h('dd', kept.name), h('dt', '电话'), h('dd.numbers', kept.phone_masked)),
    h('div.row', {},
      button(kept ? '换一位' : '登记家人', { testid: 'record-relative', onclick: () => record(path) }),
      kept && button('看完整号码', { quiet: true, testid: 'reveal-relative', onclick: () => reveal(path, kept) })));
}

function care(path, wanted) {
  return part('关怀电话', wanted ? badge('要', 'ok') : badge('没有要'),
    h('p.soft', '75 岁以上、一个人住的人，没来上课又没请假，当天打电话问一声。要本人同意。'),
    h('div', {}, button(wanted ? '登记：不要了' : '登记：本人要关怀电话', { testid: 'record-care', onclick: () => recordCare(path, !wanted) })));
}

async function recordCare(path, wanted) {
  const saved = await formDialog({
    title: wanted ? '本人要关怀电话？' : '不要关怀电话了？', testid: 'care-call-dialog', grid: false,
    intro: [wanted ? '请先确认：本人一个人住，同意没来上课时打电话。' : '登记以后，没来上课不再当天打电话。'],
    fields: [field({ name: 'way', label: '怎样说的', type: 'select', required: true, value: 'paper', options: [['paper', '纸上签名'], ['call', '电话里说的']] })],
    submitText: '登记',
    submit: (values) => api.put(`${path}/care-call`, { ...values, wanted }),
  });
  if (saved) await done('已登记。');
}

function photos(path, agrees) {
  return part('上课拍照', agrees === true ? badge('可以拍', 'ok') : agrees === false ? badge('不要拍', 'bad') : badge('没有问过'),
    h('p.soft', '老师会拍课堂照片，写新闻用。不愿意的，新闻里不能有本人的样子。'),
    h('div.row', {},
      agrees !== true && button('登记：可以拍', { testid: 'record-photos-yes', onclick: () => recordPhotos(path, true) }),
      agrees !== false && button('登记：不要拍', { testid: 'record-photos-no', onclick: () => recordPhotos(path, false) })));
}

async function recordPhotos(path, agrees) {
  const saved = await formDialog({
    title: agrees ? '本人可以拍照？' : '本人不要拍照？', testid: 'photos-dialog', grid: false,
    intro: [agrees ? '请先问过本人：课堂照片可能登在公众号上。' : '登记以后，编辑写新闻时会看到。'],
    fields: [field({ name: 'way', label: '怎样说的', type: 'select', required: true, value: 'paper', options: [['paper', '纸上签名'], ['call', '电话里说的']] })],
    submitText: '登记',
    submit: async (values) => { await api.put(`${path}/photos`, { ...values, agrees }); return true; },
  });
  if (saved) await done('已登记。');
}

async function reveal(path, kept) {
  const { phone } = await api.post(`${path}/relative/reveal`, {});
  await dialog({ title: `${kept.relation} ${kept.name}`, content: (close) => [
    h('p', {}, h('a.strong.numbers', { href: `tel:${phone}`, testid: 'relative-phone' }, phone)),
    h('p.soft', '谁在什么时候看过，会记下来。'),
    h('div.row', {}, button('知道了', { main: true, onclick: () => close(true) }))] });
}

async function record(path) {
  const saved = await formDialog({
    title: '登记家人', testid: 'relative-dialog',
    intro: '请先问过这位家人：同意老人来上课，也同意有事时打电话。',
    fields: [
      field({ name: 'name', label: '姓名', required: true, maxlength: '20', autocomplete: 'off' }),
      field({ name: 'relation', label: '关系', required: true, maxlength: '10', placeholder: '女儿' }),
      field({ name: 'phone', label: '手机号', type: 'tel', required: true, maxlength: '20', autocomplete: 'off' }),
      field({ name: 'way', label: '怎样同意的', type: 'select', required: true, value: 'call', options: [['call', '电话里同意'], ['paper', '纸上签名']] }),
    ],
    submitText: '登记',
    submit: (values) => api.put(`${path}/relative`, values),
  });
  if (saved) await done('已登记。');
}

function bars(path, items) {
  return part('限制报名', items.length ? badge('有限制', 'bad') : badge('没有限制', 'ok'),
    items.map((bar) => h('div.row.spread', { testid: `bar-${bar.id}` },
      h('p', {}, h('span.strong', bar.class_name ? `不能再报“${bar.class_name}”，` : '不能报名，', `到${bar.until_text}为止。`), ` 原因：${bar.reason}`),
      button('取消限制', { quiet: true, testid: `lift-${bar.id}`, onclick: () => confirm({
        title: '取消限制？', text: '取消以后，本人马上可以报名。', yes: '取消限制', testid: 'lift-dialog',
        work: async () => { await api.post(`/api/staff/bars/${bar.id}/lift`, {}); await done('已取消限制。'); },
      }) }))),
    h('div', {}, button('限制报名', { danger: true, testid: 'bar', onclick: () => bar(path) })));
}

async function bar(path) {
  const saved = await askReason({
    title: '限制报名？',
    intro: ['这段时间里，本人不能报新的班。已经在上的班不受影响。'],
    hint: '本人报名时会看到这个原因。请写清楚，不要写别人的名字。',
    offers: ['多次报名不来上课', '影响课堂秩序', '身体情况，请先和家人商量'],
    before: [field({ name: 'until', label: '到哪一天为止', type: 'date', required: true, value: time.addDays(time.day(), 180) })],
    submitText: '限制报名',
    danger: true,
    submit: (values) => api.post(`${path}/bars`, values),
  });
  if (saved) await done('已限制报名。');
}
