// 居民: find one, see what was sent to them, close the account of who asked for it on paper.

import { api, query } from './api.js';
import { h, put } from './dom.js';
import { download } from './download.js';
import { family } from './family.js';
import { signInCode } from './sign_in_code.js';
import { asId, askReason, field, form, formDialog } from './form.js';
import { may } from './roles.js';
import { rename } from './router.js';
import { badge, button, dialog, empty, pageHead, table, tell } from './ui.js';

/** A phone number does not stand in an address. */
const isPhone = (text) => /^(\+?86)?1[3-9]\d{9}$/.test(text.replace(/[\s-]/g, ''));

export async function page({ about, me, search: params }) {
  const found = h('div', { 'aria-live': 'polite' });
  const q = field({ name: 'q', label: '找居民', type: 'search', value: params.get('q') ?? '', required: true, full: true, hint: '写姓名（至少两个字）、学员号、完整的手机号，或手机号后四位。', autocomplete: 'off', testid: 'resident-query' });
  const search = async (values) => {
    rename(isPhone(values.q) ? '#/residents' : `#/residents${query(values)}`);
    put(found, results(await api.list(`/api/staff/residents${query(values)}`), values, search, may(me, 'centre'), about));
  };
  if (params.get('q')) await search({ q: params.get('q') });
  return h('div.page', {},
    pageHead({
      title: '居民',
      lead: '登记承诺书、亲属和替他办事的家人，限制或恢复报名，看消息有没有送到；书面要求注销的，也在这里办，15 个工作日内办好。',
      actions: [
        button('导出名单', { testid: 'residents-export', onclick: () => take(me) }),
        h('a.button', { href: '#/residents/import', testid: 'residents-import' }, '导入居民（Excel）'),
      ],
    }),
    h('section.panel.stack', {}, form({ fields: [q], grid: false, testid: 'resident-form', submitText: '查找', submit: search })),
    found);
}

/** The list as a spreadsheet: an officer's own community, or the one that is chosen. */
async function take(me) {
  const communities = await api.list('/api/staff/communities');
  const own = me.role === 'officer' ? communities.filter((one) => one.id === me.community?.id) : communities;
  const all = me.role === 'officer' ? [] : [['', '全部社区']];
  const name = await formDialog({
    title: '导出居民名单',
    intro: ['名单里有姓名、学员号、社区和隐去一部分的手机号，没有身份证号。', '只供内部使用，请勿外传。系统会记下是谁导出的。'],
    testid: 'residents-export-dialog',
    grid: false,
    fields: [field({ name: 'community_id', label: '社区', type: 'select', read: asId, options: [...all, ...own.map((one) => [one.id, one.name])] })],
    submitText: '导出',
    submit: (body) => download('POST', '/api/staff/sheets/residents/list', body),
  });
  if (name) tell(`已导出“${name}”。`);
}

function results(people, values, search, centre, about) {
  return h('div.panel.flush', {}, table({
    label: '找到的居民',
    rows: people,
    none: empty(`没有找到“${values.q}”。`, '请核对后再找。'),
    rowTestid: (person) => `resident-row-${person.id}`,
    columns: [
      { name: '姓名', lead: true, cell: (person) => h('span.strong', person.name) },
      { name: '学员号', cell: (person) => h('span.numbers', person.learner_number) },
      { name: '电话', cell: (person) => h('span.numbers', person.phone_masked ?? '没有') },
      { name: '社区', cell: (person) => person.community_name ?? '' },
      {
        name: '', acts: true,
        cell: (person) => [
          h('a.button.quiet', { href: `#/residents/${person.id}/papers?name=${encodeURIComponent(person.name)}`, testid: `papers-${person.id}` }, '手续', h('span.sr', `：${person.name}`)),
          h('a.button.quiet', { href: `#/residents/${person.id}/card`, testid: `card-${person.id}` }, '学员卡', h('span.sr', `：${person.name}`)),
          button('家人', { quiet: true, about: person.name, testid: `family-${person.id}`, onclick: () => family(person) }),
          button('登录码', { quiet: true, about: person.name, testid: `sign-in-code-${person.id}`, onclick: () => signInCode(person, about) }),
          centre && button('消息', { quiet: true, about: person.name, testid: `notices-${person.id}`, onclick: () => notices(person) }),
          centre && button('注销', { quiet: true, danger: true, about: person.name, testid: `erase-${person.id}`, onclick: () => erase(person, () => search(values)) }),
        ],
      },
    ],
  }));
}

const STATE = { sent: 'ok', pending: 'info', no_consent: 'info', unknown: 'warn', failed: 'bad' };

async function notices(person) {
  const sent = await api.list(`/api/staff/residents/${person.id}/notices`);
  await dialog({
    title: `发给${person.name}的消息`,
    wide: true,
    content: (close) => [
      table({
        label: '发过的消息',
        testid: 'resident-notices',
        rows: sent,
        none: empty('还没有发过消息。', '报名、候补、课程变动时，系统会发。'),
        columns: [
          { name: '消息', lead: true, cell: (row) => [h('span.strong', row.title), h('div.small.soft', row.time_text), h('div.small.break', row.body)] },
          { name: '送到没有', cell: (row) => [badge(row.state_text, STATE[row.state]), h('div.small.soft', [row.way_text, row.read ? '已在“消息”里看过' : null].filter(Boolean).join(' · ')), row.failure && h('div.small', row.failure)] },
        ],
      }),
      h('div.row', {}, button('知道了', { main: true, onclick: () => close(true) })),
    ],
  });
}

async function erase(person, again) {
  const gone = await askReason({
    title: `为${person.name}注销？`,
    intro: [`学员号 ${person.learner_number}。请先核对书面申请和本人身份。`, '姓名、生日、手机号、身份证号都会删掉，班会退掉，找不回来。'],
    hint: '会记下来。请不要写姓名和电话。',
    offers: ['本人书面申请', '家属申请，本人已去世'],
    submitText: '注销',
    danger: true,
    submit: (body) => api.post(`/api/staff/residents/${person.id}/erase`, body),
  });
  if (gone) {
    await again();
    tell('已经注销。');
  }
}
