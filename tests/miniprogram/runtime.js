// WeChat around the mini-program, in the page: its components, its pages one over the other.
//
// It is strict: what `wx` has no function for, an option that is not known, a consent that is
// not asked for at a tap, a page that is not in app.json, a web-view elsewhere or with
// something beside it are complaints, and the test that caused them fails.

import { CurrentWindowBackendContext, Event } from "glass-easel";
import { MiniProgramEnv } from "glass-easel-miniprogram-adapter";
import { agree, complain, done, makeWx, mayUse, refusedWord, whileTapping } from "./wx.js";

const MOST_PAGES = 10;
const SHARE_MS = 3000;

let shell;
const stack = [];

/** The values as they stand in the address: WeChat does not decode them. */
function queryOf(search = "") {
  const pairs = search.split("&").filter(Boolean).map((pair) => pair.split(/=(.*)/s));
  return Object.fromEntries(pairs.map(([name, value = ""]) => [name, value]));
}

const found = ({ url }) => {
  const [path, search] = url.replace(/^\//, "").split(/\?(.*)/s);
  const there = url.startsWith("/") && shell.app.pages.includes(path);
  if (!there) complain(`no page ${url}`);
  return there && { path, query: queryOf(search) };
};

const missing = { fail: { errMsg: "navigateTo:fail page is not found" } };

const navigation = {
  navigateTo(options) {
    const page = found(options);
    if (!page) return missing;
    if (stack.length >= MOST_PAGES) return { fail: { errMsg: "navigateTo:fail webview count limit exceed" } };
    show(page);
    return done;
  },
  redirectTo(options) {
    const page = found(options);
    if (!page) return missing;
    drop();
    show(page);
    return done;
  },
  reLaunch(options) {
    const page = found(options);
    if (!page) return missing;
    while (stack.length) drop();
    show(page);
    return done;
  },
  navigateBack() {
    if (stack.length < 2) return { fail: { errMsg: "navigateBack:fail cannot navigate back at first page." } };
    drop();
    appear(stack.at(-1));
    return done;
  },
};

// Components

function components(space, env, templates) {
  const template = (name) => ({ groupList: templates, content: templates[name] });
  const all = {};
  all.view = space.define("wx-view").property("ariaRole", String).template(template("slot"))
    .lifetime("attached", function () {
      if (this.data.ariaRole) this.getBackendElement().setAttribute("role", this.data.ariaRole);
    }).registerComponent();
  all.button = space.define("wx-button").property("openType", String).template(template("slot"))
    .lifetime("attached", function () {
      this.getBackendElement().setAttribute("role", "button");
      this.addListener("tap", () => opened(this));
    }).registerComponent();
  all["web-view"] = space.define("wx-web-view").property("src", String).template(template("frame"))
    .lifetime("attached", function () { shown(this); }).registerComponent();
  for (const [name, one] of Object.entries(all)) env.getComponentSpace().setGlobalUsingComponent(`wx-${name}`, one);
}

/** What a button's open-type does at a tap. */
async function opened(button) {
  const say = (name, detail) => button.triggerEvent(name, detail, {});
  if (button.data.openType === "agreePrivacyAuthorization") {
    agree(button.id);
    say("agreeprivacyauthorization", {});
  } else if (button.data.openType === "getPhoneNumber") {
    const how = (await mayUse("getPhoneNumber")) ? await window.__phone("getPhoneNumber", {}) : refusedWord("getPhoneNumber");
    say("getphonenumber", how.ok ?? how.fail);
  } else if (button.data.openType) complain(`open-type ${button.data.openType}`);
}

async function shown(view) {
  const frame = view.getBackendElement().querySelector("iframe");
  const screen = frame.closest(".screen");
  const { src } = view.data;
  if (screen.querySelectorAll("iframe").length > 1) complain("two web-views on one page");
  if (screen.querySelectorAll("wx-view, wx-button").length) complain("something lies beside a web-view");
  const { allowed, reached } = await window.__phone("visit", { src });
  if (!allowed) complain(`web-view to ${src}`);
  if (allowed && reached) frame.src = src;
  else view.triggerEvent("error", { url: src }, {});
  const page = stack.find((one) => one.screen === screen);
  page.view = { frame, messages: [], tell: (name, detail) => view.triggerEvent(name, detail, {}), src };
}

/** The page in a web-view calls its mini-program. */
addEventListener("message", ({ source, data }) => {
  const page = stack.find((one) => one.view?.frame.contentWindow === source);
  if (!page || !data?.miniProgram) return;
  const { name, arg } = data.miniProgram;
  if (name === "postMessage") page.view.messages.push(arg.data);
  else if (name in navigation) window.wx[name](arg);
  else complain(`the page asks for ${name}`);
});

const seen = (page, visible) => page.view?.frame.contentWindow?.postMessage({ wxVisible: visible }, "*");

// Pages

function show({ path, query }) {
  if (stack.length) hide(stack.at(-1));
  const screen = document.createElement("div");
  screen.className = "screen";
  screen.dataset.page = path;
  document.body.append(screen);
  const place = document.createElement("div");
  screen.append(place);
  const root = shell.backend.createRoot("page", shell.space, path);
  const page = { path, screen, root, self: root.get() };
  // A web-view looks for its page as soon as it is there.
  stack.push(page);
  root.attach(screen, place);
  page.self.onLoad?.(query);
  appear(page);
  page.self.onReady?.();
}

function appear(page) {
  page.screen.classList.add("top");
  document.getElementById("title").textContent = shell.configs[page.path].navigationBarTitleText ?? shell.app.window.navigationBarTitleText;
  document.getElementById("back").hidden = stack.length < 2;
  seen(page, true);
  lifetimes(page, "show");
  page.self.onShow?.();
}

function hide(page) {
  page.screen.classList.remove("top");
  seen(page, false);
  lifetimes(page, "hide");
  page.self.onHide?.();
}

const lifetimes = (page, name) => page.root.getComponent?.().triggerPageLifetime?.(name, []);

function drop() {
  const page = stack.pop();
  page.self.onUnload?.();
  page.root.release?.();
  page.screen.remove();
}

function bar() {
  const header = document.createElement("header");
  header.innerHTML = '<button id="back" aria-label="返回" hidden>‹</button><b id="title"></b><span class="capsule">•••　◎</span>';
  header.querySelector("#back").addEventListener("click", () => window.wx.navigateBack());
  document.body.append(header);
}

const CHROME = `
  html, body { margin: 0; height: 100%; overflow: hidden; font-family: "Noto Sans CJK SC", sans-serif; }
  header { position: fixed; inset: 0 0 auto; height: 56px; display: flex; align-items: center; justify-content: center; background: #1d5c43; color: #fff; font-size: 17px; z-index: 20; }
  header #back { position: absolute; left: 6px; width: 44px; height: 44px; border: 0; background: none; color: #fff; font-size: 34px; }
  header .capsule { position: absolute; right: 10px; padding: 4px 12px; border: 1px solid #ffffff80; border-radius: 99px; font-size: 13px; }
  .screen { position: fixed; inset: 56px 0 0; overflow-y: auto; visibility: hidden; }
  .screen.top { visibility: visible; }
  wx-view, wx-button, page { display: block; }
  wx-button { text-align: center; cursor: pointer; -webkit-tap-highlight-color: transparent; }
  .wx-frame { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; }
`;

function engine({ configs, templates, builtIn, modules }) {
  const env = new MiniProgramEnv();
  const space = env.createCodeSpace("", true);
  components(env.getGlobalCodeSpace().getComponentSpace(), space, builtIn);
  for (const path of Object.keys(configs)) {
    space.addComponentStaticConfig(path, configs[path]);
    space.addCompiledTemplate(path, { groupList: templates, content: templates[path] });
  }
  const loaded = {};
  const load = (path) => {
    if (loaded[path]) return loaded[path].exports;
    const module = (loaded[path] = { exports: {} });
    const near = (name) => load(new URL(name, `http://x/${path}`).pathname.slice(1));
    modules[path](near, module, module.exports);
    return module.exports;
  };
  const context = new CurrentWindowBackendContext();
  context.onEvent((target, type, detail, { originalEvent, bubbles, composed, capturePhase }) => {
    const event = new Event(type, detail, { originalEvent, bubbles, composed, capturePhase });
    const dispatch = () => Event.dispatchEvent(target, event);
    if (type === "tap") whileTapping(dispatch);
    else dispatch();
    return event.defaultPrevented() ? 1 : 0;
  });
  return { space, load, backend: env.associateBackend(context) };
}

export function start(app) {
  window.wx = makeWx(navigation);
  let ours;
  window.App = (definition) => { ours = definition; };
  window.getApp = () => ours;
  window.getCurrentPages = () => stack.map((page) => page.self);
  const style = document.createElement("style");
  style.textContent = CHROME + app.css;
  document.head.append(style);
  bar();
  const { space, load, backend } = engine(app);
  shell = { ...app, space, backend };
  for (const path of Object.keys(app.configs)) space.globalComponentEnv(window, path, () => load(path));
  load("app");
  ours.onLaunch?.({});
  const [path, search] = decodeURIComponent(location.hash.slice(1)).split(/\?(.*)/s);
  show({ path: path || app.app.pages[0], query: queryOf(search) });
}

/** What WeChat does when somebody taps 转发: the page's messages first, then the question. */
window.__share = async (webViewUrl) => {
  const { self, view } = stack.at(-1);
  if (view?.messages.length) view.tell("message", { data: view.messages.splice(0) });
  const shared = self.onShareAppMessage({ from: "menu", webViewUrl });
  const late = new Promise((resolve) => setTimeout(resolve, SHARE_MS, {}));
  const { title, path } = { ...shared, ...(shared.promise && await Promise.race([shared.promise, late])) };
  return { title, path };
};
