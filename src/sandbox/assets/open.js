// Opening links: pages of the mini-program, articles, other pages.

import * as api from "./api.js";
import { openFrame, openStrange } from "./browser.js";
import { actions, toast } from "./layers.js";

const MENU_MESSAGE = "weixin://bizmsgmenu?";

export async function openLink(link) {
  if (link.startsWith(MENU_MESSAGE)) {
    const words = new URLSearchParams(link.slice(MENU_MESSAGE.length)).get("msgmenucontent");
    if (words) await api.me("say", { text: words }).catch((error) => toast(error.message));
    return;
  }
  try {
    const opened = await api.me("open", { link });
    if (opened.kind === "mini") openFrame("mini", opened.url);
    else if (opened.kind === "article") openFrame("article", opened.url);
    else if (opened.kind === "page" || opened.kind === "web_sign_in") openFrame("web", opened.url);
    else if (opened.kind === "scene") await scanScene(link);
    else if (opened.kind === "web") openStrange(opened.url);
    else toast("这不是能打开的链接");
  } catch (error) {
    toast(error.message);
  }
}

/** A code of the account: followers are told apart at once, others are asked. */
async function scanScene(link) {
  const come = async () => {
    await api.me("scan", { link }).catch((error) => toast(error.message));
    location.hash = "#/account";
  };
  if (api.state.me.follows) return come();
  actions([[`关注公众号“${api.state.account.name}”`, come, "green-words"]]);
}

export function openMini() {
  return openLink("pages/web/index");
}
