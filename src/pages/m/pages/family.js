// 家人: whom I help, and who may help me; a code leads from the one phone to the other.

import { FAMILY_CODE } from '../acting.js';
import { get, post, remove, session } from '../api.js';
import { askForMessages, canScan, expectScan, scan } from '../bridge.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, confirmed, keepWord, link, note, prepared, takeWord } from '../parts.js';

const MAY = [['enrolment', '替我报名、退课、确认名额'], ['record', '看我的学时和到课'], ['notices', '我的通知，也发给家人一份']];
const RELATIONS = [['daughter', '女儿'], ['son', '儿子'], ['grandchild', '孙子、孙女'], ['spouse', '老伴'], ['other', '别的家人']];
const MONTHS = [['3', '三个月'], ['12', '一年'], ['24', '两年']];

export async function family({ query, whole }) {
  const page = h('div.page');
  const show = (one) => put(page, takeWord(), helping(one, again, query.get('code'), whole), helpers(one, again, whole));
  /** After a change: the page anew, with a word on top that stays. */
  const again = (one, words) => {
    if (session.acting && !one.learners.some((line) => line.resident_id === session.acting.id)) session.actFor(null);
    keepWord(words);
    show(one);
    say(words);
    lead(page.firstChild);
  };
  show(await get('/me/family'));
  expectScan();
  return page;
}

const line = (one, title, ...acts) => h('li.card', { 'data-testid': 'family-line' }, h('h3', {}, title),
  h('p', {}, `可以：${one.may_text}。`), h('p.line', {}, icon('calendar'), `到${one.until_text}为止`), acts);

const end = (one, words, question, again) => confirmed(words, question, {
  yes: '是，取消', no: '不取消', busy: '正在取消…', id: 'family-end',
  work: async () => again(await remove(`/me/family/${one.id}`), '已经取消。'),
});

function helping(view, again, code, whole) {
  const begin = (one) => {
    session.actFor({ id: one.resident_id, name: one.name });
    location.hash = '#/';
  };
  return h('section', {}, h('h2', {}, '我在帮谁'),
    view.learners.length ? h('ul.cards', {}, view.learners.map((one) => line(one, one.name,
      one.may.some((may) => may !== 'notices') && h('button.button.main', { type: 'button', 'data-testid': 'family-act', onclick: () => begin(one) }, `帮${one.name}办`),
      end(one, '不帮了', `不再帮${one.name}办了吗？`, again)))) : h('p', {}, '您还没有帮家人办。'),
    h('details', { open: Boolean(code) }, h('summary.button.second', { 'data-testid': 'family-join-open' }, '输家人的码'), joining(view, again, code, whole)));
}

function joining(view, again, code, whole) {
  const input = h('input', { inputmode: 'numeric', autocomplete: 'off', maxlength: '12', value: code || '', 'data-testid': 'family-code' });
  const name = h('input', { autocomplete: 'name', maxlength: '20', 'data-testid': 'family-name' });
  const wrong = h('div');
  const work = async () => {
    const relation = chosen(form, 'relation')[0];
    put(wrong);
    const missing = (!input.value.trim() && '请输家人手机上的八个数字。') || (!relation && '请点一下，您是家人的什么人。');
    if (missing) {
      put(wrong, note('bad', 'alert', missing));
      lead(wrong.firstChild);
      return;
    }
    if (!(await prepared(whole, ['consent']))) return;
    const body = { code: input.value, relation };
    if (view.needs_name) body.name = name.value;
    const joined = await post('/me/family', body);
    await askForMessages(['offered', 'placed', 'meeting_changed']);
    again(joined, '好了，您可以帮家人办了。');
  };
  const form = h('section.card', {},
    h('label.field', {}, h('span', {}, '家人手机上的八个数字'), input),
    canScan() && button([icon('scan'), '扫家人手机上的码'], { kind: 'second', busy: '请对准家人的手机…', id: 'family-scan', work: async () => {
      const found = FAMILY_CODE.exec(await scan() || '');
      if (found) [, input.value] = found;
    } }),
    view.needs_name && h('label.field', {}, h('span', {}, '您的姓名'), name),
    choices('您是家人的', 'relation', RELATIONS, 'radio', []),
    wrong, button('好了，帮家人办', { kind: 'main', busy: '正在办…', id: 'family-join', work }),
    h('p.hint', {}, `家人没有微信，可以打电话或到教育中心登记，报您的学员号：${view.learner_number}。`));
  return form;
}

function choices(legend, name, all, type, on) {
  return h('fieldset', {}, h('legend', {}, legend), all.map(([value, words]) => h(`label.choice${type === 'radio' ? '.radio' : ''}`, {},
    h('input', { type, name, value, checked: on.includes(value), 'data-testid': `family-${value}` }), h('span.mark', { 'aria-hidden': 'true' }), h('span', {}, words))));
}

const chosen = (form, name) => Array.from(form.querySelectorAll(`input[name=${name}]:checked`), (input) => input.value);

function helpers(view, again, whole) {
  const full = view.delegates.length >= view.most_delegates;
  return h('section', {}, h('h2', {}, '谁在帮我'),
    view.delegates.length ? h('ul.cards', {}, view.delegates.map((one) => line(one, `${one.relation_text}${one.name}`, h('p.small', {}, `${one.way_text}。`),
      end(one, '取消', `不让${one.relation_text}${one.name}帮您办了吗？`, again)))) : h('p', {}, '还没有家人帮您办。'),
    full ? h('p.hint', {}, `最多 ${view.most_delegates} 位。要换人，先取消一位。`)
      : h('details', {}, h('summary.button.second', { 'data-testid': 'family-show-open' }, '请家人帮我'), showing(again, whole)));
}

function showing(again, whole) {
  const place = h('div');
  const work = async () => {
    if (!(await prepared(whole))) return;
    const until = new Date(Date.now() + 8 * 3600000);
    until.setUTCMonth(until.getUTCMonth() + Number(chosen(form, 'months')[0]), until.getUTCDate() - 1);
    const code = await post('/me/family/code', { may: chosen(form, 'may'), last_day: until.toISOString().slice(0, 10), agreed: true });
    // The service drew it; as a picture nothing in it can run.
    put(place, h('section.card', {}, h('h2', {}, '给家人看'),
      h('p.figure', {}, h('strong', { 'data-testid': 'family-shown' }, `${code.code.slice(0, 4)} ${code.code.slice(4)}`)),
      h('img.code', { src: `data:image/svg+xml,${encodeURIComponent(code.svg)}`, alt: '给家人扫的二维码', width: '220', height: '220' }),
      h('p', {}, `家人在自己手机的“家人”里输这八个数字，或者扫一扫。${code.minutes} 分钟里有效，只能用一次。`),
      h('p.hint', {}, '只给家人看。打电话来要码的人，不要告诉他。'),
      button('家人输好了，看一看', { kind: 'main', id: 'family-check', work: async () => again(await get('/me/family'), '现在帮您的家人，都在下面。') })));
    lead(place.firstChild);
  };
  const form = h('section.card', {},
    choices('让家人', 'may', MAY, 'checkbox', MAY.map(([value]) => value)),
    choices('多长时间', 'months', MONTHS, 'radio', ['12']),
    note('plain', 'person', '家人会看到这些，替您办的每一件事都会告诉您。您随时能取消。'),
    button('我同意，给家人看码', { kind: 'main', busy: '请稍等…', id: 'family-show', work }), place);
  return form;
}
