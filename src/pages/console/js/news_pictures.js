// Pictures in the body: by button, paste and drop; each stands where the cursor was.

import { isGone } from './api.js';
import { h, put } from './dom.js';
import { icon } from './icons.js';
import { insert, insertBlock } from './markdown.js';
import { pasted } from './pasted.js';
import { filesOf, upload } from './pictures.js';
import { button, failure, tell } from './ui.js';

/** `{button, list, busy()}` */
export function pictureDesk({ area, signal, uploaded }) {
  const list = h('div.stack.tight', { 'aria-live': 'polite' });
  let running = 0;
  let queue = Promise.resolve();

  /** One after the other, so that they stand in the order in which they were chosen. */
  function take(files) {
    for (const file of files) queue = queue.then(() => one(file));
  }

  async function one(file) {
    const line = h('p.small.soft', `正在上传“${file.name || '图片'}”…`);
    list.append(line);
    running += 1;
    try {
      const picture = await upload(file, signal);
      line.remove();
      insertBlock(area, `![${caption(file)}](picture:${picture.id})`);
      uploaded(picture);
    } catch (error) {
      if (isGone(error)) return;
      const box = failure(error);
      const place = h('div');
      box.querySelector('.grow').append(h('div.row.tight', {},
        button('再传一次', { onclick: () => { place.remove(); take([file]); } }),
        button('不要了', { quiet: true, onclick: () => place.remove() })));
      line.replaceWith(put(place, box));
    } finally {
      running -= 1;
    }
  }

  area.addEventListener('paste', (event) => {
    const files = filesOf(event.clipboardData);
    const html = event.clipboardData.getData('text/html');
    // Text copied from a document brings a picture of itself along: then the text is meant.
    const words = event.clipboardData.types.includes('text/plain');
    if (words && html) {
      const { text, pictures, lost } = pasted(html);
      // What is nothing but words the browser pastes best.
      if (!text && !pictures.length) return;
      event.preventDefault();
      if (text.includes('\n')) insertBlock(area, text); else insert(area, text);
      take(pictures);
      if (lost) tell(`有 ${lost} 张图没有带过来，请按“插图”再传。`, 'bad');
      return;
    }
    if (!files.length || words) return;
    event.preventDefault();
    take(files);
  });
  area.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    area.classList.add('dropping');
  });
  for (const name of ['dragleave', 'drop', 'dragend']) area.addEventListener(name, () => area.classList.remove('dropping'));
  area.addEventListener('drop', (event) => {
    const files = filesOf(event.dataTransfer);
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });

  const input = h('input', {
    type: 'file', accept: 'image/*', multiple: true, testid: 'picture-input', 'aria-label': '插图',
    onchange: () => { take([...input.files]); input.value = ''; },
  });
  return {
    list,
    busy: () => running > 0,
    button: h('label.button.file', {}, icon('picture'), '插图', input),
  };
}

/** A caption to start from: the file's name, unless a camera or the clipboard gave it. */
function caption(file) {
  const name = (file.name ?? '').replace(/\.[^.]+$/, '').trim();
  const speaking = /[\u4e00-\u9fff]/.test(name) && !/截图|屏幕|微信图片/.test(name);
  return speaking ? name.replace(/[[\]()]/g, '') : '图注';
}
