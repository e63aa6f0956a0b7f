// A change of what stands on the roll needs a reason.

import { h, put } from '../../js/dom.js';
import { keeper } from './keeper.js';

const OFFERS = { present: ['人到了', '刚才登记错了'], absent: ['没有来', '刚才登记错了'] };

/** The reason; undefined: they changed their mind. */
export function askWhy(name, from, to, status) {
  return new Promise((resolve) => {
    const typed = h('input.input', { 'aria-label': '原因', placeholder: '或者写原因', maxlength: '200', testid: 'why-text' });
    const problem = h('p.bad', { role: 'alert' });
    const form = h('form.stack.tight', {}, typed, problem, h('button.button.wide', { type: 'submit', testid: 'why-submit' }, `改为${to}`));
    const dialog = h('dialog', { 'aria-label': '写明原因', testid: 'why' },
      h('h2', `把${name}改为“${to}”`),
      h('p', `现在是“${from}”，改动要写原因。`),
      h('div.stack.tight', OFFERS[status].map((offer) => h('button.button.main.wide', { type: 'button', onclick: () => end(offer) }, offer))),
      // What a monitor writes would have to be judged before others read it.
      !keeper.monitor && form,
      h('button.button.wide', { type: 'button', testid: 'why-leave', onclick: () => end() }, '不改了'));
    function end(reason) { resolve(reason); dialog.close(); dialog.remove(); }
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = typed.value.trim();
      if (text) end(text); else put(problem, '请写原因，或点上面一个。');
    });
    dialog.addEventListener('cancel', () => end());
    document.body.append(dialog);
    dialog.showModal();
  });
}
