// The learners of a class, and sign-up at the counter.

import { api, isGone, query } from './api.js';
import { classHead, tabs } from './class_page.js';
import { download } from './download.js';
import { h, put } from './dom.js';
import { history } from './family.js';
import { asId, field, form, formDialog } from './form.js';
import { listView } from './list_view.js';
import { reload } from './router.js';
import { badge, button, empty, failure, table, tell } from './ui.js';

const KINDS = { placed: 'ok', offered: 'warn', waiting: 'info', withdrawn: '', cancelled: '' };
const LIVE = ['placed', 'offered', 'waiting'];
/** Fewer than these are seen at a glance. */
const MANY = 8;

export async function page(ctx) {
  const { id } = ctx.params;
  const [one, learners] = await Promise.all([
    api.get(`/api/staff/classes/${id}`, { signal: ctx.signal }),
    api.list(`/api/staff/classes/${id}/enrolments`, { signal: ctx.signal }),
  ]);
  const live = learners.filter((learner) => LIVE.includes(learner.status));
  const past = learners.filter((learner) => !LIVE.includes(learner.status));
  const list = listView({
    ctx,
    ...learnerColumns('名单', one.status === 'open'),
    rows: live,
    words: live.length > MANY && { placeholder: '姓名或学员号' },
    filters: live.some((learner) => learner.status !== 'placed') ? [{ name: 'state', label: '状态', options: [['placed', '已录取'], ['offered', '等待确认'], ['waiting', '候补']], fits: (learner, state) => learner.status === state }] : [],
  });
  return h('div.page', {},
    classHead(one), tabs(one, 'learners'),
    one.status === 'open' ? counter(one, live) : null,
    h('section.panel.flush', { 'aria-labelledby': 'learners-live' },
      h('div.panel-head', {}, h('h2', { id: 'learners-live' }, `名单（${live.length} 人）`), live.length ? exports(one, list) : null),
      list.element),
    past.length ? h('details.panel.flush.fold', {}, h('summary', `退出的人（${past.length}）`), table({ ...learnerColumns('退出的人', false), rows: past })) : null);
}

/** As spreadsheets: for work, and to be posted up. */
const exports = (one, list) => h('div.row.tight', {},
  button('导出名单', { testid: 'export-work', onclick: () => take(one, list, 'work', '手机号只显示一部分。名单只供内部使用，请勿外传。') }),
  button('导出公示名单', { testid: 'export-posting', onclick: () => take(one, list, 'posting', '姓名隐去一部分，可以张贴。') }));

/** What is shown, in the order in which it is shown. */
async function take(one, list, whom, words) {
  const name = await download('POST', `/api/staff/classes/${one.id}/list`, { for: whom, only: list.shown().map((learner) => learner.enrolment_id) });
  tell(`已导出“${name}”。${words}`);
}

function learnerColumns(label, mayWithdraw) {
  return {
    label,
    testid: 'learner-table',
    none: empty('这个班还没有人报名。', '居民来电话或到柜台，可以在上面为他报名。'),
    rowTestid: (learner) => `learner-row-${learner.resident_id}`,
    columns: [
      { name: '姓名', lead: true, cell: nameCell },
      { name: '学员号', cell: (learner) => h('span.numbers', learner.learner_number) },
      { name: '电话', cell: (learner) => h('span.numbers', learner.phone_masked ?? '没有') },
      { name: '状态', cell: (learner) => badge(stateText(learner), KINDS[learner.status]) },
      { name: '报名时间', sort: (learner) => learner.created_at, cell: (learner) => learner.time_text },
      {
        name: '', acts: true,
        cell: (learner) => [button('经过', { quiet: true, about: learner.name, testid: `history-${learner.resident_id}`, onclick: () => history(learner) }), ...(mayWithdraw ? [h('a.button.quiet', { href: `#/slips/${learner.enrolment_id}`, testid: `slip-${learner.resident_id}` }, '报名单', h('span.sr', `：${learner.name}`)), learner.status === 'placed' ? button('换班', { quiet: true, about: learner.name, testid: `change-${learner.resident_id}`, onclick: () => change(learner) }) : null, button('退课', { quiet: true, danger: true, about: learner.name, testid: `withdraw-${learner.resident_id}`, onclick: () => withdraw(learner) })] : [])],
      },
    ],
  };
}

const NAME_STATE = { unseen: '姓名待查', refused: '姓名不合适' };
const nameCell = (learner) => h('span.row.tight', h('span.strong', learner.name), NAME_STATE[learner.name_state] && badge(NAME_STATE[learner.name_state], 'warn'));

const stateText = (learner) => (learner.status === 'waiting' && learner.waiting_position
  ? `${learner.status_text.replace(/[（(].*$/, '')}第 ${learner.waiting_position} 位` : learner.status_text);

