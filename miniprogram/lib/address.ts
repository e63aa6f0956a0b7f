// Addresses: what an opening asks for, which page of ours that is, and what may be passed on.
//
// 1. What comes from outside names a page of ours or nothing: nobody is led elsewhere.
// 2. A sign-in code stands behind the #, which no server sees; never in a path or a share.

import { SERVICE } from '../config';

/** What a page was opened with; WeChat leaves the values percent-encoded. */
export type Query = Record<string, string | undefined>;

export const HOME = '/';

const LONGEST = 512;
const OURS = /^\/(?![/\\])[\w\-./?&=%~:@!$'()*+,;]*$/;
/** Signing in is ours to begin: a code that somebody sends would sign in as them. */
const NEVER = /^\/login(?![\w-])/;
/** Pages that say the same to everybody. */
const SHAREABLE = /^\/(?:classes(?:\/\d+)?|news(?:\/\d+)?|help|draw)?$/;

export const pageOfWeb = (to: string): string => `/pages/web/index?to=${encodeURIComponent(to)}`;

/** The page for `to`, or the first one. */
export function inside(to: string | undefined): string {
  return to && to.length <= LONGEST && OURS.test(to) && !NEVER.test(to) ? to : HOME;
}

/** Undoes one encoding; text that is none stays as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `to` is encoded as a whole unless somebody has decoded it already. */
const whole = (to: string): string => (/[?&=]/.test(to) ? to : decoded(to));

/** Which page an opening asks for: a link's `to`, a code's `scene`, or the link `q` of an ordinary QR code. */
export function wanted(query: Query): string {
  if (query.to) return inside(whole(query.to));
  if (query.scene) return ofScene(decoded(query.scene));
  if (query.q) return ofLink(decoded(query.q)) ?? HOME;
  return HOME;
}

/**
 * A mini-program code's scene: the page itself (`/classes/3`), or one of `to=/classes/3`,
 * `class=3`, `c=CODE` (check-in). 32 characters at most, so there are short words.
 */
export function ofScene(scene: string): string {
  if (scene.startsWith('/')) return inside(scene);
  const at = scene.indexOf('=');
  const value = scene.slice(at + 1);
  switch (scene.slice(0, at)) {
    case 'to':
      return inside(value);
    case 'class':
      return /^\d{1,18}$/.test(value) ? `/classes/${value}` : HOME;
    case 'c':
      return ofCode(value);
    default:
      return HOME;
  }
}

/** The page that takes a scanned code. */
export const ofCode = (code: string): string => inside(`/checkin?c=${encodeURIComponent(code)}`);

/** The page behind a link of the service; null for any other. */
export function ofLink(link: string): string | null {
  const base = `${SERVICE}/m`;
  const rest = link.startsWith(base) ? link.slice(base.length) : null;
  if (rest === null || !/^(?:$|[/?#])/.test(rest)) return null;
  const hash = rest.indexOf('#');
  const [before, after] = hash < 0 ? [rest, ''] : [rest.slice(0, hash), rest.slice(hash + 1)];
  if (!/^\/?(?:\?|$)/.test(before)) return null;
  const code = parameter(before, 'c');
  if (code) return ofCode(code);
  if (parameter(before, 'k')) return '/seen';
  return inside(after);
}

/** A value of the query string in an address. */
export function parameter(address: string, name: string): string | undefined {
  const query = address.split('?')[1] ?? '';
  const found = query.split('&').find((pair) => pair.startsWith(`${name}=`));
  return found && decoded(found.slice(name.length + 1).replace(/\+/g, ' '));
}

/** The resident page `to`, which signs in with the code first. */
export function residentAddress(to: string, code: string): string {
  return `${SERVICE}/m/#/login?code=${encodeURIComponent(code)}&to=${encodeURIComponent(inside(to))}`;
}

/** What of a page may be passed on: the page if it is everybody's, else the first. */
export function shareable(to: string | undefined): string {
  const path = (to ?? '').split('?')[0] ?? '';
  return SHAREABLE.test(path) ? path : HOME;
}

/** The page that the web-view shows, by its address; undefined where it does not say. */
export function shown(webViewUrl: string | undefined): string | undefined {
  const at = webViewUrl ? webViewUrl.indexOf('#') : -1;
  return webViewUrl && at >= 0 && webViewUrl.startsWith(`${SERVICE}/m/`) ? webViewUrl.slice(at + 1) : undefined;
}

/** The number of a class in `/classes/3`. */
export const classIn = (to: string): string | undefined => /^\/classes\/(\d+)$/.exec(to)?.[1];
