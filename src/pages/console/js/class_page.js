// One class: what it is, and its meetings.

import { api } from './api.js';
import { classBadge, places } from './classes.js';
import { download } from './download.js';
import { h, put } from './dom.js';
import { asId, askReason, field, formDialog } from './form.js';
import { may } from './roles.js';
import { reload } from './router.js';
import * as time from './time.js';
import { alertBox, badge, busy, button, dialog, empty, failure, pageHead, table, tell } from './ui.js';

export async function page(ctx) {
  const one = await api.get(`/api/staff/classes/${ctx.params.id}`, { signal: ctx.signal });
  const plans = may(ctx.me, 'enrolment') && one.status === 'open';
  return h('div.page', {},
    classHead(one, plans ? [
      button('修改', { testid: 'class-edit', onclick: () => edit(one) }),
      h('a.button', { href: `#/posters/class/${one.id}`, testid: 'class-poster' }, '签到海报'),
      button('小程序码', { testid: 'class-invite', onclick: () => invite(one) }),
      button('报名条件', { testid: 'class-rules', onclick: () => rules(one) }),
      button('停开', { danger: true, testid: 'class-cancel', onclick: () => cancel(one) }),
    ] : []),
    tabs(one, 'meetings'),
    one.status === 'cancelled' ? alertBox('warn', h('p', '这个班已经停开，不能再报名。')) : null,
    h('div.class-columns', {},
      h('section.panel.flush', { 'aria-label': '课次' },
        may(ctx.me, 'enrolment') && one.meetings?.length ? h('div.panel-head', {}, h('h2', '课次'), button('下载点名册', { testid: 'class-register', onclick: () => register(one) })) : null,
        meetings(one, plans)),
      aside(one)));
}

export function classHead(one, actions = []) {
  return pageHead({
    title: one.name,
    badges: classBadge(one),
    lead: `${one.time_text} · ${one.teacher_name} · ${one.site_name} ${one.room}`,
    back: { href: '#/classes', text: '班级' },
    actions,
  });
}

export function tabs(one, current) {
  const tab = (key, href, text) => h('a', { href, testid: `tab-${key}`, 'aria-current': key === current ? 'page' : null }, text);
  return h('nav.tabs', { 'aria-label': '这个班' },
    tab('meetings', `#/classes/${one.id}`, '课次'),
    tab('learners', `#/classes/${one.id}/learners`, `学员（${one.taken}${one.waiting ? `，候补 ${one.waiting}` : ''}）`),
    tab('results', `#/classes/${one.id}/results`, '结业'));
}

function aside(one) {
  const ages = [one.min_age != null && `${one.min_age} 岁起`, one.max_age != null && `到 ${one.max_age} 岁`].filter(Boolean).join('，');
  const facts = [
    ['学期', one.term_name], ['课程', one.course_name], ['类别', one.subject],
    ['名额', places(one)], ['名额要减到', one.cut_to != null ? `${one.cut_to}（退一个少一个，减到为止不再收人）` : null],
    ['最低开班人数', `${one.least_people} 人`], ['空位', one.free],
    ['留给窗口和电话', one.kept > 0 ? `${one.kept} 个，到${one.kept_until_text}` : null], ['候补', `${one.waiting} 人`],
    ['年龄', ages], ['收谁', RESIDENCE[one.residence]],
    ['先修', one.previous_needed ? `学过“${one.previous_course_name ?? one.course_name}”` : null], ['地址', one.site_address],
    ['智能技术', one.smart_technology ? '计入“智在指尖”' : null],
  ].filter(([, value]) => value !== '' && value != null);
  return h('aside.panel.stack', { 'aria-label': '班级资料' },
    h('h2', '班级资料'),
    h('dl.facts', facts.map(([name, value]) => [h('dt', name), h('dd', {}, value)])),
    one.description && h('p.soft', one.description));
}

function meetings(one, plans) {
  const soon = Date.now();
  return table({
    label: '课次',
    testid: 'meeting-table',
    rows: one.meetings ?? [],
    none: empty('还没有课次。', '课次在开班时排好。'),
    rowTestid: (meeting) => `meeting-row-${meeting.id}`,
    rowOff: (meeting) => meeting.status === 'cancelled',
    columns: [
      { name: '课次', lead: true, cell: (meeting) => h('span.strong.nowrap', `第 ${meeting.number} 次`) },
      { name: '时间', cell: (meeting) => [h('span.numbers.nowrap', `${meeting.time_text}–${time.clockText(meeting.ends_at)}`), elsewhere(one, meeting)] },
      { name: '状态', cell: (meeting) => [state(meeting, soon), meeting.note && h('div.small.soft', meeting.note)] },
      {
        name: '', acts: true,
        cell: (meeting) => h('div.row', {},
          h('a.button.quiet', { href: `#/meetings/${meeting.id}`, testid: `meeting-open-${meeting.id}` }, '名单', h('span.sr', `：第 ${meeting.number} 次`)),
          plans && meeting.status === 'planned' && new Date(meeting.ends_at).getTime() > soon ? [
            button('改期', { quiet: true, about: `第 ${meeting.number} 次`, testid: `meeting-move-${meeting.id}`, onclick: () => move(one, meeting) }),
            button('停课', { quiet: true, danger: true, about: `第 ${meeting.number} 次`, testid: `meeting-cancel-${meeting.id}`, onclick: () => cancelMeeting(meeting) }),
          ] : null),
      },
    ],
  });
}