/** To another class of the course; both or nothing. */
async function change(learner) {
  const sisters = await api.list(`/api/staff/enrolments/${learner.enrolment_id}/sister-classes`);
  if (!sisters.length) {
    tell(`没有可以换的班：要在开学两周内，同一门课有空位，时间也不冲突。`, 'warn');
    return;
  }
  const options = sisters.map((one) => [one.id, `${one.name}（${one.time_text}，${one.site_name}，空 ${one.free + one.kept} 位）`]);
  const changed = await formDialog({
    title: `为${learner.name}换班`,
    intro: ['原来的名额让给候补的人。新的班没有位子时，什么都不变。'],
    grid: false,
    testid: 'change-dialog',
    fields: [field({ name: 'class_id', label: '换到', type: 'select', required: true, full: true, read: asId, options })],
    submitText: '换班',
    submit: (values) => api.post(`/api/staff/enrolments/${learner.enrolment_id}/change`, values),
  });
  if (changed) {
    await reload();
    tell(`${learner.name}已换班。`);
  }
}

const WHY = [
  ['', '请选择'], ['health', '本人：身体不方便'], ['time', '本人：时间不合适'], ['family', '本人：家里有事'], ['other_class', '本人：想换别的班'], ['other', '本人：其他原因'],
  ['absent', '中心：多次缺课'], ['unfit', '中心：不符合报名条件'],
];

async function withdraw(learner) {
  const gone = await formDialog({
    title: `为${learner.name}退课？`,
    intro: [`学员号 ${learner.learner_number}。退课后名额让给候补的人。`, '选“中心”的，本人这个学期不能自己再报这个班；要恢复，到“居民”的“手续”里取消限制。'],
    testid: 'withdraw-dialog',
    grid: false,
    fields: [
      field({ name: 'why', label: '原因', type: 'select', required: true, options: WHY }),
      field({ name: 'reason', label: '补充说明', type: 'textarea', rows: '2', maxlength: '150', hint: '可以不写。' }),
    ],
    submitText: '退课',
    danger: true,
    submit: (values) => api.post(`/api/staff/enrolments/${learner.enrolment_id}/withdraw`, values),
  });
  if (gone) {
    await reload();
    tell(`${learner.name}已退课。`);
  }
}

/** 柜台报名: find the person, then one button. */
function counter(one, live) {
  const found = h('div', { 'aria-live': 'polite' });
  const q = field({ name: 'q', label: '找居民', type: 'search', required: true, full: true, hint: '写姓名（至少两个字）、学员号，或完整的手机号。', autocomplete: 'off', testid: 'resident-query' });
  return h('section.panel.stack', { 'aria-labelledby': 'counter' },
    h('div', {}, h('h2', { id: 'counter' }, '为居民报名'), one.free + one.kept > 0
      ? h('p.soft', one.kept > 0 ? `还有 ${one.free + one.kept} 个空位，其中 ${one.kept} 个留给窗口和电话，到${one.kept_until_text}。` : `还有 ${one.free} 个空位。`)
      : h('p.soft', `名额已满，有 ${one.waiting} 人候补。可以为他排候补，有空位时按顺序通知。`)),
    form({
      fields: [q],
      grid: false,
      testid: 'resident-form',
      submitText: '查找',
      submit: async (values) => {
        const people = await api.list(`/api/staff/residents${query(values)}`);
        put(found, results(one, live, people, values.q));
      },
    }),
    found);
}

function results(one, live, people, q) {
  return table({
    label: '找到的居民',
    rows: people,
    none: empty(`没有找到“${q}”。`, '请核对后再找。没有登记过的居民，请到“窗口报名”。'),
    rowTestid: (person) => `resident-row-${person.id}`,
    columns: [
      { name: '姓名', lead: true, cell: (person) => h('span.strong', person.name) },
      { name: '学员号', cell: (person) => h('span.numbers', person.learner_number) },
      { name: '电话', cell: (person) => h('span.numbers', person.phone_masked ?? '没有') },
      { name: '社区', cell: (person) => person.community_name ?? '' },
      { name: '', acts: true, cell: (person) => signUp(one, live, person) },
    ],
  });
}

function signUp(one, live, person) {
  if (live.some((learner) => learner.resident_id === person.id)) return badge('已在名单里');
  const place = h('div.stack.tight');
  const ask = (waiting) => button(waiting ? '排候补' : '报名', {
    about: person.name,
    testid: waiting ? `wait-${person.id}` : `sign-up-${person.id}`,
    onclick: async () => {
      try {
        const learner = await api.post(`/api/staff/classes/${one.id}/enrolments`, { learner_number: person.learner_number, join_waitlist: waiting });
        await reload();
        tell(`${learner.name}：${stateText(learner)}。`);
      } catch (error) {
        if (isGone(error)) return;
        // The last place went meanwhile: the list is offered instead.
        const full = error.code === 'class_full' && !waiting;
        put(place, ask(full || waiting), failure(full ? new Error(error.message) : error));
      }
    },
  });
  return put(place, ask(one.free + one.kept <= 0));
}

