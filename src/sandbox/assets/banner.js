// A new service notice slides in from above, whatever is on the screen.

import * as api from "./api.js";
import { h, icon } from "./dom.js";
import { layer } from "./layers.js";
import { openNotice } from "./screens/notices.js";

export function installBanner() {
  let last = null;
  api.onState(({ me }) => {
    if (!me) return;
    const newest = me.notices.at(-1)?.id ?? 0;
    const fresh = last !== null && last.user === me.id && newest > last.id;
    last = { user: me.id, id: newest };
    if (!fresh || location.hash === "#/notices") return;
    const notice = me.notices.at(-1);
    const gone = layer(h("button.banner", { onclick: () => { gone(); openNotice(notice); } },
      h("span.avatar.square.bell", {}, icon("bell")),
      h("span.words", {}, h("b", {}, "服务通知"), h("span", {}, notice.title)), h("small", {}, "现在")));
    setTimeout(gone, 5_000);
  });
}