async function register(one) {
  const name = await download('POST', `/api/staff/sheets/classes/${one.id}/register`);
  tell(`已下载“${name}”。`);
}

/** The place, where it is not the class's own. */
function elsewhere(one, meeting) {
  if (meeting.site_name === one.site_name && meeting.room === one.room) return null;
  return h('div.small', `在${meeting.site_name} ${meeting.room}`);
}

function state(meeting, now) {
  if (meeting.status === 'cancelled') return badge('已停课', 'bad');
  if (new Date(meeting.ends_at).getTime() < now) return badge('已上完');
  if (time.day(meeting.starts_at) === time.day()) return badge('今天', 'ok');
  return meeting.note ? badge('有变动', 'warn') : badge('未到');
}

const asAddress = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => reject(new Error('图片打不开，请关掉再试一次。'));
  reader.readAsDataURL(blob);
});

/** What leads into the class from a poster or a text message. */
function invite(one) {
  const address = `/api/staff/classes/${one.id}/mini-code`;
  const image = h('img.mini-code', { testid: 'mini-code', alt: `“${one.name}”的小程序码`, width: '280', height: '280', hidden: true });
  const picture = h('div.stack', {}, h('p.soft', { role: 'status' }, '正在取小程序码…'));
  const link = h('div.stack', {}, button('生成短信链接', { testid: 'mini-link-make', onclick: (event) => busy(event.currentTarget, make) }));
  const make = async () => {
    const made = await api.post(`/api/staff/classes/${one.id}/mini-link`, {});
    const text = h('input.input.numbers', { type: 'text', readonly: true, value: made.url, 'aria-label': '短信链接', testid: 'mini-link', onfocus: (event) => { event.target.select(); } });
    put(link, h('div.field', {}, text), h('p.soft.small', `点开就到这个班。${time.spoken(made.until)}以前有效。`));
    text.focus();
  };
  const draw = async () => {
    try {
      const { blob } = await api.file('GET', address);
      // Pages may show what they carry themselves, and nothing that only the browser holds.
      image.src = await asAddress(blob);
      image.hidden = false;
      put(picture, image, h('p', {}, h('a.button', { href: image.src, download: `${one.name}-小程序码.jpg`, testid: 'mini-code-save' }, '保存图片')));
    } catch (error) {
      put(picture, failure(error));
    }
  };
  draw();
  return dialog({
    title: '小程序码和链接', testid: 'invite-dialog',
    content: (close) => [
      h('p', '印在海报上，微信扫一扫就到这个班。一直有效。'), picture,
      h('h3', '发短信用的链接'), link,
      h('div.row.end', {}, button('关闭', { testid: 'invite-close', onclick: () => { close(null); } })),
    ],
  });
}

async function edit(one) {
  const teachers = await api.list('/api/staff/teachers');
  const saved = await formDialog({
    title: '修改班级',
    intro: '学期、课程和上课时间不能改。某一次课要改期，请在课次里改。',
    testid: 'class-dialog',
    fields: [
      field({ name: 'name', label: '班级名称', value: one.name, required: true, maxlength: '40' }),
      field({ name: 'teacher_id', label: '教师', type: 'select', required: true, read: asId, value: one.teacher_id ?? teachers.find((teacher) => teacher.name === one.teacher_name)?.id ?? '', options: [['', '请选择'], ...teachers.map((teacher) => [teacher.id, teacher.name])] }),
      field({ name: 'room', label: '教室', value: one.room, required: true, maxlength: '40' }),
      field({ name: 'capacity', label: '名额', type: 'number', value: one.capacity, required: true, min: '1', max: '500', inputmode: 'numeric', hint: `已占 ${one.taken} 个。要改得更少，请写原因。` }),
      heldField(one.held_percent),
      ...offerFields(one),
      field({ name: 'overbooked_for', label: '少于已占名额的原因', full: true, maxlength: '100', hint: '已在班里的人不动。退一个少一个，减到为止都不再收人。不少于已占的，不用写。' }),
    ],
    submit: (values) => api.put(`/api/staff/classes/${one.id}`, values),
  });
  if (saved) await done('已保存。');
}

/** To which class the learners of one that is cancelled can change by one tap. */
export const sisterField = (sisters, people) => field({
  name: 'sister_id', label: '推荐换到', type: 'select', full: true, read: asId, value: sisters[0].id,
  options: [...sisters.map((other) => [other.id, `${other.name}（${other.time_text}，空 ${other.free} 位）`]), ['', '不推荐']],
  hint: `现在有 ${people} 人。通知里带上这个班，学员点一下就能换，先到先得，不会超员。`,
});

