// A phone with the mini-program on it, in somebody's hand: what `wx` needs of a phone, played
// against the sandbox as the real one is played by WeChat, and what the person does with it.

import assert from "node:assert/strict";
import { openPage } from "../browser/demo.js";
import { build } from "./build.js";

const AGENT = "Mozilla/5.0 (Linux; Android 14; Phone) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0.56 MiniProgramEnv/android miniProgram/wx9c8b7a6f5e4d3021";

/** In a web-view: WeChat's own bridge, and no word of the frame that stands in for it. */
function insideTheWebView(home) {
  if (window === window.top || !location.href.startsWith(home)) return;
  window.parent = window;
  window.__wxjs_environment = "miniprogram";
  window.WeixinJSBridge = {
    invoke(what, { name, arg }) {
      if (what === "invokeMiniProgramAPI") window.top.postMessage({ miniProgram: { name, arg: JSON.parse(JSON.stringify(arg)) } }, "*");
    },
  };
  let visible = true;
  Object.defineProperty(document, "visibilityState", { get: () => (visible ? "visible" : "hidden") });
  Object.defineProperty(document, "hidden", { get: () => !visible });
  addEventListener("message", ({ source, data }) => {
    if (source !== window.top || !data || !("wxVisible" in data)) return;
    visible = data.wxVisible;
    document.dispatchEvent(new Event("visibilitychange"));
  });
}

const fail = (name, words, more = {}) => ({ fail: { errMsg: `${name}:fail ${words}`, ...more } });
const ok = (name, more = {}) => ({ ok: { errMsg: `${name}:ok`, ...more } });

const built = new Map();
const bodyFor = (service) => built.get(service) ?? built.set(service, build(service)).get(service);

export class Phone {
  /** There is a network; wx.login works; the mini-program may send messages at all. */
  online = true;
  signsIn = true;
  messages = true;
  calendarAllowed = true;
  /** What the person does when asked: `accept` or `reject` messages; the link held before the camera. */
  consent = "accept";
  givesPhone = true;
  /** What they chose to keep always, by template. */
  always = {};
  camera = null;
  /** WeChat's text size. */
  textScale = 1;
  /** They have agreed to the privacy text. */
  agreed = false;
  /** What was done with the phone. */
  calendar = [];
  asked = [];
  calls = [];
  complaints = [];

