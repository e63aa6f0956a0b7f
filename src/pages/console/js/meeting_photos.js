// 课堂照片: the teacher takes pictures on the phone and hands them to the editor, who is
// offered a first draft with what is known of the class.

import { api, isGone } from './api.js';
import { h, put } from './dom.js';
import { fit } from './pictures.js';
import { alertBox, button, failure, tell } from './ui.js';

const MOST = 20;

/** A small view of a file: drawn, since our pages show no other addresses than our own. */
function small(file) {
  const view = h('canvas', { width: '240', height: '240', role: 'img' });
  createImageBitmap(file).then((picture) => {
    const side = Math.min(picture.width, picture.height);
    view.getContext('2d').drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, 240, 240);
    picture.close();
  }, () => {});
  return view;
}

function named(view, at) {
  view.setAttribute('aria-label', `第 ${at + 1} 张`);
  return view;
}

export function photosCard({ meeting, signal }) {
  const path = `/api/staff/meetings/${meeting.id}`;
  const chosen = [];
  const shots = h('ul.shots', { 'aria-label': '选好的照片', testid: 'meeting-shots' });
  const problems = h('div', { 'aria-live': 'polite' });
  const note = h('textarea.input', { rows: '3', maxlength: '2000', 'aria-label': '说两句', placeholder: '今天学了什么？有什么好事？可以不写。', testid: 'meeting-photos-note' });
  const wishes = h('div', { 'aria-live': 'polite' });
  const send = button('交给编辑', { main: true, testid: 'meeting-photos-send', onclick: handIn });
  const input = h('input', { type: 'file', accept: 'image/*', multiple: true, testid: 'meeting-photos-input', 'aria-label': '拍照或选照片', onchange: () => { take([...input.files]); input.value = ''; } });
  const place = h('div.stack', {});

  function take(files) {
    put(problems);
    for (const file of files) {
      if (chosen.length >= MOST) { put(problems, alertBox('warn', h('p', `最多 ${MOST} 张。`))); break; }
      chosen.push({ file, view: small(file), id: null });
    }
    draw();
  }

  function drop(one) {
    chosen.splice(chosen.indexOf(one), 1);
    draw();
  }

  function draw() {
    put(shots, chosen.map((one, at) => h('li', {}, named(one.view, at), button('不要', { quiet: true, about: `第 ${at + 1} 张`, onclick: () => drop(one) }))));
    send.hidden = note.hidden = !chosen.length;
  }

  async function handIn() {
    put(problems);
    try {
      for (const [at, one] of chosen.entries()) {
        if (one.id) continue;
        put(problems, h('p.soft', `正在上传第 ${at + 1} 张，共 ${chosen.length} 张…`));
        one.id = (await api.upload(`${path}/pictures`, await fit(one.file), { signal })).id;
      }
      await api.post(`${path}/news`, { pictures: [...new Set(chosen.map((one) => one.id))], note: note.value });
      chosen.length = 0;
      note.value = '';
      draw();
      put(problems, alertBox('ok', h('p', { testid: 'meeting-photos-sent' }, '已经交给编辑。班级、时间、地点和人数会自动写好。')));
      tell('照片交好了。');
    } catch (error) {
      // What has arrived is not sent again.
      if (!isGone(error)) put(problems, failure(error));
    }
  }

  async function ask() {
    try {
      const found = await api.get(`${path}/photo-wishes`, { signal });
      if (found.text) put(wishes, alertBox('warn', h('p', { testid: 'photo-wishes' }, found.text), h('p.small', found.unwilling.filter((one) => one.refused).map((one) => one.name).join('、'))));
    } catch (error) { if (!isGone(error)) put(wishes, failure(error)); }
  }

  put(place, wishes, h('div', {}, h('label.button.file', {}, '拍照或选照片', input)), shots, note, problems, h('div', {}, send));
  draw();
  const element = h('details.panel.fold', { testid: 'meeting-photos', ontoggle: () => { if (element.open) ask(); } },
    h('summary', '课堂照片，交给编辑写新闻'), place);
  return { element };
}
