// One activity: who signed up, who came, photos, and how it ended.

import { came, state } from './activities.js';
import { body, choices, fields } from './activity_new.js';
import { api } from './api.js';
import { h } from './dom.js';
import { askReason, field, formDialog } from './form.js';
import { upload } from './pictures.js';
import { reload } from './router.js';
import * as time from './time.js';
import { timesField } from './times.js';
import { alertBox, badge, button, confirm, empty, pageHead, table, tell } from './ui.js';

export async function page(ctx) {
  const path = `/api/staff/activities/${ctx.params.id}`;
  const one = await api.get(path, { signal: ctx.signal });
  const open = one.status === 'open' && !one.closed;
  return h('div.page', {},
    pageHead({
      title: one.name, badges: [' ', state(one)], back: { href: '#/activities', text: '活动' },
      lead: `${one.kind_text} · ${one.site_name} ${one.room} · ${one.lead_name}`,
      actions: open ? [
        button('修改', { testid: 'activity-edit', onclick: () => edit(ctx, one, path) }),
        button('加一场', { testid: 'activity-time', onclick: () => more(path) }),
        one.over ? button('写小结，结束', { main: true, testid: 'activity-close', onclick: () => close(path) })
          : button('取消活动', { danger: true, testid: 'activity-cancel', onclick: () => cancel(one) }),
      ] : [],
    }),
    one.closed && alertBox('ok', h('p.strong', `已结束：${one.closed_text}`), one.summary && h('p', one.summary)),
    h('div.class-columns', {},
      h('div.stack', {},
        h('section.panel.flush', { 'aria-label': '场次' }, h('div.panel-head', {}, h('h2', '场次')), times(one, open)),
        photos(one, path)),
      aside(one)));
}

function aside(one) {
  const fact = (name, text) => text && [h('dt', name), h('dd', {}, text)];
  return h('aside.panel.stack', { 'aria-label': '活动资料' },
    h('h2', '活动资料'),
    h('dl.facts', {},
      fact('项目', one.project_id ? h('a', { href: `#/projects/${one.project_id}` }, one.project_name) : '不属于项目'),
      fact('报名', one.open_door ? '不用报名，来了就能参加' : `${one.taken} 人，名额 ${one.capacity}${one.waiting ? `，候补 ${one.waiting} 人` : ''}`),
      fact('人次', h('span', { testid: 'activity-came' }, came(one.sum))),
      fact('学时', one.credited ? `${time.hours(one.sum.hundredths)} 学时` : '不算学时'),
      fact('标签', one.tags.join('、')),
      fact('智在指尖', one.smart_technology && '计入')),
    one.programme && h('p.soft', one.programme),
    !one.open_door && h('a.button', { href: `#/classes/${one.id}/learners`, testid: 'activity-people' }, '报名名单'));
}

function times(one, open) {
  const now = Date.now();
  const begun = (row) => new Date(row.starts_at).getTime() <= now;
  return table({
    label: '场次', testid: 'activity-times', rows: one.times, none: empty('没有场次。', ''),
    rowTestid: (row) => `activity-time-${row.id}`,
    rowOff: (row) => row.status === 'cancelled',
    columns: [
      { name: '时间', lead: true, cell: (row) => [h('span.strong.nowrap', `${row.time_text}–${row.until_text}`), row.status === 'cancelled' && badge('已取消', 'bad'), row.note && h('div.small.soft', row.note)] },
      { name: '签到', right: true, cell: (row) => `${row.present} 人` },
      { name: '不记名', right: true, cell: (row) => (row.heads == null ? '' : [h('div', `${row.heads} 人`), row.heads_how && h('div.small.soft', row.heads_how)]) },
      {
        name: '', acts: true,
        cell: (row) => row.status === 'planned' && h('div.row', {},
          h('a.button.quiet', { href: `#/meetings/${row.id}`, testid: `time-roll-${row.id}` }, '签到、名单'),
          begun(row) ? button('数人数', { quiet: true, testid: `time-heads-${row.id}`, onclick: () => heads(row) })
            : open && [
              button('改期', { quiet: true, testid: `time-move-${row.id}`, onclick: () => move(row) }),
              button('取消这场', { quiet: true, danger: true, testid: `time-cancel-${row.id}`, onclick: () => cancelTime(row) })]),
      },
    ],
  });
}

