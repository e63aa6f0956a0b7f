// 扫学员卡: what is scanned is judged here, by the signed roll, and kept, whatever is said of it.

import { look, pictures } from '../../js/camera.js';
import { h, put } from '../../js/dom.js';
import { cardOf } from './cards.js';
import { standing } from './standing.js';

/** What is said of a scan, and whether it counts here. Only what is no card is not kept. */
export async function judge(world, { day, meeting }, text) {
  const card = cardOf(text);
  if (!card) return { mark: 'no', said: '扫到的不是学员卡。', keep: false };
  if (!(await card.genuine(world.keys.key, world.keys.card))) return { mark: 'no', said: '这张卡不是本中心发的，或者被改过。', keep: true, refused: true };
  const learner = meeting.learners.find((one) => one.number === card.number);
  if (!learner) return { mark: 'no', said: '这位学员不在这个班的名单上，已存，等中心处理。', keep: true, refused: true };
  // A serial that is higher than the roll's was issued after the roll was fetched.
  if (card.serial < (learner.serial ?? 0)) return { mark: 'no', learner, said: '这张卡已经换过，旧卡不能用了。', keep: true, refused: true };
  const mine = world.mine().filter((one) => one.meeting === meeting.id && one.resident_id === learner.id);
  const again = standing(learner, mine, day.asked_at).status === 'present';
  return { mark: again ? 'again' : 'ok', learner, said: again ? '已经到了，不用再扫。' : '到课', keep: true };
}

/** The window; `{close()}`. */
export function scanWindow(world, at, tap) {
  const leave = new AbortController();
  const last = h('div.verdict', { 'aria-live': 'assertive', testid: 'verdict' });
  const list = h('ol.small.stack.tight', { testid: 'scanned' });
  const number = h('input.input', { inputmode: 'numeric', autocomplete: 'off', 'aria-label': '学员号', placeholder: '学员号，或最后几位', testid: 'number' });
  const tell = (mark, name, words) => {
    put(last, h(`p.mark.${mark}`, {}, h('b', name), h('span', words)));
    list.prepend(h('li', `${name ? `${name}：` : ''}${words}`));
    while (list.children.length > 20) list.lastChild.remove();
  };
  let turn = Promise.resolve();
  const take = (text) => {
    turn = turn.then(async () => {
      const { day, meeting } = at();
      const { mark, learner, said, keep, refused } = await judge(world, at(), text);
      if (keep) await world.record(day.day, meeting.id, { kind: 'card', card: text.slice(0, 500), ...(learner ? { resident_id: learner.id } : {}), ...(refused ? { refused } : {}) });
      tell(mark, learner?.name ?? '', said);
    }).catch(() => tell('no', '', '没存住，请再扫一次。'));
    return turn;
  };
  const typed = h('form.row.tight', {}, h('div.grow', {}, number), h('button.button', { type: 'submit', testid: 'number-submit' }, '登记'));
  typed.addEventListener('submit', async (event) => {
    event.preventDefault();
    const digits = number.value.trim();
    if (!digits) return;
    const { day, meeting } = at();
    const found = meeting.learners.filter((one) => one.number.endsWith(digits));
    if (found.length > 1) { tell('no', '', '有好几位，请多输几位。'); return; }
    number.value = '';
    if (found.length) {
      await tap(found[0], 'present');
      tell('ok', found[0].name, '到课');
    } else if (/^\d{4,12}$/.test(digits)) {
      await world.record(day.day, meeting.id, { kind: 'tap', learner_number: digits, status: 'present', refused: true });
      tell('no', digits, '不在这个班的名单上，已存，等中心处理。');
    } else {
      tell('no', '', '名单上没有这个学员号。');
    }
  });
  const camera = h('div.scan-view');
  const close = () => { leave.abort(); dialog.close(); dialog.remove(); };
  const dialog = h('dialog.scan', { 'aria-label': '扫学员卡', testid: 'scan-dialog' },
    h('div.row.spread', {}, h('h2', '扫学员卡'), h('button.button.main', { type: 'button', testid: 'scan-close', onclick: close }, '扫好了')),
    camera, last, typed, pictures(take, leave.signal, (words) => tell('no', '', words)), list);
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); close(); });
  document.body.append(dialog);
  dialog.showModal();
  look(camera, take, leave.signal);
  return { close };
}
