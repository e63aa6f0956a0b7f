// The mini-program's customer service.

import * as api from "../api.js";
import { h, icon, when } from "../dom.js";
import { writing } from "./account.js";
import { line } from "./lines.js";
import { moreToService } from "./sending.js";

export function service(holder) {
  const lines = h("div.scroll.chat", { "aria-live": "polite" });
  let drawn = "";
  holder.append(
    h("header.bar", {},
      h("button.left", { "aria-label": "返回", onclick: () => { location.hash = "#/"; } }, icon("back")),
      h("h1", {}, "小程序客服"), h("span.right")),
    lines, h("footer.talk", {}, writing("mini-say"), moreToService()));
  api.me("mini-enter").catch(() => {});
  return {
    update({ me }) {
      if (!me) return;
      const now = JSON.stringify([me.id, me.mini_chat]);
      if (now === drawn) return;
      drawn = now;
      const nodes = me.mini_chat.flatMap((one) => [h("p.time", {}, when(one.at)), line(one, me, "mini.svg")]);
      lines.replaceChildren(...(nodes.length ? nodes : [h("p.time", {}, "写下问题，客服会回答")]));
      lines.scrollTop = lines.scrollHeight;
    },
  };
}