export const RESIDENCE = { everyone: '不限社区', own_first: '志愿阶段先收本社区', own_only: '只收本社区' };

async function rules(one) {
  const courses = await api.list('/api/staff/courses');
  const saved = await formDialog({
    title: '报名条件',
    intro: '改了只管以后报名的人，已经在班里的不变。',
    testid: 'rules-dialog',
    fields: [
      field({ name: 'residence', label: '收哪里的居民', type: 'select', required: true, full: true, value: one.residence, options: Object.entries(RESIDENCE), hint: '本社区：学习点所在的社区。' }),
      field({ name: 'previous_needed', label: '要先学过前一门课', type: 'checkbox', value: one.previous_needed, full: true, hint: '在已经结束的学期里，录取过那门课的算学过。' }),
      field({ name: 'min_people', label: '最低开班人数', type: 'number', value: one.min_people, min: '0', max: String(one.capacity), inputmode: 'numeric', full: true, hint: `不填就照学期的规定：现在是 ${one.least_people} 人。` }),
      field({ name: 'previous_course_id', label: '前一门课', type: 'select', full: true, read: asId, value: one.previous_course_id ?? '', options: [['', '同一门课'], ...courses.map((course) => [course.id, course.name])], hint: '续读也按这门课算。' }),
    ],
    submit: (values) => api.put(`/api/staff/classes/${one.id}/rules`, values),
  });
  if (saved) await done('已保存。');
}

/** Of the places, kept for the counter; empty: as the term says. */
export const heldField = (value, hint = '空着：照学期定的。') => field({ name: 'held_percent', label: '留给窗口和电话的百分比', type: 'number', value, min: '0', max: '100', inputmode: 'numeric', hint });

/** How long an offered place is kept; empty: as the term says. */
export const offerFields = (of = {}, hint = '空着：照学期定的。') => [
  field({ name: 'offer_hours', label: '候补到的名额，保留几小时', type: 'number', value: of.offer_hours, min: '1', max: '240', inputmode: 'numeric', hint }),
  field({ name: 'offer_daytime_hours', label: '其中白天至少几小时', type: 'number', value: of.offer_daytime_hours, min: '0', max: '120', inputmode: 'numeric', hint: '白天：8 点到 20 点。夜里不算。' }),
];

async function cancel(one) {
  const others = await api.list(`/api/staff/classes?term_id=${one.term_id}`);
  const sisters = others.filter((other) => other.course_id === one.course_id && other.id !== one.id && other.status === 'open' && other.free > 0);
  const gone = await askReason({
    title: `停开“${one.name}”？`,
    intro: ['停开以后不能恢复。已报名和候补的学员都会退出这个班，并收到通知。'],
    before: sisters.length ? [sisterField(sisters, one.taken)] : [],
    hint: '学员会看到这个原因。',
    offers: ['报名人数不够', '老师身体原因', '场地不能用'],
    submitText: '停开这个班',
    danger: true,
    submit: (values) => api.post(`/api/staff/classes/${one.id}/cancel`, values),
  });
  if (gone) await done('这个班已停开。');
}

async function move(one, meeting) {
  const sites = await api.list('/api/staff/sites');
  const moved = await askReason({
    title: `第 ${meeting.number} 次课改期`,
    intro: [`原来是${meeting.time_text}。改期后会通知这个班的学员。`],
    hint: '学员会看到这个原因。',
    offers: ['老师有事', '场地有活动', '天气不好'],
    submitText: '改期并通知学员',
    before: [
      field({ name: 'starts_at', label: '新的时间', type: 'datetime-local', value: time.toInput(meeting.starts_at), required: true, read: (text) => (text ? time.fromInput(text) : null) }),
      field({ name: 'room', label: '教室', value: meeting.room, required: true, maxlength: '40' }),
      field({ name: 'site_id', label: '学习点', type: 'select', full: true, read: asId, value: sites.find((site) => site.name === meeting.site_name)?.id ?? '', options: [['', '不变'], ...sites.map((site) => [site.id, site.name])] }),
    ],
    submit: (values) => api.post(`/api/staff/meetings/${meeting.id}/move`, values),
  });
  if (moved) await done('已改期，正在通知学员。');
}

async function cancelMeeting(meeting) {
  const gone = await askReason({
    title: `第 ${meeting.number} 次课停课？`,
    intro: [`${meeting.time_text}。停课后会通知这个班的学员，不能恢复。`],
    hint: '学员会看到这个原因。',
    offers: ['老师有事', '场地有活动', '天气不好'],
    submitText: '停课并通知学员',
    danger: true,
    submit: (values) => api.post(`/api/staff/meetings/${meeting.id}/cancel`, values),
  });
  if (gone) await done('已停课，正在通知学员。');
}

async function done(text) {
  await reload();
  tell(text);
}
