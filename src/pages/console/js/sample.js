// 数人头 and 抽查: how many people are in the room; where the register says another number, a few
// names are called in twenty seconds.

import { h, put, say } from './dom.js';

const SECONDS = 20;
const NAMES = 5;

/** Some of them, by chance: where there is no server to draw. */
export function draw(people) {
  const left = [...people];
  const drawn = [];
  while (drawn.length < NAMES && left.length) {
    const [number] = crypto.getRandomValues(new Uint32Array(1));
    drawn.push(...left.splice(number % left.length, 1));
  }
  return drawn;
}

/** `count(people)` keeps a number that was typed, and answers what is to be said of it. */
export function countForm(count) {
  const input = h('input.input', { type: 'number', inputmode: 'numeric', min: '0', max: '999', autocomplete: 'off', required: true, 'aria-label': '教室里有几位学员', placeholder: '几位', testid: 'head-count' });
  const said = h('p.small', { role: 'status', testid: 'head-count-said' });
  const submit = h('button.button', { type: 'submit', testid: 'head-count-submit' }, '记下');
  const element = h('form.head-count', {}, h('div.row.tight', {}, h('div.grow', {}, h('p.strong', '教室里有几位学员？'), h('p.soft.small', '数一数，不算老师。')), input, submit), said);
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    submit.disabled = true;
    say(said, '');
    try {
      say(said, await count(Number(input.value)));
      input.value = '';
    } catch (error) {
      say(said, error.message);
    } finally {
      submit.disabled = false;
    }
  });
  return element;
}

/** What is said of a count beside the register. */
export function verdict(people, present, called) {
  const gap = people < present ? `名单上多 ${present - people} 位` : `名单上少 ${people - present} 位`;
  if (!called) return people === present ? `教室里 ${people} 位，和名单一样。` : `教室里 ${people} 位，${gap}，相差不大。`;
  return `教室里 ${people} 位，${gap}。${people > present ? '还有人没登记，请先点名。' : ''}抽查的结果记下了。`;
}

/** Calls these `{id, name}`; `answer(id, there)` keeps a word. Ends when somebody closes it. */
export function callNames(people, answer) {
  return new Promise((resolve) => {
    let left = SECONDS;
    const clock = h('b.numbers', { testid: 'sample-clock' });
    const seconds = h('p', {}, '还有 ', clock, ' 秒');
    const rest = h('p', { role: 'status' });
    const done = h('button.button.main', { type: 'button', testid: 'sample-close', hidden: true, onclick: () => { dialog.close(); } }, '好了');
    const rows = people.map((one) => row(one));
    const open = () => rows.filter((one) => !one.answered());
    const show = () => {
      put(clock, String(left));
      const over = left === 0 || !open().length;
      if (!over) return;
      clearInterval(timer);
      seconds.hidden = true;
      for (const one of open()) one.end();
      put(rest, '抽查完了。不在的，老师和中心会再问一问，名单没有改。');
      done.hidden = false;
      done.focus();
    };
    function row({ id, name }) {
      let word;
      const note = h('span.small');
      const buttons = [[true, '在'], [false, '不在']].map(([there, text]) => h('button.button', {
        type: 'button', 'aria-label': `${name}：${text}`, testid: `sample-${there ? 'there' : 'away'}-${id}`,
        onclick: async () => {
          word = there;
          buttons.forEach((one) => { one.disabled = true; });
          say(note, there ? '✓ 在' : '✗ 不在');
          show();
          await answer(id, there);
        },
      }, text));
      return {
        element: h('li.row.spread', {}, h('span', {}, h('b.called', name), ' ', note), h('span.row.tight', {}, buttons)),
        answered: () => word !== undefined,
        end: () => { word = null; buttons.forEach((one) => { one.disabled = true; }); say(note, '没问到'); },
      };
    }
    const dialog = h('dialog', { 'aria-label': '抽查', testid: 'sample-dialog' }, h('div.dialog-body', {},
      h('div.row.spread', {}, h('h2', `请点这 ${people.length} 位的名`), seconds),
      h('p', '人数和名单不一样。喊一声，看人在不在。'),
      h('ul.stack.tight', {}, rows.map((one) => one.element)), rest, done));
    // Closed before the end, the names stay without an answer.
    dialog.addEventListener('close', () => { clearInterval(timer); dialog.remove(); resolve(); });
    const timer = setInterval(() => { left -= 1; show(); }, 1000);
    document.body.append(dialog);
    dialog.showModal();
    show();
  });
}
