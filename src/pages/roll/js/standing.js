// What the roll says of one person: the server's word, and over it what this phone did since,
// by the rules of the register (src/attendance/register.rs).

/** What says something of a person, and by which way. */
const WAYS = { card: 'card', tap: 'roll', nod: 'poster' };

/** Whether a tap may say `status` without a reason. */
export const takes = (standing, status) => !standing.status || standing.status === status;

/** `word`: what the server said at `asked_at`, by this phone's clock. */
export function standing(learner, events, asked_at) {
  let now = { status: learner.status ?? null, way: learner.way, reason: learner.reason, waits: false };
  for (const one of events) {
    // What was answered for before the roll was asked for is in it.
    const known = one.answer && one.answer.at <= asked_at;
    if (known || one.answer?.outcome === 'tray' || one.refused || !(one.kind in WAYS)) continue;
    const status = one.kind === 'tap' ? one.status : 'present';
    if (one.kind === 'tap' && !one.reason && !takes(now, status)) continue;
    if (now.status === status && !one.reason) continue;
    now = { status, way: WAYS[one.kind], reason: one.reason, waits: !one.answer };
  }
  return now;
}
