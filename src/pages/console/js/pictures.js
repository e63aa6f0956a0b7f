// Pictures of an article: uploading, and making fit what the server does not take.

import { api } from './api.js';

const TAKEN = ['image/jpeg', 'image/png'];
const LONGEST_SIDE = 2400;
const BIG_BYTES = 4 * 1024 * 1024;

const isPicture = (file) => file.type.startsWith('image/') || /\.(jpe?g|png|webp|heic|bmp|gif)$/i.test(file.name ?? '');

/** Resolves to {id, width, height, …}. */
export async function upload(file, signal, path = '/api/staff/pictures') {
  return api.upload(path, await fit(file), { signal });
}

/** Large pictures are made smaller here, so that a slow line does not wait for nothing. */
export async function fit(file) {
  if (TAKEN.includes(file.type) && file.size <= BIG_BYTES) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    if (TAKEN.includes(file.type)) return file;
    throw new Error(`“${file.name || '这张图片'}”打不开，请换成 JPG 或 PNG 图片。`);
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const paint = canvas.getContext('2d');
  paint.fillStyle = '#fff';
  paint.fillRect(0, 0, canvas.width, canvas.height);
  paint.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.9); });
  return blob ?? file;
}

/** Ids named in a body, in order, each once. */
export function named(body) {
  return [...new Set([...body.matchAll(/\]\(\s*picture:(\d+)/g)].map((match) => Number(match[1])))];
}

/** The pictures in a paste or drop. */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])].filter(isPicture);
}
