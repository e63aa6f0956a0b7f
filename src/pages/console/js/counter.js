// 窗口报名: who is there and which class, one key after another.
//
// 1. Enter goes on, everywhere; the first button that is offered has the focus.
// 2. Whoever is known is found before somebody new is entered.
// 3. A paper that is missing (pledge, relative) is recorded here, and the sign-up goes on.
// 4. A request that is sent again, or twice, is in once: it keeps its key until the next person.

import { api, isGone, query } from './api.js';
import { isPaper, paper } from './counter_papers.js';
import { h, put } from './dom.js';
import { asId, field } from './form.js';
import { sheet } from './slip.js';
import { alertBox, button, busy, empty, failure, pageHead } from './ui.js';

export async function page({ me, about, signal, search }) {
  const [classes, communities] = await Promise.all([
    api.list('/api/staff/classes', { signal }), api.list('/api/staff/communities', { signal })]);
  const open = classes.filter((one) => one.status === 'open');
  // Of which term is said where there are several.
  const several = new Set(open.map((one) => one.term_name)).size > 1;
  for (const one of open) one.words = classWords(one, several);
  const place = h('div.stack');
  let chosen = Number(search.get('class')) || null;
  const next = () => {
    const desk = new Desk({ me, about, open, communities, chosen, next, keep: (id) => { chosen = id; } });
    put(place, desk.element);
    desk.begin();
  };
  if (open.length) setTimeout(next); // After the page has put the focus on its head.
  return h('div.page', {},
    pageHead({ title: '窗口报名', lead: '来窗口或打电话的人，在这里报名。按回车往下走。' }),
    open.length ? place : h('div.panel.flush', {}, empty('现在没有可以报名的班。', '先开班，再来报名。', h('a.button.main', { href: '#/classes' }, '看班级'))));
}

/** `19560301` or `1956-3-1` → `1956-03-01`; null: no such day. */
export function birthDate(text) {
  const found = /^(\d{4})[-./年]?(\d{1,2})[-./月]?(\d{1,2})日?$/.exec(text.replace(/\s/g, ''));
  if (!found || (/^\d+$/.test(text.trim()) && text.trim().length !== 8)) return null;
  const [year, month, day] = found.slice(1).map(Number);
  const at = new Date(Date.UTC(year, month - 1, day));
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? at.toISOString().slice(0, 10) : null;
}

const isNumber = (text) => /^\+?[\d\s-]{6,}$/.test(text);

class Desk {
  constructor(given) {
    Object.assign(this, given);
    this.key = crypto.randomUUID();
    this.person = null;
    this.another = false;
    const enter = (work) => this.enter(work);
    const own = this.me.role === 'officer' ? this.me.community?.id : null;
    const one = (spec) => field({ autocomplete: 'off', ...spec });
    this.who = one({ name: 'who', label: '姓名、学员号或手机号', required: true, maxlength: '20', ...enter(() => this.afterWho()) });
    this.birth = one({ name: 'birth', label: '出生日期', required: true, inputmode: 'numeric', maxlength: '11', placeholder: '19560301', hint: '八个数字：年月日。', ...enter(() => this.afterBirth()) });
    this.phone = one({ name: 'phone', label: '手机号', inputmode: 'tel', maxlength: '16', hint: '没有就空着。', ...enter(() => this.afterPhone()) });
    this.community = field({ name: 'community', label: '社区', type: 'select', required: true, read: asId, value: own ?? '', options: [['', '请选择'], ...this.communities.filter((row) => !own || row.id === own).map((row) => [row.id, row.name])], ...enter(() => this.goOn(this.community, this.filter)) });
    this.filter = one({ name: 'class', label: '班级', hint: '写几个字找，用上下键选。', oninput: () => this.list(), onkeydown: (event) => this.classKey(event) });
    this.choice = h('select.input', { size: '6', testid: 'counter-classes', 'aria-label': '选班级', onchange: () => this.keep(Number(this.choice.value)), onkeydown: (event) => this.classKey(event), ondblclick: () => this.once(() => this.send(false)) });
    this.consent = field({ name: 'consent', label: '已在纸上签了个人信息同意书', type: 'checkbox', full: true, ...enter(() => { this.consent.input.checked = true; return this.send(false); }) });
    this.known = h('div', { 'aria-live': 'polite' });
    this.problems = h('div.stack', { 'aria-live': 'assertive' });
    this.papers = h('div', { 'aria-live': 'polite' });
    this.submit = button('报名', { main: true, testid: 'counter-submit', onclick: () => this.once(() => this.send(false)) });
    this.mine = h('div.form-grid', {}, this.who.element, this.birth.element, this.phone.element, this.community.element);
    this.element = h('section.panel.stack', { 'aria-label': '报名', testid: 'counter' },
      this.mine, this.known,
      h('div.stack.tight', {}, this.filter.element, this.choice), this.consent.element,
      this.papers, this.problems,
      h('div.form-end', {}, this.submit, button('换一位', { testid: 'counter-clear', onclick: this.next })));
    this.list();
  }

