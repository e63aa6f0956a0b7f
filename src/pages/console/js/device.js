// What this browser calls itself, and what it calls a scan: random, and nothing about it.

const DEVICE = 'shangxue.device';

export const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export function device() {
  try {
    const known = localStorage.getItem(DEVICE) ?? random();
    localStorage.setItem(DEVICE, known);
    return known;
  } catch { return 'no-storage'; }
}
