// 一个学期的各个阶段、志愿和摇号.

import { api } from './api.js';
import { h } from './dom.js';
import { asId, field, formDialog } from './form.js';
import { reload } from './router.js';
import * as time from './time.js';
import { alertBox, badge, button, confirm, empty, pageHead, table, tell } from './ui.js';

export async function page(ctx) {
  const path = `/api/staff/terms/${ctx.params.id}`;
  const [view, courses] = await Promise.all([api.get(`${path}/draw`, { signal: ctx.signal }), api.list('/api/staff/courses', { signal: ctx.signal })]);
  const { phases } = view;
  // Phases pass, and the seed and the result come from elsewhere.
  if (view.plan && !phases.draw?.drawn_at) {
    ctx.every(10_000, async () => {
      const now = await api.get(`${path}/draw`, { signal: ctx.signal });
      if (stage(now) !== stage(view)) await reload();
    });
  }
  const edit = () => planDialog(path, view.plan, phases);
  return h('div.page', {},
    pageHead({
      title: `${phases.term_name} · 志愿和摇号`, plainTitle: '志愿和摇号',
      back: { href: '#/terms', text: '学期' },
      lead: view.plan ? '志愿、名单、种子和结果都在这里。谁都可以核对。' : '这个学期现在只有先到先得。名额紧的学期，可以先填志愿再摇号。',
      badges: view.plan && badge(phases.title, 'info'),
      actions: view.may_change ? [button(view.plan ? '修改各阶段' : '安排填志愿和摇号', { main: true, testid: 'plan-edit', onclick: edit }),
        view.plan && button('改回先到先得', { testid: 'plan-remove', onclick: () => removePlan(path) })] : [],
    }),
    view.plan && steps(view),
    view.plan && drawPanel(view),
    view.plan && classes(view, courses),
    view.lost.length > 0 && losers(view.lost));
}

const seedDue = ({ now, draw }) => Date.parse(now) >= Date.parse(draw?.seed_at);
const stage = ({ phases }) => JSON.stringify([phases.phase, phases.draw, seedDue(phases)]);

function steps({ phases, plan }) {
  return h('section.panel.stack', { testid: 'plan' },
    h('h2', '各个阶段'),
    h('dl.facts', {}, phases.phases.map((one) => [h('dt', one.name), h('dd', {}, one.time_text, one.phase === phases.phase && [' ', badge('现在', 'ok')])])),
    h('p.soft', `志愿阶段每人最多 ${plan.most_classes} 个班。入门班留 ${plan.newcomer_percent}% 给第一次学的人。`));
}

function drawPanel(view) {
  const { draw } = view.phases;
  if (!draw) {
    return h('section.panel.stack', {}, h('h2', '名单'),
      h('p', { testid: 'wishing' }, `现在有 ${view.wishing} 人填了志愿。截止时名单自动锁定并公布。`),
      h('p.soft', `种子：${view.plan.seed_source}，${time.spoken(view.plan.seed_at)}。`));
  }
  const file = (name, text) => h('a', { href: `/api/draws/${draw.id}/${name}`, target: '_blank' }, text);
  return h('section.panel.stack', { testid: 'draw' },
    h('div.row.spread', {}, h('h2', '摇号'), badge(draw.drawn_at ? '已摇号' : draw.seed ? '正在摇号' : '等种子', draw.drawn_at ? 'ok' : 'warn')),
    h('dl.facts', {},
      h('dt', '名单'), h('dd', {}, `${draw.people} 人，${draw.frozen_text}公布。`, file('list.txt', '看名单')),
      h('dt', '名单指纹'), h('dd', {}, h('code.break', { testid: 'list-hash' }, draw.list_sha256)),
      h('dt', '种子来源'), h('dd', `${draw.seed_source}，${draw.seed_at_text}`),
      draw.seed && [h('dt', '种子'), h('dd', {}, h('span.strong', { testid: 'seed' }, draw.seed))],
      draw.result_sha256 && [h('dt', '结果'), h('dd', {}, file('result.txt', '看结果')), h('dt', '结果指纹'), h('dd', {}, h('code.break', draw.result_sha256))]),
    !draw.seed && seedPart(view, draw),
    h('p.soft.small', {}, '谁都可以核对：', h('a', { href: '/m/draw-rules.txt', target: '_blank' }, '摇号规则'), '。'));
}

function seedPart(view, draw) {
  if (!seedDue(view.phases)) {
    return alertBox('info', h('p', `${draw.seed_at_text}以后，由两位同事各填一次种子，两次一样才摇号。`));
  }
  return h('div.stack', {},
    view.seed_entered_by_name
      ? alertBox('warn', h('p', { testid: 'seed-entered' }, `${view.seed_entered_by_name}已经填过。请另一位同事自己查号码，再填一次。`))
      : alertBox('info', h('p', '请到公布的地方查号码，填在这里。另一位同事要再填一次。')),
    h('div', {}, button('填种子', { main: true, testid: 'seed-enter', onclick: () => seedDialog(draw) })));
}

async function seedDialog(draw) {
  const said = await formDialog({
    title: '填种子', testid: 'seed-dialog', submitText: '确定',
    intro: [draw.seed_source, '照公布的填，不要空格。两人一样，马上摇号，不能再改。'],
    fields: [field({ name: 'seed', label: '种子', required: true, full: true, maxlength: '64', autocomplete: 'off', autofocus: true })],
    submit: (values) => api.post(`/api/staff/draws/${draw.id}/seed`, values),
  });
  if (said) { await reload(); tell(said.message); }
}