  begin() {
    this.who.input.focus();
  }

  /** What Enter does in a field. */
  enter(work) {
    return {
      onkeydown: (event) => {
        if (event.key !== 'Enter' || event.isComposing) return;
        event.preventDefault();
        this.once(work);
      },
    };
  }

  /** One thing at a time, however often a key is pressed. */
  async once(work) {
    if (this.working) return;
    this.working = true;
    this.from = document.activeElement;
    put(this.problems);
    try {
      await busy(this.submit, async () => {
        try {
          await work();
        } catch (error) {
          if (!isGone(error)) await this.refused(error);
        }
      });
    } finally {
      this.working = false;
    }
    // `busy` gave the focus back to what had it; what was asked for comes after.
    const { after } = this;
    this.after = null;
    after?.();
  }

  focus(what) {
    this.after = () => what.focus();
  }

  goOn(from, to) {
    const wrong = from.check();
    from.show(wrong);
    this.focus(wrong ? from.input : to.input ?? to);
    return !wrong;
  }

  async afterWho() {
    const text = this.who.get();
    if (!isNumber(text)) { this.goOn(this.who, this.birth); return; }
    if (await this.isKnown({ number: text })) return;
    const mobile = /^1\d{10}$/.test(text.replace(/\D/g, ''));
    if (mobile) this.phone.input.value = text;
    this.who.input.value = '';
    this.who.show(`没有找到${mobile ? '这个手机号' : '这个学员号'}。请写姓名，登记新学员。`);
    this.focus(this.who.input);
  }

  async afterBirth() {
    const day = birthDate(this.birth.get());
    this.birth.show(day ? null : '请写八个数字，比如 19560301。');
    if (!day) { this.focus(this.birth.input); return; }
    if (await this.isKnown({ name: this.who.get(), birth_date: day })) return;
    this.focus(this.phone.input);
  }

  async afterPhone() {
    const phone = this.phone.get();
    if (phone && !this.another && await this.isKnown({ number: phone })) return;
    this.focus(this.community.get() ? this.filter.input : this.community.input);
  }

  /** Asks “is it this one?” where somebody fits. */
  async isKnown(sought) {
    const found = await api.list(`/api/staff/counter/matches${query(sought)}`);
    if (!found.length) return false;
    const ask = h('div.stack', { testid: 'counter-known', role: 'group', 'aria-label': '是不是这位' },
      h('h2', '是不是这位？'),
      found.map((one) => (one.yours
        ? button(words(one), { main: true, testid: `known-${one.id}`, onclick: () => this.use(one) })
        : alertBox('warn', h('p', `${words(one)}。登记在别的社区，请联系教育中心为他报名。`)))),
      button('不是，登记新学员', { testid: 'known-none', onclick: () => this.useNew() }));
    put(this.known, ask);
    this.focus(ask.querySelector('button'));
    return true;
  }

  use(person) {
    this.person = person;
    this.mine.hidden = true;
    this.consent.element.hidden = person.consented;
    put(this.known, alertBox('ok', h('p', {}, h('span.strong', { testid: 'counter-person' }, words(person)))));
    this.filter.input.focus();
  }

  useNew() {
    this.another = true;
    put(this.known);
    const empty = [this.who, this.birth].find((one) => !one.get());
    if (isNumber(this.who.get())) this.who.input.value = '';
    (!this.who.get() ? this.who.input : empty ? empty.input : this.phone.input).focus();
  }

  list() {
    const asked = this.filter.get().split(/\s+/).filter(Boolean);
    const fits = (one) => asked.every((word) => one.words.includes(word));
    const found = this.open.filter(fits);
    put(this.choice, found.map((one) => h('option', { value: one.id }, one.words)));
    const at = found.findIndex((one) => one.id === this.chosen);
    this.choice.selectedIndex = found.length ? Math.max(at, 0) : -1;
    if (asked.length && found.length) this.pick();
  }

  pick() {
    this.chosen = Number(this.choice.value) || null;
    this.keep(this.chosen);
  }

