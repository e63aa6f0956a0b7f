// 微信 (the list of chats), 发现, 我.

import * as api from "../api.js";
import { avatar, h, icon, picture, when } from "../dom.js";
import { toast } from "../layers.js";
import { openLink, openMini } from "../open.js";
import { scan } from "../scan.js";
import { unread } from "../seen.js";
import { summary } from "./lines.js";

export async function scanAndOpen() {
  const link = await scan();
  if (link) await openLink(link);
}

function tabs(current, me) {
  const waiting = me ? unread(me, "chat") + unread(me, "notices") : 0;
  const tab = (name, hash, drawn, count) => h(`a.tab${current === hash ? ".on" : ""}`, { href: hash },
    h("span.drawn", {}, icon(drawn), count ? h("span.badge", {}, String(count)) : null), name);
  return h("nav.tabs", { "aria-label": "底部导航" },
    tab("微信", "#/", "chat", waiting), tab("发现", "#/discover", "find"), tab("我", "#/me", "me"));
}

function words(one) {
  if (!one) return "";
  return new DOMParser().parseFromString(summary(one), "text/html").body.textContent.replace(/\s+/g, " ");
}

function row({ image, name, text, time, count, onclick, id }) {
  return h("button.row", { onclick, id },
    h("span.holder", {}, image, count ? h("span.badge", {}, String(count)) : null),
    h("span.words", {}, h("span.first", {}, h("b", {}, name), h("small", {}, time ?? "")), h("span.second", {}, text)));
}

function go(hash) {
  return () => { location.hash = hash; };
}

export function home(holder) {
  const body = h("div.scroll.white");
  const foot = h("div");
  holder.append(
    h("header.bar", {}, h("span.left"), h("h1", {}, "微信"),
      h("button.right", { "aria-label": "扫一扫", onclick: scanAndOpen }, icon("scan"))),
    body, foot);
  return {
    update({ me, account }) {
      if (!me) return;
      const said = me.chat.at(-1);
      const notice = me.notices.at(-1);
      body.replaceChildren(
        row({
          id: "row-account", image: picture("account.svg"), name: account.name,
          text: me.follows ? words(said) || "公众号" : "还没有关注，点开看看",
          time: said && when(said.at), count: me.follows ? unread(me, "chat") : 0,
          onclick: go(me.follows ? "#/account" : "#/profile"),
        }),
        row({
          id: "row-notices", image: h("span.avatar.square.bell", {}, icon("bell")), name: "服务通知",
          text: notice ? notice.title : "收到的通知会在这里",
          time: notice && when(notice.at), count: unread(me, "notices"), onclick: go("#/notices"),
        }),
        ...(account.mini_name ? ofTheMini(me, account) : []),
        row({
          id: "row-texts", image: h("span.avatar.square.bell", {}, icon("chat")), name: "短信",
          text: me.texts.at(-1)?.text ?? `不在微信里：本机号码 ${me.phone}`,
          time: me.texts.length ? when(me.texts.at(-1).at) : "", count: unread(me, "texts"), onclick: go("#/texts"),
        }));
      foot.replaceChildren(tabs("#/", me));
    },
  };
}

function ofTheMini(me, account) {
  return [
    row({ id: "row-mini", image: picture("mini.svg", "round"), name: account.mini_name, text: "小程序", onclick: openMini }),
    row({
      id: "row-service", image: h("span.avatar.square.bell", {}, icon("service")), name: "小程序客服",
      text: words(me.mini_chat.at(-1)) || "有问题可以在这里问", onclick: go("#/service"),
    }),
  ];
}

export function discover(holder) {
  const foot = h("div");
  const mini = api.state?.account.mini_name;
  const entry = (drawn, name, onclick) => h("button.entry", { onclick }, drawn, h("span", {}, name), icon("arrow"));
  holder.append(
    h("header.bar", {}, h("span.left"), h("h1", {}, "发现"), h("span.right")),
    h("div.scroll", {},
      h("div.group", {}, entry(icon("scan"), "扫一扫", scanAndOpen)),
      mini && h("div.group", {}, entry(picture("mini.svg", "round.tiny"), `小程序：${mini}`, openMini))),
    foot);
  return { update({ me }) { foot.replaceChildren(tabs("#/discover", me)); } };
}

export function mine(holder) {
  const body = h("div.scroll");
  const foot = h("div");
  holder.append(body, foot);
  return {
    update(state) {
      const { me, users } = state;
      if (!me) return;
      body.replaceChildren(
        h("div.owner", {}, avatar(me), h("span", {}, h("b", {}, me.name), h("small", {}, `沙盒里的第 ${me.id} 位居民`))),
        h("p.caption", {}, "换一个人的手机"),
        h("div.group", {}, users.map((user) => personRow(user, me))),
        addPerson(),
        ...administrator(state.mass_protection),
        h("p.caption", {}, "沙盒只用来演示和测试，和真正的微信没有关系，不要填写真实的个人信息。"));
      foot.replaceChildren(tabs("#/me", me));
    },
  };
}

/** What the administrator of the account finds in WeChat: mass sends to be confirmed. */
function administrator({ on, held }) {
  const say = (path, body) => api.post(`/mass-protection${path}`, body).then(api.refresh).catch((error) => toast(error.message));
  const answers = [["确认", "confirm"], ["拒绝", "refuse"], ["半小时没有理", "lapse"]];
  return [
    h("p.caption", {}, "公众号管理员"),
    h("div.group", {},
      h("button.entry", { onclick: () => say("", { on: !on }), "aria-pressed": String(on), id: "mass-protection" },
        icon("lock"), h("span", {}, "群发要管理员确认", h("small", {}, on ? "开着" : "关着")), on ? icon("check") : h("span")),
      held.map((one) => h("div.entry.held", {}, h("span", {}, `要群发：${one.title || "一条消息"}`),
        h("span.answers", {}, answers.map(([words, answer]) => h("button.link", { onclick: () => say("/answer", { answer }) }, words)))))),
  ];
}

export function personRow(user, me) {
  return h("button.entry", { onclick: () => api.switchUser(user.id), "aria-pressed": String(user.id === me.id) },
    avatar(user), h("span", {}, user.name, user.follows ? h("small", {}, "已关注") : null),
    user.id === me.id ? icon("check") : h("span"));
}

export function addPerson() {
  const name = h("input", { type: "text", placeholder: "名字，例如 张桂兰", maxlength: "20", "aria-label": "名字" });
  return h("form.add", {
    onsubmit: async (event) => {
      event.preventDefault();
      if (!name.value.trim()) return;
      try {
        const added = await api.post("/users", { name: name.value.trim() });
        await api.switchUser(added.id);
      } catch (error) {
        toast(error.message);
      }
    },
  }, name, h("button.green", { type: "submit" }, "添加"));
}
