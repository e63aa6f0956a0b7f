// 个人信息: four questions, each with its own answer when something is wrong.

import { Refusal, framed, get, getOnce, post, remove, replace, session } from '../api.js';
import { askPhone, canAskPhone } from '../bridge.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, keepWord, note } from '../parts.js';
import { inside, instead, returnTo } from '../routes.js';

const DRAFT = `${framed}shangxue.profile`;
/** Which field a refusal is about. */
const FIELD_OF = { bad_name: 'name', bad_birth_date: 'birth', no_community: 'community', bad_phone: 'phone' };

export async function profile({ query }) {
  const [me, communities] = await Promise.all([session.me(), getOnce('/communities')]);
  if (me.needs.includes('consent')) {
    instead(`/consent?to=${encodeURIComponent(inside(query.get('to')) === '/' ? '/profile' : query.get('to'))}`);
    return null;
  }
  const form = new Form(me, communities.items || communities);
  return [
    me.name && h('p.line', {}, icon('person'), `学员号 ${me.learner_number}`),
    me.name_refused && note('warn', 'alert', '您填的姓名没有通过，请改成真实姓名。'),
    form.element(inside(query.get('to'))),
    me.name && ways(),
  ];
}

class Form {
  constructor(me, communities) {
    const [year = '', month = '', date = ''] = (me.birth_date || '').split('-');
    const kept = { name: me.name || '', year, month: String(Number(month) || ''), date: String(Number(date) || ''), community: me.community ? String(me.community.id) : '', phone: '' };
    this.values = Object.assign(kept, draft());
    this.phoneMasked = me.phone_masked;
    this.communities = communities;
    this.errors = {};
    this.inputs = {};
  }

  input(name, props) {
    const change = (event) => {
      this.values[name] = event.target.value;
      draft(this.values);
    };
    const input = h('input', { value: this.values[name], oninput: change, 'data-testid': `profile-${name}`, 'aria-describedby': `error-${props.group || name}`, ...props, group: null });
    this.member(props.group || name, input);
    return input;
  }

  /** Several inputs may answer one question. */
  member(field, input) {
    (this.inputs[field] = this.inputs[field] || []).push(input);
  }

  error(name) {
    this.errors[name] = h('div.error', { id: `error-${name}` });
    return this.errors[name];
  }

  element(to) {
    const number = (name, words, most) => h('label.field.short', {},
      this.input(name, { inputmode: 'numeric', maxlength: most, autocomplete: 'off', group: 'birth' }), h('span', {}, words));
    return h('form.form', { novalidate: true, onsubmit: (event) => event.preventDefault() },
      h('label.field', {}, h('span', {}, '姓名'), this.input('name', { autocomplete: 'name', maxlength: '20' })),
      this.error('name'),
      h('fieldset', {}, h('legend', {}, '出生日期'), h('p.hint', {}, '照身份证写，如 1955年3月1日'),
        h('div.birth', {}, number('year', '年', '4'), number('month', '月', '2'), number('date', '日', '2')), this.error('birth')),
      h('fieldset', {}, h('legend', {}, '住在哪个社区'),
        this.communities.map((one) => this.community(one)), this.error('community')),
      h('div.phone', {},
        h('label.field', {}, h('span', {}, '手机号（可以不填）'), this.input('phone', { type: 'tel', inputmode: 'numeric', autocomplete: 'tel', maxlength: '20' })),
        this.phoneHint = h('p.hint', {}, this.phoneMasked ? `已留：${this.phoneMasked}。不改就空着。` : '课改时间时，好给您打电话。'),
        this.error('phone'),
        canAskPhone() && button('用微信里的手机号', { kind: 'second', busy: '请在微信里选择…', id: 'profile-wechat-phone', work: () => this.wechatPhone() })),
      button('保存', { kind: 'main', busy: '正在保存…', id: 'profile-save', type: 'submit', work: () => this.save(to) }));
  }

  community(one) {
    const value = String(one.id);
    const input = h('input', { type: 'radio', name: 'community', value, checked: this.values.community === value, 'data-testid': 'profile-community', 'aria-describedby': 'error-community' });
    input.addEventListener('change', () => {
      this.values.community = value;
      draft(this.values);
    });
    this.member('community', input);
    return h('label.choice.radio', {}, input, h('span.mark', { 'aria-hidden': 'true' }), h('span', {}, one.name));
  }

