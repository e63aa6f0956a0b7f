// 服务通知: the subscription messages of the mini-program.

import * as api from "../api.js";
import { h, icon, picture, when } from "../dom.js";
import { toast } from "../layers.js";
import { openLink } from "../open.js";
import { markSeen } from "../seen.js";

export function openNotice(notice) {
  if (notice.page) openLink(notice.page);
  else toast("这条消息没有页面");
}

export function notices(holder) {
  const lines = h("div.scroll.chat");
  let drawn = "";
  holder.append(
    h("header.bar", {},
      h("button.left", { "aria-label": "返回", onclick: () => { location.hash = "#/"; } }, icon("back")),
      h("h1", {}, "服务通知"), h("span.right")),
    lines);
  const card = (notice) => [
    h("p.time", {}, when(notice.at)),
    h("button.notice", { onclick: () => openNotice(notice) },
      h("span.from", {}, picture("mini.svg", "round.tiny"), api.state.account.mini_name,
        notice.state === "formal" ? null : h("small", {}, notice.state === "trial" ? "体验版" : "开发版")),
      h("b", {}, notice.title),
      h("dl", {}, notice.lines.map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]).flat()),
      notice.page ? h("span.enter", {}, "进入小程序查看", icon("arrow")) : null),
  ];
  return {
    update({ me }) {
      if (!me) return;
      markSeen(me, "notices");
      const now = JSON.stringify([me.id, me.notices]);
      if (now === drawn) return;
      drawn = now;
      lines.replaceChildren(...(me.notices.length ? me.notices.flatMap(card) : [h("p.time", {}, "还没有通知")]));
      lines.scrollTop = lines.scrollHeight;
    },
  };
}
