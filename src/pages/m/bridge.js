// What the page asks of the phone around it: consent to messages, a scan, a phone
// number, a fresh sign-in. It works without an answer, and without a phone.
//
// 1. In a frame, by postMessage to the parent, and only the parent's answers count.
// 2. In a mini-program's web-view, by leaving for a page of miniprogram/, over WeChat's own
//    bridge: no JS-SDK is loaded.
// 3. In WeChat's own browser, by wechat.js.
// 4. In a plain browser there is no host, and the page says what to do by hand.

import { getOnce } from './api.js';
import { inWechat, prepareScan, scanBroken, scanByWechat, signInByWechat } from './wechat.js';

const ANSWER_MS = 60000;
const KINDS = ['placed', 'offered', 'meeting_changed'];

/** 'frame', 'miniprogram', 'wechat' or null. */
export function host() {
  if (inWechat()) return 'wechat';
  if (window.parent !== window) return 'frame';
  return window.__wxjs_environment === 'miniprogram' && navigator_() ? 'miniprogram' : null;
}

function navigator_() {
  const bridge = window.WeixinJSBridge;
  return bridge && ((name, arg) => bridge.invoke('invokeMiniProgramAPI', { name, arg }, () => {}));
}

let last = 0;

/** Asks the parent; gives its answer, or null when none comes. */
function ask(type, values, patience = ANSWER_MS) {
  last += 1;
  const id = `${Date.now()}-${last}`;
  return new Promise((resolve) => {
    const done = (answer) => {
      clearTimeout(timer);
      removeEventListener('message', hear);
      resolve(answer);
    };
    const hear = ({ source, data }) => {
      if (source !== window.parent || !data || typeof data !== 'object') return;
      if (data.type === `${type}-result` && data.id === id) done(data);
    };
    const timer = setTimeout(() => done(null), patience);
    addEventListener('message', hear);
    // Nothing secret goes out, so any parent may hear it; who may be one is the edge's matter.
    window.parent.postMessage({ type, id, ...values }, '*');
  });
}

/** Goes to a page of the mini-program; done when the person is back, or after a minute. */
function visit(url, how = 'navigateTo') {
  return new Promise((resolve) => {
    let left = false;
    const seen = () => {
      if (document.hidden) {
        left = true;
        clearTimeout(timer);
      } else if (left) done();
    };
    const done = () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
      resolve();
    };
    const timer = setTimeout(done, ANSWER_MS);
    document.addEventListener('visibilitychange', seen);
    navigator_()(how, { url });
  });
}

/**
 * Asks for consent to messages, three kinds at most. Whatever the answer, and also without
 * one, the caller goes on: WeChat itself tells the service what was allowed.
 */
export async function askForMessages(kinds = KINDS) {
  const where = host();
  if (!where || where === 'wechat') return;
  try {
    const { items } = await getOnce('/subscription-templates');
    const ids = items.filter(({ kind }) => kinds.includes(kind)).map((one) => one.template_id);
    if (!ids.length) return;
    if (where === 'frame') await ask('shangxue:subscribe', { template_ids: ids });
    else await visit(`/pages/subscribe/index?template_ids=${encodeURIComponent(ids.join(','))}`);
  } catch { /* messages are an extra */ }
}

/** Whether there is a phone that can scan for us. */
export const canScan = () => host() !== null && !scanBroken();

/** A scan may come: what it needs is fetched. */
export function expectScan() {
  if (host() === 'wechat' && !scanBroken()) prepareScan();
}

/** The code in a scanned link; null: nothing was scanned; undefined: it cannot be done. */
export async function scan() {
  if (host() === 'wechat') {
    const link = await scanByWechat();
    return link && codeOf(link);
  }
  if (host() === 'miniprogram') {
    // It opens ours again with what it read.
    await visit('/pages/scan/index');
    return null;
  }
  const answer = await ask('shangxue:scan', {}, 300000);
  return answer && typeof answer.link === 'string' ? codeOf(answer.link) : null;
}

/** The code in a link; anything else as it is, for the service to judge. */
export function codeOf(link) {
  try { return new URL(link).searchParams.get('c') || link; } catch { return link; }
}

export const canAskPhone = () => ['frame', 'miniprogram'].includes(host());

/** A code for the phone number that WeChat vouches for; null: refused; undefined: the service has it. */
export async function askPhone() {
  if (host() === 'miniprogram') return visit('/pages/phone/index');
  const answer = await ask('shangxue:phone', {}, 300000);
  return answer && typeof answer.code === 'string' ? answer.code : null;
}

/** Has the host open the pages again with a fresh sign-in. False when it does not. */
export async function signInAgain(to) {
  const url = `/pages/web/index?to=${encodeURIComponent(to)}`;
  if (host() === 'miniprogram') await visit(url, 'reLaunch');
  else if (host() === 'wechat') await signInByWechat(to);
  else if (host() === 'frame') await ask('shangxue:login', { to }, 4000);
  return false;
}

/** To the phone's own calendar. */
export const addToCalendar = (id) => visit(`/pages/calendar/index?class=${id}`);

/** The title on the host's own bar. */
export function tellTitle(title) {
  if (window.parent !== window) window.parent.postMessage({ type: 'shangxue:title', title }, '*');
}

/** The page that is shown, and its words: a mini-program shares the one and may read the other aloud. */
export function tellPage(text) {
  if (host() === 'miniprogram') navigator_()('postMessage', { data: { to: location.hash.slice(1), text } });
}

/** How much larger than written WeChat shows our text: a page cannot ask, but it can measure. */
export function textScale() {
  const probe = document.createElement('span');
  probe.className = 'unseen probe';
  probe.textContent = '口'.repeat(20);
  document.body.append(probe);
  const wide = probe.scrollWidth / 20 / 20;
  probe.remove();
  return Math.round(wide * 20) / 20;
}
