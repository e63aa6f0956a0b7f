// The public account: its chat with the menu, and its profile with the articles.

import * as api from "../api.js";
import { avatar, h, icon, picture, rich, when } from "../dom.js";
import { actions, toast } from "../layers.js";
import { openLink } from "../open.js";
import { markSeen } from "../seen.js";

const GAP_MS = 5 * 60_000;

function bubble(line, me) {
  if (line.sender === "system") return h("p.system", {}, line.text);
  if (line.articles.length) return h("div.cards", {}, line.articles.map(card));
  const mine = line.sender === "user";
  return h(`div.line${mine ? ".mine" : ""}`, {},
    mine ? avatar(me) : picture("account.svg"),
    h("div.bubble", {}, mine ? line.text : rich(line.text, openLink)));
}

function card(article) {
  return h("button.card", { onclick: () => openLink(article.url) },
    article.pic_url ? h("img", { src: article.pic_url, alt: "" }) : null,
    h("b", {}, article.title), h("span", {}, article.description));
}

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
    for (const line of me.chat) {
      const at = Date.parse(line.at);
      if (at - before > GAP_MS) nodes.push(h("p.time", {}, when(line.at)));
      before = at;
      nodes.push(bubble(line, me));
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
    else foot.replaceChildren(...[toggle, writing()].filter(Boolean));
  };

  return {
    update(state) {
      const { me, menu } = state;
      if (!me) return;
      if (!me.follows) { location.hash = "#/profile"; return; }
      markSeen(me, "chat");
      const now = JSON.stringify([me.id, me.chat]);
      if (now !== drawn) { drawn = now; draw(me); }
      const nowFoot = JSON.stringify(menu);
      if (nowFoot !== foots) { foots = nowFoot; drawFoot(menu); }
    },
  };
}

function writing() {
  const field = h("input", { type: "text", "aria-label": "发消息", autocomplete: "off", enterkeyhint: "send" });
  return h("form.write", {
    onsubmit: async (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      field.value = "";
      await api.me("say", { text }).catch((error) => toast(error.message));
    },
  }, field, h("button.green", { type: "submit" }, "发送"));
}

async function tap(name) {
  try {
    const tapped = await api.me("tap", { name });
    if (tapped.kind === "link") await openLink(tapped.link);
  } catch (error) {
    toast(error.message);
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
