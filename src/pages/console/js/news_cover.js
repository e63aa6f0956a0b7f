// The cover: one of the article's pictures, or one of its own.

import { pictureUrl } from './article_view.js';
import { h, put, uid } from './dom.js';
import { named, upload } from './pictures.js';
import { isGone } from './api.js';
import { crop } from './news_crop.js';
import { button, failure } from './ui.js';

/** `{element, value(), set(id), offer(id), refresh()}` */
export function coverChoice({ value, body, signal, changed }) {
  let chosen = value;
  const extra = new Set();
  const name = uid('cover');
  const grid = h('div.covers', { role: 'radiogroup', 'aria-label': '封面' });
  const problems = h('div');
  const said = h('p.small.soft', { role: 'status' });
  let drawn = '';

  function choose(id) {
    chosen = id;
    draw();
    changed();
  }

  function draw() {
    const ids = [...new Set([...named(body()), ...extra, ...(chosen == null ? [] : [chosen])])];
    const key = `${ids.join()}/${chosen}`;
    if (key === drawn) return;
    drawn = key;
    put(grid, ids.map((id) => h('label.cover', {},
      h('input', { type: 'radio', name, value: String(id), checked: id === chosen, testid: `cover-${id}`, 'aria-label': `图片 ${id} 作封面`, onchange: () => choose(id) }),
      h('img', { src: pictureUrl(id), alt: '', loading: 'lazy' }),
      h('span.cover-mark', {}, id === chosen ? '✓ 封面' : '选作封面'))));
    said.textContent = ids.length ? '' : '还没有图片。正文里插了图，就可以选一张作封面。';
  }

  const input = h('input', {
    type: 'file', accept: 'image/*', testid: 'cover-input', 'aria-label': '上传封面图',
    onchange: async () => {
      const file = input.files[0];
      if (!file) return;
      said.textContent = '正在上传封面图…';
      put(problems);
      try {
        const picture = await upload(file, signal);
        extra.add(picture.id);
        drawn = '';
        choose(picture.id);
      } catch (error) {
        if (isGone(error)) return;
        said.textContent = '';
        put(problems, failure(error));
      } finally {
        input.value = '';
      }
    },
  });
  const cut = button('裁封面', {
    testid: 'cover-crop',
    onclick: async () => {
      if (chosen == null) { said.textContent = '请先选一张图作封面，再裁。'; return; }
      put(problems);
      try {
        const picture = await crop(chosen);
        if (picture) { extra.add(picture.id); drawn = ''; choose(picture.id); }
      } catch (error) {
        if (!isGone(error)) put(problems, failure(error));
      }
    },
  });
  draw();
  return {
    element: h('div.field', {},
      h('p.legend', '封面'),
      h('p.hint', '横的图最好。列表里会裁成长条，重要的内容放中间。'),
      grid, said, problems,
      h('div.row.tight', {}, h('label.button.file', {}, '上传封面图', input), cut)),
    value: () => chosen,
    set(id) { chosen = id; draw(); },
    /** A picture that was just uploaded: the cover, while there is none. */
    offer(id) {
      if (chosen == null) choose(id); else draw();
    },
    refresh: draw,
  };
}
