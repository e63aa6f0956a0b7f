// Cuts a cover out of a picture, at the two ratios in which the account shows it. A canvas
// makes the new picture; the old one stays.

import { isGone } from './api.js';
import { pictureUrl } from './article_view.js';
import { h, put } from './dom.js';
import { upload } from './pictures.js';
import { button, dialog, failure } from './ui.js';

const WIDE = 2.35;
const MOST_WIDTH = 1280;

/** Resolves to the new picture; undefined when it was left. */
export async function crop(id) {
  const image = new Image();
  image.src = pictureUrl(id);
  await image.decode();
  return dialog({ title: '裁封面', wide: true, testid: 'crop-dialog', content: (close) => content(image, close) });
}

function content(image, close) {
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const canvas = h('canvas.crop-wide', { role: 'img', 'aria-label': '裁好的封面' });
  const small = h('canvas.crop-small', { role: 'img', 'aria-label': '转发时的小图' });
  const problems = h('div');
  const across = h('input', { type: 'range', min: '0', max: '100', value: '50', 'aria-label': '左右', testid: 'crop-x' });
  const down = h('input', { type: 'range', min: '0', max: '100', value: '50', 'aria-label': '上下', testid: 'crop-y' });
  const size = h('input', { type: 'range', min: '40', max: '100', value: '100', 'aria-label': '大小', testid: 'crop-size' });
  function draw() {
    const part = Number(size.value) / 100;
    const wide = Math.min(width, height * WIDE) * part;
    const tall = wide / WIDE;
    const x = (width - wide) * Number(across.value) / 100;
    const y = (height - tall) * Number(down.value) / 100;
    canvas.width = Math.round(Math.min(wide, MOST_WIDTH));
    canvas.height = Math.round(canvas.width / WIDE);
    canvas.getContext('2d').drawImage(image, x, y, wide, tall, 0, 0, canvas.width, canvas.height);
    // The small one is the middle of it: so the platform cuts it.
    small.width = canvas.height;
    small.height = canvas.height;
    small.getContext('2d').drawImage(canvas, (canvas.width - canvas.height) / 2, 0, canvas.height, canvas.height, 0, 0, canvas.height, canvas.height);
  }
  for (const slider of [across, down, size]) slider.addEventListener('input', draw);
  draw();
  const line = (text, input) => h('label.row', {}, h('span', text), input);
  return [
    h('p.soft', '左边是列表里的样子，右边是转发给朋友时的小图。'),
    h('div.crop-views', {}, canvas, small),
    h('div.stack.tight', {}, line('大小', size), line('左右', across), line('上下', down)),
    problems,
    h('div.form-end', {},
      button('用作封面', {
        main: true, testid: 'crop-use',
        onclick: async () => {
          const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.9); });
          try {
            close(await upload(new File([blob], 'cover.jpg', { type: 'image/jpeg' })));
          } catch (error) {
            if (!isGone(error)) put(problems, failure(error));
          }
        },
      }),
      button('取消', { onclick: () => close() })),
  ];
}
