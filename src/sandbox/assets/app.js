// The phone: which screen is on, and what lies over it.

import * as api from "./api.js";
import { h, clock } from "./dom.js";
import { installFrameMessages } from "./browser.js";
import { installBanner } from "./banner.js";
import { account, profile } from "./screens/account.js";
import { discover, home, mine } from "./screens/home.js";
import { notices } from "./screens/notices.js";
import { privacy } from "./screens/privacy.js";
import { service } from "./screens/service.js";
import { texts } from "./screens/texts.js";
import { leftSide, rightSide } from "./sides.js";

const SCREENS = { "": home, account, profile, notices, privacy, service, texts, discover, me: mine };

// A reload of the window begins a frame anew: one of two phones keeps its screen itself.
const SCREEN = window.name && `screen:${window.name}`;

let shown = null;
let leave = null;

function show() {
  const name = location.hash.replace(/^#\/?/, "");
  const screen = SCREENS[name] ?? home;
  const holder = document.getElementById("screen");
  leave?.();
  leave = null;
  holder.replaceChildren();
  shown = screen(holder);
  leave = api.onState((state) => shown.update(state));
  if (SCREEN) sessionStorage.setItem(SCREEN, location.hash);
}

function tick() {
  document.getElementById("clock").textContent = clock();
}

addEventListener("hashchange", show);
api.onState((state) => {
  document.getElementById("owner").textContent = state.me?.name ?? "";
});
tick();
setInterval(tick, 5_000);
installFrameMessages();
installBanner();
leftSide(document.getElementById("left"));
rightSide(document.getElementById("right"));
document.getElementById("screen").append(h("p.hint", {}, "正在打开…"));
await api.refresh();
if (SCREEN && !location.hash) history.replaceState(null, "", sessionStorage.getItem(SCREEN) || "#/");
show();
api.poll();
