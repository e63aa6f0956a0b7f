// Files that the server makes, saved where the browser saves.

import { api } from './api.js';
import { h } from './dom.js';

/** So long an address is kept that is being saved from. */
const KEPT_MS = 60_000;

/** Asks for a file and has the browser save it; resolves to its name. */
export async function download(method, path, body) {
  const { blob, name } = await api.file(method, path, body);
  save(blob, name);
  return name;
}

/** Has the browser save what is there already. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = h('a', { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
