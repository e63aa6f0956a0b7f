// The in-app browser: mini-program pages, pages of the service and articles in a frame,
// and what the pages in it may ask of the phone.

import * as api from "./api.js";
import { askConsent, askPhone, askWho } from "./consent.js";
import { h, icon } from "./dom.js";
import { layer } from "./layers.js";
import { openLink } from "./open.js";
import { scan } from "./scan.js";

/** The frame on top: {frame, origins, title, close}. */
let top = null;

export function closeFrame() {
  top?.close();
}

export function openFrame(kind, url) {
  closeFrame();
  const name = kind === "mini" ? api.state.account.mini_name : api.state.account.name;
  const title = h("h1", {}, name);
  // A frame has the agent of the browser around it. Its name says that this is WeChat's,
  // and on whose phone: they all share the storage of one browser, also side by side.
  const agents = { web: "", mini: " miniProgram" };
  const named = kind in agents ? { name: `MicroMessenger/${api.currentUser()}${agents[kind]}` } : {};
  const frame = h("iframe", { src: url, title: name, ...named });
  const shut = () => { gone(); top = null; };
  const bar = kind === "mini"
    ? h("header.bar.mini", {}, h("span.left"), title, h("span.capsule", {},
        h("button", { "aria-label": "重新进入", onclick: () => { shut(); openLink("pages/web/index"); } }, icon("more")),
        h("button", { "aria-label": "关闭小程序", onclick: shut }, h("span.ring"))))
    : h("header.bar", {}, h("button.left", { "aria-label": "关闭", onclick: shut }, icon("close")), title, h("span.right"));
  const gone = layer(h(`section.browser.${kind}`, { "aria-label": name }, bar, h("div.frame", {}, frame)));
  const origins = [new URL(url).origin, new URL(api.state.service_url || location.origin).origin, location.origin];
  top = { frame, title, close: shut, origins };
}

/** A page that the phone does not show itself. */
export function openStrange(url) {
  closeFrame();
  const shut = () => gone();
  const gone = layer(h("section.browser", {},
    h("header.bar", {}, h("button.left", { "aria-label": "关闭", onclick: shut }, icon("close")), h("h1", {}, "网页"), h("span.right")),
    h("div.strange", {},
      h("p", {}, "这是别的网站，沙盒手机不在里面打开它："),
      h("p.address", {}, url),
      h("a.green", { href: url, target: "_blank", rel: "noopener noreferrer" }, "在新窗口打开"))));
}

/** Listens to the page in the frame, and to nobody else. */
export function installFrameMessages() {
  addEventListener("message", (event) => {
    if (!top || event.source !== top.frame.contentWindow || !top.origins.includes(event.origin)) return;
    const message = event.data;
    if (!message || typeof message !== "object") return;
    const reply = (body) => event.source.postMessage({ id: message.id, ...body }, event.origin);
    handle(message, reply);
  });
}

async function handle(message, reply) {
  switch (message.type) {
    case "shangxue:subscribe": {
      const answer = await askConsent(message.template_ids);
      reply({ type: "shangxue:subscribe-result", ...answer });
      break;
    }
    case "shangxue:scan":
      reply({ type: "shangxue:scan-result", link: await scan() });
      break;
    case "shangxue:phone":
      reply({ type: "shangxue:phone-result", code: await askPhone() });
      break;
    case "shangxue:login":
      // As the mini-program does: its page again, with a fresh login code.
      if (typeof message.to === "string") openLink(`pages/web/index?to=${encodeURIComponent(message.to)}`);
      break;
    case "shangxue:title":
      if (typeof message.title === "string" && top) top.title.textContent = message.title.slice(0, 20);
      break;
    case "shangxue:close":
      closeFrame();
      break;
    case "sandbox:authorize":
      // The page of web sign-in lets the phone ask, and goes where it says.
      if (typeof message.link === "string") {
        reply({ type: "sandbox:authorized", url: await askWho(message.link, message.asks === true) });
      }
      break;
    case "sandbox:js-config": {
      const refused = (error) => ({ errMsg: `config:fail ${error.message}` });
      reply(await api.post("/js-config", message.asked).catch(refused));
      break;
    }
    case "sandbox:js-scan": {
      const link = await scan();
      reply({ link });
      if (link && message.opens === true) openLink(link);
      break;
    }
    case "sandbox:open":
      if (typeof message.link === "string") openLink(message.link);
      break;
    default:
  }
}
