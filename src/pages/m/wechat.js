// WeChat's own browser, where there is no mini-program around the page: who opens it, by
// the public account's sign-in (OAuth2), and scanning, by WeChat's script (JS-SDK), which
// is loaded here alone.

import { Refusal, about, agent, get, memory, post, session } from './api.js';
import { here } from './routes.js';

const BEGUN = 'shangxue.begun';
const AWAY = 'shangxue.away';
const CONFIG_MS = 8000;
const ELSEWHERE = new Refusal(409, { code: 'sign_in_outdated', message: '这次登录没有办完，请再登录一次。' });

/** Where the page was opened: iOS judges a signature by that, whatever the address became. */
const [landed] = location.href.split('#');

/** In WeChat, and neither in a mini-program nor in 企业微信, which knows other people. */
export const inWechat = () => /MicroMessenger/i.test(agent) && !/miniProgram|wxwork/i.test(agent)
  && window.__wxjs_environment !== 'miniprogram';

/** Why the last sign-in failed. Until somebody asks for another there is none. */
let failure = null;
export const signInFailure = () => failure;

/** Somebody closed their account: they are not signed in again before they wish it. */
export function stayAway() {
  memory.set(AWAY, '1');
}

/** Sign-ins that have begun, in whichever tab: what fits which state. */
function begun() {
  try { return JSON.parse(memory.get(BEGUN)) || {}; } catch { return {}; }
}

const keep = (entries) => memory.set(BEGUN, JSON.stringify(Object.fromEntries(entries.slice(-5))));

/** Leaves for WeChat, which sends the page back with a code. False where that is not offered. */
async function leave(to, again) {
  const centre = await about().catch(() => null);
  if (!centre || !centre.web_sign_in) return false;
  const { url, state, key } = await post('/session/web/begin');
  keep([...Object.entries(begun()), [state, { key, to, again }]]);
  location.replace(url);
  return true;
}

/** A sign-in that nobody asked for. True: the page is being left. */
export async function signInSilently(to) {
  if (!inWechat() || session.signedIn || failure || memory.get(AWAY)) return false;
  return leave(to, false).catch((error) => {
    failure = error;
    return false;
  });
}

/** A sign-in that somebody asked for. */
export async function signInByWechat(to) {
  failure = null;
  memory.drop(AWAY);
  return leave(to, false);
}

/** When the page opens: signs in who comes back, sends away who is to. True: it is being left. */
export async function arrive() {
  const query = new URLSearchParams(location.search);
  const [code, state] = [query.get('code'), query.get('state')];
  if (!inWechat() || !state) return signInSilently(here().whole);
  const { [state]: mine, ...others } = begun();
  // Code and state are good once: they stay neither in the address nor here.
  history.replaceState(null, '', `${location.pathname}#${mine ? mine.to : here().whole}`);
  keep(Object.entries(others));
  if (!mine) {
    // Begun elsewhere: somebody else's link, or a phone that keeps nothing.
    failure = session.signedIn ? null : ELSEWHERE;
    return false;
  }
  try {
    const { token, me } = await post('/session/web', { code: code || '', state, key: mine.key });
    session.begin(token, me);
    return false;
  } catch (error) {
    failure = error;
  }
  const spent = ['login_code_invalid', 'sign_in_outdated'].includes(failure.code);
  return spent && !mine.again ? leave(mine.to, true).catch(() => false) : false;
}

let scanner = null;

/** Has WeChat's script ready; asked for early, so that the first tap is quick. */
export function prepareScan() {
  if (!scanner) {
    scanner = load();
    scanner.catch(() => { scanner = 'broken'; });
  }
  return scanner;
}

export const scanBroken = () => scanner === 'broken';

async function load() {
  const { jssdk_url: src } = await about();
  await new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement('script'), { src, onload: resolve, onerror: reject }));
  });
  const { wx } = window;
  const [current] = location.href.split('#');
  const url = /iPhone|iPad|iPod/.test(agent) ? landed : current;
  const signed = await get(`/wechat/js-config?url=${encodeURIComponent(url)}`);
  await new Promise((resolve, reject) => {
    setTimeout(reject, CONFIG_MS, new Error('WeChat does not answer'));
    wx.config({ ...signed, jsApiList: ['scanQRCode'] });
    // WeChat calls both when it refuses, this one first.
    wx.error(reject);
    wx.ready(resolve);
  });
  return wx;
}

/** What the code says; null: the person scanned nothing; undefined: it cannot be done here. */
export async function scanByWechat() {
  try {
    const wx = await prepareScan();
    return await new Promise((resolve, reject) => {
      wx.scanQRCode({
        needResult: 1, scanType: ['qrCode'], fail: reject,
        success: ({ resultStr }) => resolve(resultStr), cancel: () => resolve(null),
      });
    });
  } catch {
    scanner = 'broken';
    return undefined;
  }
}
