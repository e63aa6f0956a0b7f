// Reads an article aloud, paragraph by paragraph, with the browser's own voice.

import { h, say } from './dom.js';
import { button } from './ui.js';

/** `{element, stop()}`; `paragraphs()` gives the elements to read, in their order. */
export function aloud(paragraphs) {
  const voice = window.speechSynthesis;
  const said = h('p.small.soft', { role: 'status', testid: 'aloud-state' });
  let at = null;
  let all = [];
  const mark = (index) => all.forEach((element, nth) => element.classList.toggle('being-read', nth === index));

  function stop() {
    if (at === null) return;
    at = null;
    voice.cancel();
    mark(-1);
    start.textContent = '读给我听';
    say(said, '');
  }

  function read(index) {
    const text = all[index]?.textContent.trim();
    if (index >= all.length) { stop(); say(said, '读完了。'); return; }
    if (!text) { read(index + 1); return; }
    at = index;
    mark(index);
    all[index].scrollIntoView({ block: 'nearest' });
    say(said, `正在读第 ${index + 1} 段，共 ${all.length} 段。`);
    const words = new SpeechSynthesisUtterance(text);
    words.lang = 'zh-CN';
    words.rate = 0.9;
    words.onend = () => { if (at === index) read(index + 1); };
    words.onerror = () => { if (at === index) { stop(); say(said, '这台电脑读不出声，请自己读一遍。'); } };
    voice.speak(words);
  }

  const start = button('读给我听', {
    testid: 'read-aloud',
    onclick: () => {
      if (at !== null) { stop(); return; }
      if (!voice || typeof SpeechSynthesisUtterance === 'undefined') { say(said, '这台电脑读不出声，请自己读一遍。'); return; }
      all = paragraphs();
      start.textContent = '停下';
      read(0);
    },
  });
  return { element: h('div.stack.tight', {}, h('div', {}, start), said), stop };
}
