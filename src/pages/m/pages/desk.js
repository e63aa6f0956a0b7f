// 我的留言: what this person and the centre wrote to each other.

import { get, post } from '../api.js';
import { askForMessages } from '../bridge.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, note, phoneButton } from '../parts.js';

export async function desk() {
  const list = h('div.lines');
  const box = h('textarea', { rows: '3', maxlength: '600', 'data-testid': 'desk-text', 'aria-label': '写给教育中心' });
  const show = ({ lines, waiting_text: waiting }) => put(list,
    lines.length ? lines.map(line) : h('p.empty', {}, '有问题，写在下面，工作人员会看到。'),
    lines.length > 0 && lines[lines.length - 1].author === 'resident' && note('plain', 'wait', waiting));
  const send = async () => {
    const text = box.value.trim();
    if (!text) {
      say('请先写几个字。');
      box.focus();
      return;
    }
    await askForMessages(['answered']);
    await post('/me/desk', { text });
    box.value = '';
    show(await get('/me/desk'));
    say('记下了，工作人员会看到。');
    lead(list.lastChild);
  };
  show(await get('/me/desk'));
  return [list,
    h('label.field', {}, h('span', {}, '写给教育中心'), box),
    button('发送', { kind: 'main', busy: '正在发送…', id: 'desk-send', work: send }),
    await phoneButton('着急请打电话')];
}

function line(one) {
  const mine = one.author === 'resident';
  return h('article.card', { 'data-testid': 'desk-line', 'data-author': one.author },
    h('p.small', {}, icon(mine ? 'person' : 'mail'), mine ? `我 · ${one.time_text}` : `工作人员 · ${one.time_text}`),
    h('p.text', {}, one.text));
}
