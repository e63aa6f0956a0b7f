// 短信: short messages to this phone's number, which have nothing to do with WeChat.

import { h, icon, when } from "../dom.js";
import { markSeen } from "../seen.js";

export function texts(holder) {
  const lines = h("div.scroll.chat", { "aria-live": "polite" });
  let drawn = "";
  holder.append(
    h("header.bar", {},
      h("button.left", { "aria-label": "返回", onclick: () => { location.hash = "#/"; } }, icon("back")),
      h("h1", {}, "短信"), h("span.right")),
    lines);
  return {
    update({ me }) {
      if (!me) return;
      markSeen(me, "texts");
      const now = JSON.stringify([me.id, me.texts]);
      if (now === drawn) return;
      drawn = now;
      const own = h("p.time", { id: "own-number" }, `本机号码 ${me.phone}`);
      const one = (text) => [h("p.time", {}, when(text.at)), h("div.notice.text", { "data-text": text.text }, text.text)];
      lines.replaceChildren(own, ...me.texts.flatMap(one), ...(me.texts.length ? [] : [h("p.time", {}, "还没有短信")]));
      lines.scrollTop = lines.scrollHeight;
    },
  };
}
