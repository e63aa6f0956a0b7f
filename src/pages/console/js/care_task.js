// One 回访: whom to call, what happened so far, and how it ends.

import { api } from './api.js';
import { marks } from './care.js';
import { h } from './dom.js';
import { askReason, field, formDialog } from './form.js';
import { reload } from './router.js';
import { button, dialog, pageHead, tell } from './ui.js';

const OUTCOMES = [['comes_again', '会再来'], ['unwell', '身体不适'], ['busy', '暂时没空'], ['helped', '已上门或已联系家人'], ['unreached', '一直没联系上'], ['other', '其他']];
const WHY = [['health', '本人：身体不方便'], ['time', '本人：时间不合适'], ['family', '本人：家里有事'], ['other', '本人：其他原因'], ['absent', '中心：多次缺课']];

export async function page({ params, signal }) {
  const path = `/api/staff/care-tasks/${params.id}`;
  const { task, steps } = await api.get(path, { signal });
  const open = !task.outcome;
  const fact = (name, text) => [h('dt', name), h('dd', text)];
  return h('div.page', {},
    pageHead({ title: `${task.name}：${task.kind_text}`, back: { href: '#/care', text: '回访' }, badges: [' ', marks(task)] }),
    h('section.panel.stack', {},
      h('dl.facts', {},
        fact('学员', `${task.name}${task.age ? `，${task.age} 岁` : ''}，学员号 ${task.learner_number}`),
        fact('班级', task.class_name),
        fact('没来', `连缺 ${task.absences} 次：${task.missed_text}`),
        task.came_since && fact('后来', '之后来上过课'),
        task.left && fact('名额', '已经不在这个班'),
        open ? fact('办到', task.due_text) : fact('办结', task.closed_text),
        task.said && fact('对方说', task.said)),
      open && h('div.row', {},
        button('看本人电话', { testid: 'care-phone', onclick: () => number(`/api/staff/residents/${task.resident_id}/phone/reveal`, task.name) }),
        button('看家人电话', { testid: 'care-relative', onclick: () => number(`/api/staff/residents/${task.resident_id}/relative/reveal`, `${task.name}的家人`) })),
      open && h('div.row', {},
        task.mine ? button('放回，让别人办', { quiet: true, testid: 'care-put-back', onclick: () => act(`${path}/put-back`, '放回去了。') })
          : button(task.taken_by ? '换我来办' : '我来办', { testid: 'care-take', onclick: () => act(`${path}/take`, '由您来办。') }),
        button('没办成，记一笔', { testid: 'care-note', onclick: () => note(path) }),
        task.kind === 'release' && !task.left && button('谈过了，退课', { danger: true, testid: 'care-release', onclick: () => release(path, task) }),
        button('办结', { main: true, testid: 'care-close', onclick: () => close(path, task) }))),
    h('section.panel.stack', {}, h('h2', '经过'), h('ul.plain', { testid: 'care-steps' }, steps.map((one) => h('li', {},
      h('p', {}, h('span.strong', one.step_text), one.note && `：${one.note}`),
      h('p.small.soft', `${one.staff_name ?? '系统'} · ${one.time_text}`))))));
}

async function act(path, words) {
  await api.post(path, {});
  await reload();
  tell(words);
}

async function number(path, whose) {
  const { phone } = await api.post(path, {});
  await dialog({ title: whose, content: (done) => [
    h('p', {}, h('a.strong.numbers', { href: `tel:${phone}`, testid: 'care-number' }, phone)),
    h('p.soft', '谁在什么时候看过，会记下来。'),
    h('div.row', {}, button('知道了', { main: true, onclick: () => done(true) }))] });
}

async function note(path) {
  const saved = await askReason({
    title: '记一笔', label: '怎么样', offers: ['没人接，晚点再打', '电话打不通'], submitText: '记下',
    submit: ({ reason }) => api.post(`${path}/notes`, { text: reason }),
  });
  if (saved) { await reload(); tell('记下了。'); }
}

const said = () => field({ name: 'said', label: '对方说了什么', type: 'textarea', rows: '3', required: true, full: true, maxlength: '500' });

async function finish(task, { title, intro, fields, submitText, danger, submit }) {
  const done = await formDialog({ title, intro, testid: 'care-dialog', grid: false, fields: [...fields, said()], submitText, danger, submit });
  if (!done) return;
  document.getElementById('main').dispatchEvent(new Event('care-changed', { bubbles: true }));
  await reload();
  tell(`${task.name}的回访办结了。`);
}

const close = (path, task) => finish(task, {
  title: `办结${task.name}的回访？`, intro: ['名额不变。'],
  fields: [field({ name: 'outcome', label: '结果', type: 'select', required: true, full: true, options: [['', '请选择'], ...OUTCOMES] })],
  submitText: '办结',
  submit: (values) => api.post(`${path}/close`, values),
});

const release = (path, task) => finish(task, {
  title: `为${task.name}退课？`,
  intro: ['请先和本人谈过。名额让给候补的人。', '选“中心”的，本人这个学期不能自己再报这个班。'],
  fields: [field({ name: 'leaves_for', label: '为什么退', type: 'select', required: true, full: true, options: [['', '请选择'], ...WHY] })],
  submitText: '退课并办结',
  danger: true,
  submit: (values) => api.post(`${path}/close`, { ...values, outcome: 'released' }),
});
