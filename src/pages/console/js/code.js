// The rotating check-in code: shown as an image, so that nothing in it can run.
//
// The server says how long a code stands, and accepts it for a little longer than
// that; so the next one is fetched when it is due, and the old one is never shown as valid
// after the server would refuse it.

import { api, isGone } from './api.js';
import { h, put, say } from './dom.js';
import { icon } from './icons.js';
import { ring } from './shell.js';
import { button } from './ui.js';

const AFTER_DUE_MS = 60;
const RETRY_MS = 1500;
const TICK_MS = 200;

/** `{element, open(), close(text), count(present, total)}`; fetches while it is open. */
export function codeCard({ id, title, place, signal }) {
  const clock = ring(44);
  const seconds = h('span.seconds.numbers', { 'aria-hidden': 'true' });
  const image = h('img.qr', { testid: 'checkin-qr', alt: '签到二维码，请用微信扫', width: '320', height: '320', hidden: true });
  const veil = h('p.veil', { role: 'status' }, '正在取二维码…');
  const heads = h('p.heads.numbers');
  const enter = button('全屏显示', { icon: 'full', testid: 'qr-full', onclick: () => { project(true); } });
  const leave = button('退出全屏', { icon: 'close', testid: 'qr-leave', onclick: () => { project(false); } });
  const time = h('div.ring-box', {}, clock.element, seconds);
  const element = h('section.panel.code', { 'aria-label': '签到二维码', testid: 'checkin-card' },
    h('div.code-title', {}, h('h2', title), h('p', place)),
    h('div.qr-box', {}, image, veil),
    h('div.code-foot', {}, time, h('p.grow', {}, h('span.strong', '请用微信扫一扫签到'), h('br'), h('span.soft.small', '码会自动更换，拍照留着没有用')), heads),
    h('div.code-acts', {}, enter, leave));

  let active = false;
  let timer = 0;
  let shownUntil = 0;
  let step = 1;
  let asking = false;

  async function fetchCode() {
    clearTimeout(timer);
    if (!active || asking || signal.aborted) return;
    asking = true;
    try {
      const code = await api.get(`/api/staff/meetings/${id}/code`, { signal });
      if (active) await show(code);
      if (active) timer = setTimeout(fetchCode, code.valid_for_ms + AFTER_DUE_MS);
    } catch (error) {
      if (isGone(error) || !active) return;
      if (Date.now() > shownUntil) hide(error.message);
      timer = setTimeout(fetchCode, error.status === 409 || error.status === 403 ? RETRY_MS * 8 : RETRY_MS);
    } finally {
      asking = false;
    }
  }

  async function show(code) {
    const next = new Image();
    next.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(code.svg)}`;
    await next.decode().catch(() => {});
    image.src = next.src;
    image.dataset.link = code.link;
    image.hidden = false;
    veil.hidden = true;
    time.hidden = false;
    step = code.step_s * 1000;
    shownUntil = Date.now() + code.valid_for_ms;
    tick();
  }

  function hide(text) {
    image.hidden = true;
    image.removeAttribute('src');
    delete image.dataset.link;
    veil.hidden = false;
    time.hidden = true;
    say(veil, text);
  }

  function tick() {
    const left = Math.max(0, shownUntil - Date.now());
    clock.set(left / step);
    say(seconds, String(Math.ceil(left / 1000)));
    // The next code is late: this one is still taken for one more step, not longer.
    if (!image.hidden && Date.now() > shownUntil + step) hide('正在取新的二维码…');
  }

  function project(on) {
    element.classList.toggle('projector', on);
    document.body.classList.toggle('projecting', on);
    if (on) element.requestFullscreen?.().catch(() => {});
    else if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    (on ? leave : enter).focus();
  }
  const left = () => { if (!document.fullscreenElement && element.classList.contains('projector')) project(false); };
  const key = (event) => { if (event.key === 'Escape' && element.classList.contains('projector')) project(false); };
  const seen = () => { if (!document.hidden) fetchCode(); };
  document.addEventListener('fullscreenchange', left);
  document.addEventListener('keydown', key);
  document.addEventListener('visibilitychange', seen);
  const ticker = setInterval(tick, TICK_MS);
  signal.addEventListener('abort', () => {
    active = false;
    clearTimeout(timer);
    clearInterval(ticker);
    document.removeEventListener('fullscreenchange', left);
    document.removeEventListener('keydown', key);
    document.removeEventListener('visibilitychange', seen);
    project(false);
  }, { once: true });

  return {
    element,
    open() {
      if (active) return;
      active = true;
      enter.hidden = false;
      fetchCode();
    },
    close(text) {
      active = false;
      clearTimeout(timer);
      enter.hidden = true;
      hide(text);
    },
    count(present, total) {
      put(heads, h('b', present), ` / ${total} 人到`);
    },
  };
}