  /** Somebody's phone; `user` is a person of the sandbox. */
  static async of(stage, user) {
    const phone = new Phone();
    phone.stage = stage;
    phone.user = user;
    phone.service = stage.url;
    const view = await openPage(stage.browser, { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true, userAgent: AGENT });
    phone.page = view.page;
    phone.browserComplaints = view.complaints;
    await phone.page.exposeFunction("__phone", (name, asked) => phone.#answer(name, asked));
    await phone.page.addInitScript(insideTheWebView, stage.url);
    // Where the service lets itself be shown in a frame.
    phone.home = `${stage.demo.sandbox}/phone/miniprogram`;
    const body = bodyFor(stage.url);
    await phone.page.route(`${phone.home}?*`, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body }));
    return phone;
  }

  /** Opens the mini-program at a page, as from a link, a code or a shortcut. */
  async open(path = "pages/web/index") {
    await this.page.goto("about:blank");
    await this.page.goto(`${this.home}?scale=${this.textScale}#${encodeURIComponent(path)}`);
  }

  /** The page on top. */
  get top() {
    return this.page.locator(".screen.top");
  }

  /** The resident page in the web-view. */
  get inside() {
    return this.top.frameLocator("iframe");
  }

  /** Where the web-view is now. */
  async address() {
    const frame = await (await this.top.locator("iframe").elementHandle()).contentFrame();
    return frame.url();
  }

  async at(path) {
    await this.page.locator(`.screen.top[data-page="${path}"]`).waitFor();
  }

  tap(words) {
    return this.top.getByRole("button", { name: words, exact: true }).tap();
  }

  say(words) {
    return this.top.getByText(words).first().waitFor();
  }

  /** 转发; WeChat may or may not see what the page has put behind its #. */
  async share({ sees = true } = {}) {
    const address = await this.address();
    return this.page.evaluate((url) => window.__share(url), sees ? address : address.split("#")[0]);
  }

  /** The sandbox's control. */
  async sandbox(what, body = {}) {
    const answer = await fetch(`${this.stage.demo.sandbox}/sandbox/api/users/${this.user.id}/${what}`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    const value = await answer.json();
    assert.ok(answer.ok, JSON.stringify(value));
    return value;
  }

  async state() {
    return (await fetch(`${this.stage.demo.sandbox}/sandbox/api/state?user=${this.user.id}`)).json();
  }

  /** No rule was broken. */
  check() {
    assert.deepEqual([...this.complaints, ...this.browserComplaints], []);
  }

  async #answer(name, asked) {
    const play = this[`on_${name}`];
    if (!play) {
      this.complaints.push(`nobody plays ${name}`);
      return fail(name, "not played");
    }
    return play.call(this, asked);
  }

  on_complain({ words }) { this.complaints.push(words); }
  on_agreed() { return this.agreed; }
  on_agree() { this.agreed = true; }

  on_visit({ src }) {
    return { allowed: src.startsWith(`${this.service}/`), reached: this.online };
  }

  async on_login() {
    if (!this.signsIn || !this.online) return fail("login", "system error");
    return ok("login", { code: (await this.sandbox("login-code")).code });
  }

  /** Only to the domain that is entered at WeChat, as a phone calls: no origin, no cookies. */
  async on_request({ url, method = "GET", data, header = {} }) {
    if (!url.startsWith(`${this.service}/`)) {
      this.complaints.push(`request to ${url}`);
      return fail("request", "url not in domain list");
    }
    if (!this.online) return fail("request", "errcode:-118 net::ERR_CONNECTION_TIMED_OUT");
    const answer = await fetch(url, { method, headers: header, body: method === "GET" || data === undefined ? undefined : JSON.stringify(data) });
    const text = await answer.text();
    let value = text;
    try { value = JSON.parse(text); } catch { /* as it came */ }
    return ok("request", { statusCode: answer.status, data: value, header: {} });
  }

  async on_scanCode() {
    if (this.camera === null) return fail("scanCode", "cancel");
    // A code of a mini-program says the page it leads to, and not what stands in the picture.
    const { link } = this.camera;
    const path = this.camera.path ?? "";
    return ok("scanCode", { result: link ?? "", path, scanType: path ? "WX_CODE" : "QR_CODE", charSet: "utf-8", rawData: "" });
  }

  async on_requestSubscribeMessage({ tmplIds }) {
    if (!this.messages) return fail("requestSubscribeMessage", "The main switch is switched off", { errCode: 20004 });
    if (tmplIds.length > 3) return fail("requestSubscribeMessage", "", { errCode: 20003 });
    const { templates } = await this.state();
    this.asked.push(tmplIds);
    const known = tmplIds.filter((id) => templates.some((one) => one.id === id));
    const choices = Object.fromEntries(known.map((id) => [id, this.consent]));
    await this.sandbox("subscribe", { results: choices });
    return ok("requestSubscribeMessage", { ...Object.fromEntries(tmplIds.map((id) => [id, "filter"])), ...choices });
  }

  on_getSetting({ withSubscriptions = false }) {
    return ok("getSetting", { authSetting: {}, ...(withSubscriptions && { subscriptionsSetting: { mainSwitch: this.messages, itemSettings: this.always } }) });
  }

  /** The person goes to the settings and allows everything. */
  on_openSetting() {
    this.messages = true;
    this.calendarAllowed = true;
    return ok("openSetting", { authSetting: {} });
  }

  async on_getPhoneNumber() {
    if (!this.givesPhone) return fail("getPhoneNumber", "user deny");
    return ok("getPhoneNumber", { code: (await this.sandbox("phone-code")).code });
  }

  on_makePhoneCall({ phoneNumber }) {
    this.calls.push(phoneNumber);
    return ok("makePhoneCall");
  }

  on_addPhoneCalendar(entry) { return this.#enter("addPhoneCalendar", entry); }
  on_addPhoneRepeatCalendar(entry) { return this.#enter("addPhoneRepeatCalendar", entry); }

  #enter(name, entry) {
    if (!this.calendarAllowed) return fail(name, "auth deny");
    const { title, startTime, endTime } = entry;
    if (typeof title !== "string" || typeof startTime !== "number" || typeof endTime !== "string") this.complaints.push(`${name}: ${JSON.stringify(entry)}`);
    this.calendar.push({ name, ...entry });
    return ok(name);
  }

  on_openPrivacyContract() {
    this.asked.push("privacy");
    return ok("openPrivacyContract");
  }

  on_showToast() { return ok("showToast"); }
}