  classKey(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && event.target !== this.choice) {
      event.preventDefault();
      const last = this.choice.options.length - 1;
      this.choice.selectedIndex = Math.min(Math.max(this.choice.selectedIndex + step, 0), last);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.pick();
      if (this.consent.element.hidden || this.consent.input.checked) this.once(() => this.send(false)); else this.consent.input.focus();
    }
  }

  /** Everything that is asked of somebody new; the first thing that is missing gets the focus. */
  checked() {
    if (this.person) return true;
    const day = birthDate(this.birth.get());
    const wrong = [[this.who, this.who.check()], [this.birth, day ? null : '请写八个数字，比如 19560301。'], [this.community, this.community.check()]];
    for (const [one, message] of wrong) one.show(message);
    const first = wrong.find(([, message]) => message);
    if (first) this.focus(first[0].input);
    return !first;
  }

  async send(waiting) {
    if (!this.checked()) return;
    const classId = Number(this.choice.value);
    if (!classId) { this.filter.show('没有这样的班，请换几个字。'); this.focus(this.filter.input); return; }
    const consents = this.consent.input.checked;
    if (!(this.person?.consented || consents)) {
      this.consent.show('请先让本人在纸上签个人信息同意书，再打勾。');
      this.focus(this.consent.input);
      return;
    }
    if (!this.person) await this.register();
    if (!this.person.consented) {
      await api.post(`/api/staff/residents/${this.person.id}/paper-consent`);
      this.person.consented = true;
    }
    this.waiting = waiting;
    const learner = await api.post(`/api/staff/classes/${classId}/enrolments`,
      { learner_number: this.person.learner_number, join_waitlist: waiting }, { key: `${this.key}-${classId}` });
    this.show(await api.get(`/api/staff/enrolments/${learner.enrolment_id}/slip`));
  }

  async register() {
    this.person = await api.post('/api/staff/residents', {
      name: this.who.get(), birth_date: birthDate(this.birth.get()), phone: this.phone.get() || null,
      community_id: this.community.get(), consent_on_paper: true, another: this.another,
    }, { key: this.key });
    this.use(this.person);
  }

  /** Why not, and what can be had instead, to click; a paper that is missing is recorded here. */
  async refused(error) {
    const steps = (error.next ?? []).map((step) => {
      const other = /^\/classes\/(\d+)$/.exec(step.page ?? '');
      if (other && this.open.some((one) => String(one.id) === other[1])) {
        return button(step.text, { onclick: () => { this.only(Number(other[1])); return this.once(() => this.send(false)); } });
      }
      if (error.code === 'class_full' && !step.page) {
        return button(step.text, { testid: 'counter-wait', onclick: () => this.once(() => this.send(true)) });
      }
      return null;
    }).filter(Boolean);
    if (error.code === 'resident_exists') {
      this.after = () => this.once(() => this.isKnown({ name: this.who.get(), birth_date: birthDate(this.birth.get()) }));
      return;
    }
    if (isPaper(error)) {
      const { element, first } = await paper(error, this).catch((gone) => ({ element: failure(gone), first: this.submit }));
      put(this.papers, element);
      this.focus(first);
      return;
    }
    put(this.problems, failure(steps.length ? Object.assign(new Error(error.message), { next: [] }) : error), steps.length ? h('div.row', steps) : null);
    // Who was still being entered goes on there; else another class may do.
    const entered = this.mine.contains(this.from) || this.papers.contains(this.from);
    this.focus(steps[0] ?? (entered ? this.from : this.filter.input));
  }

  only(id) {
    this.filter.input.value = '';
    this.chosen = id;
    this.keep(id);
    this.list();
  }

  show(slip) {
    const print = button('打印报名单', { main: true, testid: 'slip-print', onclick: () => { window.print(); } });
    const panel = h('section.panel.stack', { 'aria-label': '报名结果', testid: 'counter-done' },
      alertBox(slip.status === 'placed' ? 'ok' : 'info', h('p.strong', { testid: 'counter-outcome' }, `${slip.name}：${slip.status_text}。`)),
      h('div.form-end.no-print', {}, print, button('下一位', { testid: 'counter-next', onclick: this.next })),
      sheet(slip, this.about));
    this.element.replaceWith(panel);
    this.after = () => print.focus();
  }
}

const dayWords = (day) => { const [year, month, date] = day.split('-').map(Number); return `${year}年${month}月${date}日生`; };

const words = (one) => [one.name, `学员号 ${one.learner_number}`, one.birth_date && dayWords(one.birth_date), one.phone_masked, one.community_name].filter(Boolean).join(' · ');

const room = (one) => (one.free + one.kept > 0 ? `空 ${one.free + one.kept}${one.kept > 0 ? `（窗口 ${one.kept}）` : ''}` : `已满，候补 ${one.waiting}`);

const classWords = (one, several) => `${one.name} · ${several ? `${one.term_name} · ` : ''}${one.time_text} · ${one.site_name} · ${one.teacher_name} · ${room(one)}`;
