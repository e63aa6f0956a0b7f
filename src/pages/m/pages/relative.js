// 我的家人: whom to call when something happens in class. They agree first.

import { Refusal, get, replace } from '../api.js';
import { h, lead, put, say } from '../dom.js';
import { button, keepWord, note, phoneButton } from '../parts.js';
import { inside, returnTo } from '../routes.js';

const RELATIONS = ['老伴', '儿子', '女儿', '其他亲属'];
/** Which field a refusal is about. */
const FIELD_OF = { bad_name: 'name', bad_phone: 'phone', missing: 'relation', not_agreed: 'agrees' };

export async function relative({ query }) {
  const to = inside(query.get('to'));
  const { relative: kept } = await get('/me/papers');
  return [
    kept && note('good', 'check', h('p.strong', {}, `已留：${kept.relation} ${kept.name}，${kept.phone_masked}`), '要换一位，就再填一次。'),
    h('section.card', {}, h('h2', {}, '为什么要填'), h('ul.plain', {},
      h('li', {}, '您上课时万一不舒服，我们好给家人打电话。'),
      h('li', {}, '先问一声家人：同意您来上课，也同意我们打这个电话。'),
      h('li', {}, '只有工作人员看得到，不用来做别的事。'))),
    form(kept, to),
    h('section.card', {}, h('h2', {}, '不方便填？'), h('p', {}, '打个电话，我们问过您的家人，帮您填好。'), await phoneButton()),
    h('a.button.quiet', { href: '#/care' }, '一个人住？要个关怀电话'),
  ];
}

function form(kept, to) {
  const places = {};
  const place = (name) => (places[name] = h('div.error', { id: `error-${name}` }));
  const input = (name, props) => h('input', { autocomplete: 'off', 'data-testid': `relative-${name}`, 'aria-describedby': `error-${name}`, ...props });
  const name = input('name', { maxlength: '20' });
  const phone = input('phone', { type: 'tel', inputmode: 'numeric', maxlength: '20' });
  const agrees = h('input', { type: 'checkbox', 'data-testid': 'relative-agrees', 'aria-describedby': 'error-agrees' });
  const inputs = { name, phone, agrees };
  let relation = kept && RELATIONS.includes(kept.relation) ? kept.relation : '';
  const choice = (one) => {
    const radio = h('input', { type: 'radio', name: 'relation', value: one, checked: relation === one, 'data-testid': 'relative-relation', 'aria-describedby': 'error-relation' });
    radio.addEventListener('change', () => { relation = one; });
    inputs.relation = inputs.relation || radio;
    return h('label.choice.radio', {}, radio, h('span.mark', { 'aria-hidden': 'true' }), h('span', {}, one));
  };
  const show = (field, words) => {
    for (const one of Object.values(places)) put(one);
    put(places[field], note('bad', 'alert', words));
    say(words);
    lead(places[field].firstChild);
    inputs[field].focus();
  };
  const wrong = () => {
    if ([...name.value.trim()].length < 2) return ['name', '请写上家人的姓名。'];
    if (!relation) return ['relation', '请点一下，是您的什么人。'];
    if (!/^1[3-9]\d{9}$/.test(phone.value.replace(/^\+86|[\s-]/g, ''))) return ['phone', '手机号要 11 位数字，请再看一看。'];
    if (!agrees.checked) return ['agrees', '请先问过家人，家人同意了再打勾。'];
    return null;
  };
  const work = async () => {
    const problem = wrong();
    if (problem) return show(...problem);
    try {
      await replace('/me/relative', { name: name.value.trim(), phone: phone.value.trim(), relation, agrees: true });
    } catch (error) {
      const field = error instanceof Refusal && FIELD_OF[error.code];
      if (!field) throw error;
      return show(field, error.message);
    }
    keepWord('家人的电话记下了。');
    return returnTo(to);
  };
  return h('form.form', { novalidate: true, onsubmit: (event) => event.preventDefault() },
    h('label.field', {}, h('span', {}, '家人的姓名'), name), place('name'),
    h('fieldset', {}, h('legend', {}, '是您的什么人'), RELATIONS.map(choice), place('relation')),
    h('label.field', {}, h('span', {}, '家人的手机号'), phone), place('phone'),
    h('label.choice', {}, agrees, h('span.mark', { 'aria-hidden': 'true' }), h('span', {}, '我问过了，家人同意')), place('agrees'),
    button('记下并继续', { kind: 'main', busy: '正在记下…', type: 'submit', id: 'relative-save', work }));
}