function classes(view, courses) {
  const drawn = Boolean(view.phases.draw?.drawn_at);
  const courseName = (id) => courses.find((one) => one.id === id)?.name ?? '';
  return h('section.panel.flush', {}, table({
    label: '各班的志愿', testid: 'draw-classes',
    columns: [
      { name: '班级', lead: true, cell: (one) => h('a.title', { href: `#/classes/${one.class_id}` }, one.name) },
      { name: '名额', right: true, cell: (one) => (drawn || one.free === one.capacity ? one.capacity : `${one.free} / ${one.capacity}`) },
      { name: '想上', right: true, cell: (one) => h('span', {}, `${one.wishes} 人`, one.wishes > one.free && !drawn && badge('要摇号', 'warn')) },
      { name: '第一志愿', right: true, cell: (one) => `${one.first_wishes} 人` },
      { name: '参加办法', cell: (one) => (one.beginners ? badge('入门班', 'info') : one.previous_course_id ? `“${courseName(one.previous_course_id)}”的学员续读` : '同课程学员续读') },
      drawn && { name: '摇中 / 候补', right: true, cell: (one) => `${one.placed} / ${one.waiting}` },
      view.may_change && { name: '', acts: true, cell: (one) => button('改', { quiet: true, about: one.name, testid: `rule-${one.class_id}`, onclick: () => ruleDialog(one, courses) }) },
    ].filter(Boolean),
    rows: view.classes,
    none: empty('这个学期还没有班。', '先开班，再安排摇号。'),
  }));
}

async function ruleDialog(one, courses) {
  const saved = await formDialog({
    title: one.name, testid: 'rule-dialog',
    fields: [
      field({ name: 'beginners', label: '入门班：留名额给第一次学的人', type: 'checkbox', value: one.beginners, full: true, hint: '入门班没有老学员续读。' }),
      field({ name: 'previous_course_id', label: '哪门课的学员可以续读', type: 'select', value: one.previous_course_id ?? '', full: true, read: asId, options: [['', '同一门课'], ...courses.map((course) => [course.id, course.name])] }),
    ],
    submit: (values) => api.put(`/api/staff/classes/${one.class_id}/draw-rule`, values),
  });
  if (saved) { await reload(); tell('已保存。'); }
}

const losers = (rows) => h('section.panel.flush', {},
  h('div.panel-head', {}, h('div', {}, h('h2', `一个班也没有摇到的（${rows.length} 人）`),
    h('p.soft.small', '他们在候补，下次摇号多签。可以打电话问问要不要别的班。'))),
  table({
    label: '没有摇到的', testid: 'draw-lost', rows,
    columns: [
      { name: '姓名', lead: true, cell: (one) => h('span.strong', one.name || '（已注销）') },
      { name: '学员号', cell: (one) => one.learner_number },
      { name: '摇号号码', cell: (one) => one.number },
    ],
  }));

function removePlan(path) {
  return confirm({
    title: '改回先到先得？', text: '各个阶段会去掉。已经填的志愿不再有用。', yes: '改回先到先得', danger: true,
    work: async () => { await api.delete(`${path}/plan`); await reload(); tell('已改回先到先得。'); },
  });
}

const readTime = (text) => (text ? time.fromInput(text) : null);

/** Proposed from the start of first come first served backwards: 7, 5, 3 days. */
function proposal(phases) {
  const open = Date.parse(phases.phases.at(-1).opens_at);
  const before = (days, hour) => time.fromInput(`${time.addDays(time.day(open), -days)}T${hour}`);
  return {
    continuation_opens_at: before(18, '09:00'), continuation_closes_at: before(11, '09:00'),
    wishes_open_at: before(11, '09:00'), wishes_close_at: before(6, '09:00'), seed_at: before(6, '22:00'),
    confirm_until: before(1, '20:00'), most_classes: 2, newcomer_percent: 30, seed_source: '',
  };
}

async function planDialog(path, plan, phases) {
  const now = plan ?? proposal(phases);
  const at = (name, label, required = true, hint = undefined) => field({ name, label, type: 'datetime-local', value: now[name] && time.toInput(now[name]), required, read: readTime, hint });
  const saved = await formDialog({
    title: plan ? '修改各阶段' : '安排填志愿和摇号', wide: true, testid: 'plan-dialog',
    intro: '先到先得的时间在“学期”里改。',
    fields: [
      at('continuation_opens_at', '续读开始', false, '没有续读就留空。'), at('continuation_closes_at', '续读截止', false),
      at('wishes_open_at', '填志愿开始'), at('wishes_close_at', '填志愿截止', true, '到这时名单锁定并公布。'),
      field({ name: 'seed_source', label: '种子从哪里来', value: now.seed_source, required: true, full: true, maxlength: '100', placeholder: '中国体育彩票“排列5”2026年12月20日开奖的五个号码，连着写', hint: '要大家都查得到，而且在名单公布以后才开出。' }),
      at('seed_at', '种子公布'), at('confirm_until', '确认截止', true, '没有确认的名额让给候补。'),
      field({ name: 'most_classes', label: '志愿阶段每人最多几个班', type: 'number', value: now.most_classes, required: true, min: '1', max: '20', inputmode: 'numeric' }),
      field({ name: 'newcomer_percent', label: '入门班留给新学员的百分比', type: 'number', value: now.newcomer_percent, required: true, min: '0', max: '100', inputmode: 'numeric' }),
    ],
    submit: (values) => api.put(`${path}/plan`, values),
  });
  if (saved) { await reload(); tell('已保存。'); }
}