function photos(one, path) {
  const input = h('input', {
    type: 'file', accept: 'image/*', multiple: true, testid: 'photo-input', 'aria-label': '加照片',
    onchange: async () => {
      const files = [...input.files];
      input.value = '';
      try {
        for (const file of files) await upload(file, undefined, `${path}/photos`);
        await reload();
        tell(`加了 ${files.length} 张照片。`);
      } catch (error) { tell(error.message, 'bad'); }
    },
  });
  return h('section.panel.stack', { 'aria-label': '照片' },
    h('div.row.spread', {}, h('h2', '照片'), h('label.button.file', {}, '加照片', input)),
    h('p.small.soft', '只在工作台里看得到。要给大家看，请写成文章发布。'),
    one.photos.length ? h('ul.photo-grid', { testid: 'photos' }, one.photos.map((photo, index) => h('li', {},
      h('img', { src: photo.url, alt: `“${one.name}”的照片 ${index + 1}`, loading: 'lazy' }),
      button('拿掉', { quiet: true, about: `照片 ${index + 1}`, onclick: () => removePhoto(photo) })))) : h('p.soft', '还没有照片。'));
}

async function removePhoto(photo) {
  const gone = await confirm({ title: '拿掉这张照片？', text: '活动里不再显示这张照片。', yes: '拿掉', danger: true, work: () => api.delete(photo.url) });
  if (gone) { await reload(); tell('拿掉了。'); }
}

async function done(promise, words) {
  if (!(await promise)) return;
  await reload();
  tell(words);
}

async function edit(ctx, one, path) {
  const lists = await choices(ctx.me);
  if (one.project_id && !lists.projects.some((project) => project.id === one.project_id)) lists.projects.push({ id: one.project_id, name: one.project_name });
  await done(formDialog({
    title: '修改活动', wide: true, testid: 'activity-dialog', intro: '改时间请在场次里改。地点不能改，要换地方请取消后另办。',
    fields: fields(lists, one),
    submit: (values) => api.put(path, { ...body(values), site_id: one.site_id, room: one.room }),
  }), '已保存。');
}

const more = (path) => done(formDialog({
  title: '加一场', testid: 'time-dialog', fields: [timesField()],
  submit: async ({ times: list }) => { for (const at of list) await api.post(`${path}/times`, at); },
}), '加好了。');

const close = (path) => done(formDialog({
  title: '写小结，结束活动', testid: 'close-dialog', grid: false, intro: '结束以后不能再改活动内容。人数还可以更正。',
  fields: [field({ name: 'summary', label: '小结', type: 'textarea', rows: '5', required: true, full: true, count: 2000, hint: '做了什么，来了多少人，效果怎么样。年底报告会用到。' })],
  submitText: '结束活动', submit: (values) => api.post(`${path}/close`, values),
}), '活动结束了。');

const cancel = (one) => done(askReason({
  title: `取消“${one.name}”？`, intro: ['取消以后不能恢复。已报名的人会收到通知。'], hint: '报名的人会看到这个原因。',
  offers: ['天气原因', '报名人数不够', '主讲人来不了'], submitText: '取消活动', danger: true,
  submit: ({ reason }) => api.post(`/api/staff/classes/${one.id}/cancel`, { reason }),
}), '活动取消了。');

const cancelTime = (row) => done(askReason({
  title: '取消这一场？', intro: [row.time_text, '已报名的人会收到通知。'], offers: ['天气原因', '主讲人来不了'], submitText: '取消这场', danger: true,
  submit: ({ reason }) => api.post(`/api/staff/meetings/${row.id}/cancel`, { reason }),
}), '这一场取消了。');

const move = (row) => done(formDialog({
  title: '改期', testid: 'move-dialog', grid: false, intro: '时长不变。已报名的人会收到通知。',
  fields: [
    field({ name: 'starts_at', label: '新的开始时间', type: 'datetime-local', required: true, full: true, value: time.toInput(row.starts_at), read: (text) => (text ? time.fromInput(text) : null) }),
    field({ name: 'reason', label: '原因', required: true, full: true, maxlength: '100' }),
  ],
  submit: (values) => api.post(`/api/staff/meetings/${row.id}/move`, values),
}), '改好了。');

const heads = (row) => done(formDialog({
  title: '数人数', testid: 'heads-dialog', grid: false, intro: ['没有登记名字的人，在这里写个数。', '签过到的人已经算在人次里，不要再数。'],
  fields: [
    field({ name: 'people', label: '不记名的人数', type: 'number', required: true, full: true, value: row.heads, min: '0', max: '100000', inputmode: 'numeric' }),
    field({ name: 'how', label: row.heads == null ? '怎么数的' : '为什么改', full: true, required: row.heads != null, maxlength: '100', placeholder: '比如：门口按人头数' }),
  ],
  submit: (values) => api.put(`/api/staff/activity-meetings/${row.id}/heads`, values).then(() => true),
}), '记下了。');
