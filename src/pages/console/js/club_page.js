// One club: meetings, works, performances.

import { api } from './api.js';
import { edit } from './clubs.js';
import { h } from './dom.js';
import { asId, field, formDialog } from './form.js';
import { upload } from './pictures.js';
import { may } from './roles.js';
import { reload } from './router.js';
import { timesField } from './times.js';
import { alertBox, badge, button, confirm, empty, pageHead, table, tell } from './ui.js';

export async function page({ me, params, signal }) {
  const one = await api.get(`/api/clubs/${params.id}`, { signal });
  const path = `/api/staff/clubs/${one.id}`;
  return h('div.page', {},
    pageHead({
      title: one.name, lead: [one.aim, one.place_text, one.lead_name].filter(Boolean).join(' · '), back: { href: '#/clubs', text: '社团' },
      badges: one.closed ? [' ', badge('不再收人')] : null,
      actions: [
        may(me, 'centre') && button('修改', { testid: 'club-edit', onclick: () => edit(one) }),
        one.class_id && h('a.button', { href: `#/classes/${one.class_id}/learners`, testid: 'club-people' }, `社员、社长（${one.members}）`),
        one.class_id && button('加一次活动', { main: true, testid: 'club-time', onclick: () => more(path) }),
      ],
    }),
    !one.class_id && alertBox('warn', h('p', '还没有活动地点，居民还不能加入。'),
      button('安排地点和时间', { main: true, testid: 'club-place', onclick: () => place(me, path) })),
    one.class_id && h('section.panel.flush', { 'aria-label': '活动' }, h('div.panel-head', {}, h('h2', '活动')), table({
      label: '活动', testid: 'club-meetings', rows: [...one.meetings].reverse(), none: empty('还没有活动。', '点“加一次活动”。'),
      columns: [
        { name: '时间', lead: true, cell: (row) => h('span.strong.nowrap', `${row.time_text}–${row.until_text}`) },
        { name: '到场', right: true, cell: (row) => (row.over ? `${row.present} 人` : '') },
        { name: '状态', cell: (row) => (row.status === 'cancelled' ? badge('已取消', 'bad') : row.over ? badge('办过了') : badge('未到')) },
        { name: '', acts: true, cell: (row) => row.status === 'planned' && h('a.button.quiet', { href: `#/meetings/${row.id}` }, '签到、名单', h('span.sr', `：${row.time_text}`)) },
      ],
    })),
    works(one, path), shows(one, path));
}

function works(one, path) {
  return h('section.panel.stack', { 'aria-label': '作品' },
    h('div.row.spread', {}, h('h2', '作品'), button('加一件作品', { testid: 'work-new', onclick: () => addWork(path) })),
    one.works.length ? h('ul.photo-grid', { testid: 'works' }, one.works.map((work) => h('li', {},
      work.picture_url && h('img', { src: work.picture_url, alt: `作品“${work.title}”`, loading: 'lazy' }),
      h('p.strong', work.title), h('p.small.soft', [work.author, work.note].filter(Boolean).join('：')),
      button('拿掉', { quiet: true, about: work.title, onclick: () => remove(`${path}/works/${work.id}`, `拿掉“${work.title}”？`) }))))
      : h('p.soft', '还没有作品。加上的作品，居民在手机上看得到。'));
}

function shows(one, path) {
  return h('section.panel.flush', { 'aria-label': '演出' },
    h('div.panel-head', {}, h('h2', '演出和展出'), button('加一场', { testid: 'show-new', onclick: () => addShow(path) })),
    table({
      label: '演出和展出', testid: 'show-table', rows: one.shows, none: empty('还没有演出。', ''),
      columns: [
        { name: '名称', lead: true, cell: (row) => [h('span.strong', row.title), row.note && h('div.small.soft', row.note)] },
        { name: '日期', cell: (row) => row.day_text },
        { name: '地点', cell: (row) => row.place },
        { name: '', acts: true, cell: (row) => button('拿掉', { quiet: true, about: row.title, onclick: () => remove(`${path}/shows/${row.id}`, `拿掉“${row.title}”？`) }) },
      ],
    }));
}

async function done(promise, words) {
  if (!(await promise)) return;
  await reload();
  tell(words);
}

const remove = (path, title) => done(confirm({ title, text: '拿掉以后不再显示。', yes: '拿掉', danger: true, work: () => api.delete(path) }), '拿掉了。');

const more = (path) => done(formDialog({
  title: '加一次活动', testid: 'club-time-dialog', fields: [timesField()],
  submit: async ({ times }) => { for (const at of times) await api.post(`${path}/times`, at); return true; },
}), '加好了。');

async function place(me, path) {
  const [sites, teachers] = await Promise.all([api.list('/api/staff/sites'), api.list('/api/staff/teachers')]);
  const own = me.role === 'officer' ? sites.filter((site) => site.community_id === me.community?.id) : sites;
  const pick = (items) => [['', '请选择'], ...items.map((item) => [item.id, item.name])];
  await done(formDialog({
    title: '安排地点和时间', wide: true, testid: 'club-place-dialog', intro: '地点以后不能改。时间可以一次一次加。',
    fields: [
      field({ name: 'site_id', label: '学习点', type: 'select', required: true, read: asId, value: own.length === 1 ? own[0].id : '', options: pick(own) }),
      field({ name: 'room', label: '在哪里', required: true, maxlength: '30', placeholder: '手工室' }),
      field({ name: 'teacher_id', label: '指导', type: 'select', required: true, read: asId, options: pick(teachers) }),
      field({ name: 'capacity', label: '最多几人', type: 'number', value: 20, required: true, min: '1', max: '500', inputmode: 'numeric' }),
      timesField(),
    ],
    submit: (values) => api.post(`${path}/place`, values).then(() => true),
  }), '安排好了，居民可以加入了。');
}

function addWork(path) {
  const file = h('input', { type: 'file', accept: 'image/*', testid: 'work-picture', 'aria-label': '作品照片' });
  return done(formDialog({
    title: '加一件作品', testid: 'work-dialog', grid: false, intro: '照片所有人看得到。请只拍作品，不拍人脸。',
    fields: [
      field({ name: 'title', label: '作品名', required: true, full: true, maxlength: '30' }),
      field({ name: 'author', label: '作者', full: true, maxlength: '30', hint: '照本人的意思写，比如：王阿姨。' }),
      field({ name: 'note', label: '说明', type: 'textarea', rows: '2', full: true, maxlength: '300' }),
      h('div.field.full', {}, h('span.label', '照片（可以不加）'), file),
    ],
    submit: async (values) => {
      const picture = file.files[0] ? (await upload(file.files[0], undefined, `${path}/photos`)).picture_id : null;
      await api.post(`${path}/works`, { ...values, picture_id: picture });
      return true;
    },
  }), '加好了。');
}

const addShow = (path) => done(formDialog({
  title: '加一场演出或展出', testid: 'show-dialog', grid: false,
  fields: [
    field({ name: 'title', label: '名称', required: true, full: true, maxlength: '40', placeholder: '重阳节汇演' }),
    field({ name: 'day', label: '日期', type: 'date', required: true, full: true }),
    field({ name: 'place', label: '在哪里', required: true, full: true, maxlength: '40' }),
    field({ name: 'note', label: '说明', type: 'textarea', rows: '2', full: true, maxlength: '300' }),
  ],
  submit: (values) => api.post(`${path}/shows`, values).then(() => true),
}), '加好了。');
