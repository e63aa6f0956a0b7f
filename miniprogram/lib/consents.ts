// Consent to messages: what may be asked for, and what an answer means.
//
// 1. WeChat asks for three messages of one kind at most, and only while a tap lasts.
// 2. Each consent is one message. WeChat itself tells the service of it (callback); nothing
//    is counted here, so nothing can be counted twice.

const MOST = 3;
/** WeChat's ids of templates: letters, digits, - and _. */
const ID = /^[\w-]{20,64}$/;

/** The templates to ask for, as a page of ours names them: `a,b`. */
export function asked(list: string): string[] {
  return [...new Set(list.split(','))].filter((id) => ID.test(id)).slice(0, MOST);
}

/**
 * What came of it. `accepted` and `refused`: the person has answered. `off`: they switched
 * all messages of this mini-program off, which only they can undo. `banned`: WeChat took the
 * templates away. `failed`: nothing was asked; another tap may help.
 */
export type Outcome = 'accepted' | 'refused' | 'off' | 'banned' | 'failed';

/** Of an answer: one yes among several is a yes. */
export function outcomeOf(answer: Record<string, string>, ids: string[]): Outcome {
  const words = ids.map((id) => answer[id]);
  if (words.includes('accept')) return 'accepted';
  if (words.includes('reject')) return 'refused';
  return words.some((word) => word === 'ban' || word === 'filter') ? 'banned' : 'failed';
}

const MAIN_SWITCH_OFF = 20004;

/** Of a failure. */
export function outcomeOfFailure({ errCode }: { errCode?: number }): Outcome {
  return errCode === MAIN_SWITCH_OFF ? 'off' : 'failed';
}

/** What WeChat's settings say: `mainSwitch` and the choices that are always kept. */
export interface Settings {
  mainSwitch?: boolean;
  itemSettings?: Record<string, string>;
}

/**
 * How things stand before asking. `ask`: WeChat will ask. `always`: it will not, since the
 * person allows these always; a tap is needed all the same. `off`: all messages, or all of
 * these, are switched off, and asking would show nothing.
 */
export type Standing = 'ask' | 'always' | 'off';

export function standing({ mainSwitch = true, itemSettings = {} }: Settings, ids: string[]): Standing {
  if (!mainSwitch) return 'off';
  const kept = ids.map((id) => itemSettings[id]);
  if (kept.length && kept.every((word) => word === 'accept')) return 'always';
  if (kept.length && kept.every((word) => word === 'reject' || word === 'ban')) return 'off';
  return 'ask';
}
