// The public account: its chat with the menu, and its profile with the articles.

import * as api from "../api.js";
import { h, icon, picture, when } from "../dom.js";
import { actions, toast } from "../layers.js";
import { openLink } from "../open.js";
import { scan } from "../scan.js";
import { markSeen } from "../seen.js";
import { line } from "./lines.js";
import { HERE, more, pickPicture } from "./sending.js";

const GAP_MS = 5 * 60_000;

export function account(holder) {
  const lines = h("div.scroll.chat", { "aria-live": "polite" });
  const foot = h("footer.talk");
  let typing = false;
  let drawn = "";
  let foots = "";
  holder.append(
    h("header.bar", {},
      h("button.left", { "aria-label": "返回", onclick: () => { location.hash = "#/"; } }, icon("back")),
      h("h1", {}, api.state?.account.name ?? ""),
      h("button.right", { "aria-label": "公众号资料", onclick: () => { location.hash = "#/profile"; } }, icon("me"))),
    lines, foot);

  const draw = (me) => {
    const nodes = [];
    let before = 0;
    for (const one of me.chat) {
      const at = Date.parse(one.at);
      if (at - before > GAP_MS) nodes.push(h("p.time", {}, when(one.at)));
      before = at;
      nodes.push(line(one, me));
    }
    if (nodes.length === 0) nodes.push(h("p.time", {}, "还没有消息"));
    lines.replaceChildren(...nodes);
    lines.scrollTop = lines.scrollHeight;
  };

  const drawFoot = (menu) => {
    const toggle = menu?.length
      ? h("button.toggle", { "aria-label": typing ? "打开菜单" : "打开键盘", onclick: () => { typing = !typing; drawFoot(menu); } }, icon(typing ? "menu" : "keyboard"))
      : null;
    if (menu?.length && !typing) foot.replaceChildren(toggle, h("div.menu", {}, menu.map(menuButton)));
    else foot.replaceChildren(...[toggle, writing("say"), more()].filter(Boolean));
  };

  return {
    update(state) {
      const { me } = state;
      if (!me) return;
      const { menu } = me;
      if (!me.follows) { location.hash = "#/profile"; return; }
      markSeen(me, "chat");
      const now = JSON.stringify([me.id, me.chat]);
      if (now !== drawn) { drawn = now; draw(me); }
      const nowFoot = JSON.stringify(menu);
      if (nowFoot !== foots) { foots = nowFoot; drawFoot(menu); }
    },
  };
}

export function writing(what) {
  const field = h("input", { type: "text", "aria-label": "发消息", autocomplete: "off", enterkeyhint: "send" });
  return h("form.write", {
    onsubmit: async (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      field.value = "";
      await api.me(what, { text }).catch((error) => toast(error.message));
    },
  }, field, h("button.green", { type: "submit" }, "发送"));
}

async function tap(name) {
  try {
    const tapped = await api.me("tap", { name });
    if (tapped.kind === "link") await openLink(tapped.link);
    if (tapped.kind === "asks") await give(name, tapped.input);
  } catch (error) {
    toast(error.message);
  }
}

/** What a button of the menu asks for before it does anything. */
async function give(name, input) {
  if (input === "scan") {
    const result = await scan();
    if (result) await api.me("tap-scan", { name, result });
  } else if (input === "location") {
    await api.me("tap-location", { name, ...HERE });
    await api.me("send", { kind: "location", ...HERE });
  } else {
    await api.me("tap-pictures", { name, sums: ["1b5f7c23b5bf75682a53e7b6d163e185"] });
    pickPicture();
  }
}

function menuButton(button) {
  const subs = button.sub_button ?? [];
  if (!subs.length) return h("button", { onclick: () => tap(button.name) }, button.name);
  const holder = h("div.has-subs");
  const shut = () => { holder.classList.remove("open"); removeEventListener("click", outside, true); };
  const outside = (event) => { if (!holder.contains(event.target)) shut(); };
  const toggle = () => {
    if (holder.classList.toggle("open")) addEventListener("click", outside, true);
    else shut();
  };
  holder.append(
    h("div.subs", {}, subs.map((sub) => h("button", { onclick: () => { shut(); tap(sub.name); } }, sub.name))),
    h("button", { onclick: toggle, "aria-haspopup": "true" }, icon("list"), button.name));
  return holder;
}

export function profile(holder) {
  const body = h("div.scroll.white");
  holder.append(
    h("header.bar.white", {},
      h("button.left", { "aria-label": "返回", onclick: () => { location.hash = "#/"; } }, icon("back")),
      h("h1"), h("span.right")),
    body);
  let drawn = "";
  const follow = async () => {
    await api.me("follow").catch((error) => toast(error.message));
    location.hash = "#/account";
  };
  const unfollow = () => actions([["不再关注", () => api.me("unfollow").catch((error) => toast(error.message)), "red"]]);
  return {
    update({ me, account: info, articles }) {
      if (!me) return;
      const now = JSON.stringify([me.id, me.follows, articles]);
      if (now === drawn) return;
      drawn = now;
      body.replaceChildren(
        h("div.card-head", {}, picture("account.svg", "round.big"),
          h("span", {}, h("b", {}, info.name), h("small", {}, "常阴沙现代农业示范园区 · 社区教育、本地新闻"))),
        me.follows
          ? h("div.pair", {},
              h("button.grey", { onclick: unfollow }, "取消关注"),
              h("button.green", { onclick: () => { location.hash = "#/account"; } }, "发消息"))
          : h("div.pair", {}, h("button.green", { onclick: follow }, "关注")),
        ...(me.follows ? [h("button.entry.line-above", { onclick: () => { location.hash = "#/privacy"; } },
          icon("lock"), h("span", {}, "消息和授权"), icon("arrow"))] : []),
        h("h2.section", {}, "文章"),
        articles.length ? h("div.stories", {}, articles.map(articleRow)) : h("p.hint", {}, "还没有发布文章"));
    },
  };
}

function articleRow(article) {
  return h("button.story", { onclick: () => openLink(article.url) },
    h("span.words", {}, h("b", {}, article.title), h("small", {}, when(article.at))),
    h("img", { src: article.cover_url, alt: "" }));
}
