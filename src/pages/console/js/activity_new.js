// 办活动.

import { KINDS } from './activities.js';
import { api } from './api.js';
import { RESIDENCE } from './class_page.js';
import { h } from './dom.js';
import { asId, field, form } from './form.js';
import { go } from './router.js';
import { timesField } from './times.js';
import { empty, pageHead, tell } from './ui.js';

const UNCREDITED = ['charity', 'learning_week', 'exhibition'];

export async function page({ me, signal }) {
  const lists = await choices(me, signal);
  const head = pageHead({ title: '办活动', back: { href: '#/activities', text: '活动' }, lead: '保存以后，居民马上能在手机上看到。' });
  if (!lists.sites.length) return h('div.page', {}, head, h('div.panel.flush', {}, empty('还没有学习点。', '请教育中心先添加学习点。')));
  return h('div.page', {}, head,
    h('div.panel', {}, form({
      fields: [...fields(lists), timesField()],
      testid: 'activity-form',
      submitText: '保存，开始报名',
      submit: async (values) => {
        const made = await api.post('/api/staff/activities', body(values));
        go(`#/activities/${made.id}`);
        tell('活动办好了，居民可以看到了。');
      },
    })));
}

/** What the form chooses from. An officer's own sites only. */
export async function choices(me, signal) {
  const [projects, sites, teachers] = await Promise.all(['projects', 'sites', 'teachers'].map((path) => api.list(`/api/staff/${path}`, { signal })));
  return {
    projects: projects.filter((one) => !one.closed), teachers,
    sites: me.role === 'officer' ? sites.filter((site) => site.community_id === me.community?.id) : sites,
  };
}

/** Of a new activity, or of one that is there. */
export function fields({ projects, sites, teachers }, one) {
  const pick = (items, none) => [['', none], ...items.map((item) => [item.id, item.name])];
  const credited = field({ name: 'credited', label: '到场算学时', type: 'checkbox', value: one?.credited ?? true, full: true, hint: '培训、读书会、讲课算；义卖、展演一般不算。' });
  const kind = field({
    name: 'kind', label: '种类', type: 'select', required: true, value: one?.kind ?? '', options: [['', '请选择'], ...KINDS],
    onchange: () => { credited.input.checked = !UNCREDITED.includes(kind.input.value); },
  });
  return [
    field({ name: 'name', label: '活动名称', value: one?.name, required: true, maxlength: '30', placeholder: '水稻田间管理培训' }),
    kind,
    field({ name: 'project_id', label: '项目', type: 'select', read: asId, value: one?.project_id ?? '', options: pick(projects, '不属于项目') }),
    one ? null : field({ name: 'site_id', label: '学习点', type: 'select', required: true, read: asId, value: sites.length === 1 ? sites[0].id : '', options: pick(sites, '请选择') }),
    one ? null : field({ name: 'room', label: '在哪里', required: true, maxlength: '30', placeholder: '201 教室，或门前广场' }),
    field({ name: 'teacher_id', label: '负责人', type: 'select', read: asId, value: one?.teacher_id ?? '', options: pick(teachers, '写在右边') }),
    field({ name: 'lecturer', label: '或者，请来的主讲人', maxlength: '20', hint: '不在教师名单里的，写名字就行。' }),
    field({ name: 'capacity', label: '名额', type: 'number', value: one?.capacity ?? 30, required: true, min: '1', max: '500', inputmode: 'numeric' }),
    field({ name: 'residence', label: '收谁', type: 'select', required: true, value: one?.residence ?? 'everyone', options: Object.entries(RESIDENCE).filter(([key]) => key !== 'own_first') }),
    field({ name: 'open_door', label: '不用报名，来了就能参加', type: 'checkbox', value: one?.open_door, full: true, hint: '到场扫码或报学员号签到。没带手机的，可以只数人数。' }),
    credited,
    field({ name: 'smart_technology', label: '计入“智在指尖”人次', type: 'checkbox', value: one?.smart_technology, full: true }),
    field({ name: 'tags', label: '标签', value: one?.tags.join('、'), maxlength: '110', full: true, hint: '用顿号隔开，比如：亲子、节气。' }),
    field({ name: 'programme', label: '活动内容', type: 'textarea', rows: '5', value: one?.programme, full: true, count: 2000, hint: '居民会看到：做什么，带什么，怎么去。' }),
  ];
}

export const body = (values) => ({ ...values, tags: values.tags.split(/[、,，\s]+/).filter(Boolean) });
