// 消息和授权: what the person allows, and takes back.

import * as api from "../api.js";
import { h, icon } from "../dom.js";
import { actions, toast } from "../layers.js";

/** Codes of the mini-program as the platform names them. */
const ITEMS = [["8", "手机号"], ["6", "头像和名字"], ["13", "位置"], ["14", "选中的图片"]];

async function tell(what, body, words) {
  try {
    await api.me(what, body);
    toast(words);
  } catch (error) {
    toast(error.message);
  }
}

export function privacy(holder) {
  const body = h("div.scroll");
  let drawn = "";
  holder.append(
    h("header.bar", {},
      h("button.left", { "aria-label": "返回", onclick: () => { location.hash = "#/profile"; } }, icon("back")),
      h("h1", {}, "消息和授权"), h("span.right")),
    body);
  const message = (what) => ({ id, title }, count) => h("div.entry.plain", {},
    h("span.words", {}, title, h("small", {}, `还能收 ${count} 条`)),
    h("button.grey.tight", { onclick: () => tell(what, { results: { [id]: "accept" } }, "已同意一次") }, "同意一次"),
    h("button.grey.tight", { onclick: () => tell("refuse", { template_id: id }, "已拒收") }, "拒收"));
  const item = ([codes, name]) => h("button.entry", {
    onclick: () => tell("withdraw", { account: "mini", codes }, `已撤回：${name}`),
  }, icon("lock"), h("span", {}, `撤回“${name}”的授权`), h("span"));
  const leave = () => actions([
    ["注销微信账号", () => tell("close-account", { account: "official" }, "已通知公众号和小程序")
      .then(() => api.me("close-account", { account: "mini" })), "red"],
  ]);
  return {
    update({ me, account, templates, official_templates: official }) {
      if (!me) return;
      const now = JSON.stringify([me.id, me.consents, templates, official]);
      if (now === drawn) return;
      drawn = now;
      const of = (what) => (template) => message(what)(template, me.consents[template.id] ?? 0);
      body.replaceChildren(
        ...(account.mini_name ? [h("p.caption", {}, "小程序的消息"), h("div.group", {}, templates.map(of("subscribe")))] : []),
        h("p.caption", {}, "公众号的消息"),
        h("div.group", {}, official.map(of("subscribe-official"))),
        ...(account.mini_name ? [h("p.caption", {}, "给小程序的授权"), h("div.group", {}, ITEMS.map(item))] : []),
        h("p.caption", {}, "微信账号"),
        h("div.group", {}, h("button.entry.red-words", { onclick: leave }, icon("me"), h("span", {}, "注销微信账号"), h("span"))));
    },
  };
}
