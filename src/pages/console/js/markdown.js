// The writing tools: each changes the text at the cursor, and can be undone with Ctrl+Z.

import { h } from './dom.js';
import { button } from './ui.js';

/** Inserts at the cursor in the way that keeps the browser's undo. */
export function insert(area, text, selectFrom, selectTo) {
  area.focus();
  const start = area.selectionStart;
  // No other way keeps undo; where it is gone, the text still arrives.
  if (!document.execCommand?.('insertText', false, text)) {
    area.setRangeText(text, start, area.selectionEnd, 'end');
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }
  if (selectFrom != null) area.setSelectionRange(start + selectFrom, start + selectTo);
}

/** A block of its own, with the empty lines that it needs. */
export function insertBlock(area, text) {
  const before = area.value.slice(0, area.selectionStart);
  const after = area.value.slice(area.selectionEnd);
  const lead = before === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const tail = after.startsWith('\n\n') ? '' : after.startsWith('\n') ? '\n' : '\n\n';
  insert(area, lead + text + tail);
}

function bold(area) {
  const chosen = area.value.slice(area.selectionStart, area.selectionEnd);
  const inside = chosen.replace(/^\*\*([\s\S]*)\*\*$/, '$1');
  if (inside !== chosen) insert(area, inside, 0, inside.length);
  else {
    const text = chosen.trim() || '加粗的字';
    insert(area, `**${text}**`, 2, 2 + text.length);
  }
}

/** Puts a mark before every chosen line, or takes it away. */
function mark(area, sign) {
  const from = area.value.lastIndexOf('\n', area.selectionStart - 1) + 1;
  const end = area.value.indexOf('\n', area.selectionEnd);
  const to = end < 0 ? area.value.length : end;
  const lines = area.value.slice(from, to).split('\n');
  const marked = lines.every((line) => line.startsWith(sign));
  const text = lines.map((line) => (marked ? line.slice(sign.length) : sign + line.replace(/^(#+ |- )/, ''))).join('\n');
  area.setSelectionRange(from, to);
  insert(area, text);
}

export function toolbar(area, pictureButton) {
  const tool = (text, testid, work, title) => button(text, { testid, title, onclick: () => work(area) });
  area.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'b') {
      event.preventDefault();
      bold(area);
    }
  });
  return h('div.tools', { role: 'toolbar', 'aria-label': '排版' },
    tool('标题', 'tool-heading', () => mark(area, '## '), '把这一行变成小标题'),
    tool('加粗', 'tool-bold', bold, '加粗选中的字（Ctrl+B）'),
    tool('列表', 'tool-list', () => mark(area, '- '), '把选中的行变成列表'),
    pictureButton);
}
