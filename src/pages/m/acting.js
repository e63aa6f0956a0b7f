// Who acts for another: how it begins from a message, and which pages are one's own alone.

import { get, session } from './api.js';
import { button, keepWord, link, note } from './parts.js';
import { h } from './dom.js';
import { here, instead } from './routes.js';

/** What a code of ours looks like in a scanned link. */
export const FAMILY_CODE = /^F(\d{8})$/;

/** Begins to act for the learner whom a message names; false when that has ended. */
async function actFor(id) {
  if (session.acting && String(session.acting.id) === id) return true;
  const { learners } = await get('/me/family');
  const one = learners.find((line) => String(line.resident_id) === id);
  if (one) session.actFor({ id: one.resident_id, name: one.name });
  return Boolean(one);
}

/** In the place of a page that is one's own alone. */
export function ownOnly() {
  const { name } = session.acting;
  return [note('warn', 'alert', h('p.strong', {}, '这一页只能办自己的事。'), `您正在帮${name}办。`),
    button('换回自己', { kind: 'main', id: 'acting-own', work: () => { session.actFor(null); instead(here().whole); } }), link('回首页', '#/', 'second')];
}

/** Leads a message about a learner to the right person's pages. */
export async function wantedActing(query) {
  const id = query.get('for');
  if (!id || (await actFor(id))) return true;
  keepWord('您现在不能替这位家人办事：已经取消，或者到期了。');
  instead('/family');
  return false;
}
