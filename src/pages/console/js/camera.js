// Reads QR codes: from the camera, or from a picture that is chosen, pasted or dropped. By the
// browser's own reader where it has one, else by a library (vendor/qr).

import { BarcodeDetector as Reader } from '../vendor/qr-0.7.0/decode.js';
import { h, put } from './dom.js';

const LOOK_MS = 200;
/** The same card in view counts once in so long. */
const SAME_MS = 5000;

async function reader() {
  const kinds = await window.BarcodeDetector?.getSupportedFormats?.().catch(() => []);
  const Kind = kinds?.includes('qr_code') ? window.BarcodeDetector : Reader;
  return new Kind({ formats: ['qr_code'] });
}

/** The text of the code in a picture; empty where there is none. */
async function readPicture(file) {
  const picture = await createImageBitmap(file);
  try {
    const [code] = await (await reader()).detect(picture);
    return code?.rawValue ?? '';
  } finally {
    picture.close();
  }
}

/** Shows what the camera sees in `place`, and gives each text that it reads to `take`. */
export async function look(place, take, signal) {
  const none = (words) => put(place, h('p.soft', { testid: 'scan-no-camera' }, words));
  if (!navigator.mediaDevices?.getUserMedia) {
    none('这个浏览器不能用摄像头扫，请输学员号。');
    return;
  }
  try {
    const detector = await reader();
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    const stop = () => { for (const track of stream.getTracks()) track.stop(); };
    if (signal.aborted) { stop(); return; }
    signal.addEventListener('abort', stop, { once: true });
    const video = h('video', { autoplay: true, playsinline: true, 'aria-label': '摄像头画面：请对准学员卡' });
    video.muted = true;
    video.srcObject = stream;
    put(place, video, h('p.soft.small', '对准学员卡，看到名字就好了。'));
    watch(video, detector, take, signal);
  } catch {
    none('摄像头打不开，请输学员号。');
  }
}

async function watch(video, detector, take, signal) {
  let last = { text: '', at: 0 };
  while (!signal.aborted) {
    const [code] = video.readyState >= 2 ? await detector.detect(video).catch(() => []) : [];
    const text = code?.rawValue ?? '';
    if (text && !signal.aborted) {
      // Held still, one card is one scan.
      const same = text === last.text && Date.now() - last.at < SAME_MS;
      last = { text, at: Date.now() };
      if (!same) {
        navigator.vibrate?.(80);
        await take(text);
      }
    }
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
  }
}

/** A button for pictures; pasted and dropped ones are read as well. */
export function pictures(take, signal, problem) {
  const read = async (files) => {
    for (const file of files) {
      if (!file.type.startsWith('image/')) continue;
      const text = await readPicture(file).catch(() => '');
      if (text) await take(text);
      else problem('图里没有找到码，请换一张清楚的。');
    }
  };
  const input = h('input', { type: 'file', accept: 'image/*', testid: 'scan-picture', onchange: async () => { await read([...input.files]); input.value = ''; } });
  const taken = (event, transfer) => {
    const files = [...transfer?.files ?? []];
    if (!files.length) return;
    event.preventDefault();
    read(files);
  };
  window.addEventListener('paste', (event) => taken(event, event.clipboardData), { signal });
  window.addEventListener('dragover', (event) => event.preventDefault(), { signal });
  window.addEventListener('drop', (event) => taken(event, event.dataTransfer), { signal });
  return h('label.button.file', {}, '选一张照片', input);
}
