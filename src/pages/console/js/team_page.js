// One team: who applies, who is in it, and its shifts.

import { api } from './api.js';
import { h } from './dom.js';
import { asId, askReason, field, formDialog } from './form.js';
import { reload } from './router.js';
import { timesField } from './times.js';
import { badge, button, dialog, empty, pageHead, table, tell } from './ui.js';

const MARKS = { applied: 'warn', approved: 'info', trained: 'ok' };

export async function page(ctx) {
  const { team, members, shifts } = await api.get(`/api/staff/teams/${ctx.params.id}`, { signal: ctx.signal });
  return h('div.page', {},
    pageHead({
      title: team.name, lead: team.purpose, back: { href: '#/teams', text: '志愿服务' },
      actions: [button('排一次服务', { main: true, testid: 'shift-new', onclick: () => plan(ctx, team) })],
    }),
    h('section.panel.flush', { 'aria-label': '服务' }, h('div.panel-head', {}, h('h2', '服务')), table({
      label: '服务', testid: 'shift-table', rows: shifts, none: empty('还没有排服务。', '点“排一次服务”，队员就能在手机上报名。'),
      rowTestid: (one) => `shift-row-${one.id}`, rowOff: (one) => one.status === 'cancelled',
      columns: [
        { name: '服务', lead: true, cell: (one) => [h('a.strong', { href: `#/shifts/${one.id}` }, one.name), h('div.small.soft', one.task)] },
        { name: '时间', cell: (one) => h('span.nowrap', one.time_text) },
        { name: '地点', cell: (one) => `${one.site_name} ${one.room}` },
        { name: '报名', right: true, cell: (one) => `${one.taken} / ${one.capacity}` },
        { name: '状态', cell: (one) => (one.status === 'cancelled' ? badge('已取消', 'bad') : one.over ? badge('做完了') : badge('报名中', 'ok')) },
      ],
    })),
    h('section.panel.flush', { 'aria-label': '队员' }, h('div.panel-head', {}, h('h2', '队员')), table({
      label: '队员', testid: 'member-table', rows: members, none: empty('还没有人申请。', '居民在手机“志愿服务”里申请，会出现在这里。'),
      rowTestid: (one) => `member-row-${one.id}`, rowOff: (one) => ['refused', 'left'].includes(one.state),
      columns: [
        { name: '姓名', lead: true, cell: (one) => [h('div.strong', one.name), h('div.small.soft', [one.learner_number, one.phone_masked].filter(Boolean).join(' · '))] },
        { name: '会什么、何时有空', cell: (one) => [h('div', one.skills || '没写'), one.availability && h('div.small.soft', one.availability)] },
        { name: '时长', right: true, cell: (one) => [h('div', spent(one.minutes)), one.stars > 0 && h('div.small', `${one.stars} 星`)] },
        { name: '状态', cell: (one) => [badge(one.state_text, MARKS[one.state] ?? ''), h('div.small.soft', one.reason ?? `${one.applied_text}申请`)] },
        { name: '', acts: true, cell: (one) => h('div.row', {}, acts(one)) },
      ],
    })));
}

/** `1 小时 30 分`. */
export const spent = (minutes) => {
  const parts = [minutes >= 60 && `${Math.floor(minutes / 60)} 小时`, (minutes % 60 > 0 || minutes === 0) && `${minutes % 60} 分`];
  return parts.filter(Boolean).join(' ');
};

function acts(one) {
  const set = (text, state, more = {}) => button(text, { about: one.name, testid: `member-${state}-${one.id}`, onclick: () => say(one, state, '已记下。'), ...more });
  const why = (text, state, title) => button(text, { quiet: true, danger: true, about: one.name, testid: `member-${state}-${one.id}`, onclick: () => because(one, state, title) });
  const call = button('紧急联系人', { quiet: true, about: one.name, testid: `member-contact-${one.id}`, onclick: () => contact(one) });
  return {
    applied: [set('同意加入', 'approved', { main: true }), why('不同意', 'refused', `不同意${one.name}加入？`)],
    approved: [set('培训过了', 'trained', { main: true }), call, why('请出队伍', 'left', `请${one.name}退出队伍？`)],
    trained: [call, why('请出队伍', 'left', `请${one.name}退出队伍？`)],
  }[one.state] ?? [];
}

async function say(one, state, words) {
  await api.put(`/api/staff/team-members/${one.id}`, { state });
  await reload();
  tell(words);
}

async function because(one, state, title) {
  const done = await askReason({
    title, hint: '本人会看到这个原因。', offers: state === 'refused' ? ['队里人满了', '时间对不上'] : ['本人要求退出', '长期没有参加'],
    submitText: '确定', danger: true,
    submit: ({ reason }) => api.put(`/api/staff/team-members/${one.id}`, { state, reason }).then(() => true),
  });
  if (done) { await reload(); tell('已记下。'); }
}

async function contact(one) {
  const { phone } = await api.post(`/api/staff/team-members/${one.id}/contact/reveal`, {});
  await dialog({ title: `${one.name}的紧急联系人`, content: (close) => [
    h('p', {}, h('a.strong.numbers', { href: `tel:${phone}`, testid: 'contact-number' }, phone)),
    h('p.soft', '谁在什么时候看过，会记下来。'),
    h('div.row', {}, button('知道了', { main: true, onclick: () => close(true) }))] });
}

async function plan({ me }, team) {
  const [sites, projects] = await Promise.all([api.list('/api/staff/sites'), api.list('/api/staff/projects')]);
  const own = me.role === 'officer' ? sites.filter((site) => site.community_id === me.community?.id) : sites;
  const pick = (items, none) => [['', none], ...items.map((item) => [item.id, item.name])];
  const saved = await formDialog({
    title: '排一次服务', wide: true, testid: 'shift-dialog',
    fields: [
      field({ name: 'name', label: '名称', required: true, maxlength: '30', placeholder: '周二课堂助教' }),
      field({ name: 'capacity', label: '要几个人', type: 'number', value: 4, required: true, min: '1', max: '500', inputmode: 'numeric' }),
      field({ name: 'site_id', label: '学习点', type: 'select', required: true, read: asId, value: own.length === 1 ? own[0].id : '', options: pick(own, '请选择') }),
      field({ name: 'room', label: '在哪里', required: true, maxlength: '30', placeholder: '201 教室' }),
      field({ name: 'project_id', label: '项目', type: 'select', read: asId, value: '', options: pick(projects.filter((one) => !one.closed), '不属于项目') }),
      field({ name: 'task', label: '做什么', type: 'textarea', rows: '3', required: true, full: true, maxlength: '500' }),
      timesField(),
    ],
    submit: (values) => api.post(`/api/staff/teams/${team.id}/shifts`, values),
  });
  if (saved) { await reload(); tell('排好了，队员可以报名了。'); }
}
