// Whether a card is genuine, and a day's roll: Ed25519, checked here without network. By the
// browser where it can, else by a library (vendor/noble-ed25519).

import { verifyAsync } from '../../vendor/noble-ed25519-3.2.0/index.js';

const bytes = (text) => new TextEncoder().encode(text);

/** Of base64 (URL-safe, no padding); null where it is none. */
function decoded(text) {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
  } catch { return null; }
}

async function holds(signature, text, key) {
  const [mark, open] = [decoded(signature), decoded(key)];
  if (mark?.length !== 64 || open?.length !== 32) return false;
  let made;
  try {
    made = await crypto.subtle.importKey('raw', open, { name: 'Ed25519' }, false, ['verify']);
  } catch {
    return verifyAsync(mark, bytes(text), open, { zip215: false }).catch(() => false);
  }
  return crypto.subtle.verify('Ed25519', made, mark, bytes(text));
}

/** A day as the server signed it: what it says, or null. */
export async function readDay(signed, key) {
  return await holds(signed.signature, signed.context + signed.text, key) ? JSON.parse(signed.text) : null;
}

/** What was scanned, as a card: null where it is something else. */
export function cardOf(text) {
  const [, after] = text.trim().split('?k=');
  const parts = (after === undefined ? text.trim() : after.split(/[&#]/)[0]).split('.');
  if (parts.length !== 3) return after === undefined ? null : { number: '', serial: 0, genuine: async () => false };
  const [number, serial, signature] = parts;
  if (after === undefined && !/^\d+$/.test(number)) return null;
  return { number, serial: Number(serial), genuine: (key, context) => holds(signature, `${context}${number}.${serial}`, key) };
}