  async wechatPhone() {
    const code = await askPhone();
    if (code === null) return;
    const me = await (code ? post('/me/phone', { code }) : get('/me'));
    session.keep(me);
    if (!me.phone_masked) return;
    put(this.phoneHint, `已留：${me.phone_masked}。`);
    say('手机号已经记下。');
  }

  async save(to) {
    const wrong = this.check();
    if (wrong.length) {
      this.show(wrong);
      return;
    }
    const { name, community, phone } = this.values;
    const body = { name: name.trim(), birth_date: this.birthDate(), community_id: Number(community) };
    if (phone.trim()) body.phone = phone.trim();
    try {
      session.keep(await replace('/me/profile', body));
    } catch (error) {
      const field = error instanceof Refusal && FIELD_OF[error.code];
      if (!field) throw error;
      this.show([[field, error.message]]);
      return;
    }
    draft(null);
    keepWord(to.startsWith('/classes/') ? '个人信息已保存，现在可以报名了。' : '个人信息已保存。');
    returnTo(to);
  }

  birthDate() {
    const { year, month, date } = this.values;
    const parts = [year, month, date].map((text) => Number(text.trim()));
    const day = new Date(Date.UTC(parts[0], parts[1] - 1, parts[2]));
    const real = /^\d{4}$/.test(year.trim()) && day.getUTCMonth() === parts[1] - 1 && day.getUTCDate() === parts[2];
    return real && parts[0] >= 1900 && day <= Date.now() ? day.toISOString().slice(0, 10) : null;
  }

  check() {
    const { name, year, month, date, community, phone } = this.values;
    const wrong = [];
    const length = [...name.trim()].length;
    if (!length) wrong.push(['name', '请写上您的姓名。']);
    else if (length < 2) wrong.push(['name', '姓名请写两个字以上。']);
    if (!year.trim() || !month.trim() || !date.trim()) wrong.push(['birth', '年、月、日都要填。']);
    else if (!this.birthDate()) wrong.push(['birth', '没有这一天，请再看一看。年份要写四位，比如 1955。']);
    if (!community) wrong.push(['community', '请点一个社区。']);
    if (phone.trim() && !/^1[3-9]\d{9}$/.test(phone.replace(/^\+86|[\s-]/g, ''))) wrong.push(['phone', '手机号要 11 位数字，请再看一看。']);
    return wrong;
  }

  /** What is wrong, at its field; the first one comes into view. */
  show(wrong) {
    for (const place of Object.values(this.errors)) put(place);
    for (const [field, words] of wrong) put(this.errors[field], note('bad', 'alert', words));
    for (const [field, inputs] of Object.entries(this.inputs)) {
      const bad = wrong.some(([one]) => one === field);
      for (const input of inputs) {
        if (bad && input.type !== 'radio') input.setAttribute('aria-invalid', 'true');
        else input.removeAttribute('aria-invalid');
      }
    }
    const [field, words] = wrong[0];
    const first = this.inputs[field].find((input) => !input.value) || this.inputs[field][0];
    say(words);
    first.focus();
    first.scrollIntoView({ block: 'center' });
  }
}

/** What was typed outlives a lost sign-in, on this phone and for this visit only. */
function draft(values) {
  try {
    if (values === undefined) return JSON.parse(sessionStorage.getItem(DRAFT) || '{}');
    if (values === null) sessionStorage.removeItem(DRAFT);
    else sessionStorage.setItem(DRAFT, JSON.stringify(values));
  } catch { /* storage is forbidden */ }
  return {};
}

/** For who is known here no longer. */
export const forgetDraft = () => draft(null);

function ways() {
  const place = h('section.leave', {});
  const work = async () => {
    await remove('/session');
    session.end();
    draft(null);
    put(place, note('good', 'check', '已经退出。下次从微信里打开，会自动登录。'));
    lead(place.firstChild);
  };
  return put(place,
    h('a.button.quiet', { href: '#/care', 'data-testid': 'care-link' }, '一个人住？要个关怀电话'),
    h('a.button.quiet', { href: '#/photos', 'data-testid': 'photos-link' }, '上课拍照：可以，还是不要'),
    h('a.button.quiet', { href: '#/consent' }, '隐私说明、收回同意'),
    h('a.button.quiet', { href: '#/leave', 'data-testid': 'leave' }, '注销账号'),
    button('退出登录', { kind: 'quiet', busy: '正在退出…', work, id: 'sign-out' }));
}
