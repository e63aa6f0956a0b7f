// The plus beside the field: a picture, a voice message, a place.

import * as api from "../api.js";
import { h, icon } from "../dom.js";
import { actions, sheet, toast } from "../layers.js";

/** Where the sandbox's people stand. */
export const HERE = { latitude: "31.871000", longitude: "120.752000", label: "常阴沙社区教育中心" };

export function pickPicture(where = "picture") {
  const file = h("input", {
    type: "file", accept: "image/png,image/jpeg",
    onchange: () => { if (file.files[0]) api.sendPicture(file.files[0], where).catch((error) => toast(error.message)); },
  });
  file.click();
}

/** Words stand for the sound: what speech recognition would make of it. */
function speak() {
  const words = h("input", { type: "text", "aria-label": "说的话", placeholder: "说的话，例如 我要报名", autocomplete: "off" });
  const gone = sheet([
    h("h2", {}, "发一条语音"),
    h("p.small", {}, "沙盒不录音，请写下要说的话。"),
    h("form.add.flat", {
      onsubmit: (event) => {
        event.preventDefault();
        gone();
        api.me("send", { kind: "voice", recognition: words.value.trim() }).catch((error) => toast(error.message));
      },
    }, words, h("button.green", { type: "submit" }, "发送")),
  ], () => gone());
  words.focus();
}

/** The plus of the mini-program's customer service. */
export function moreToService() {
  const card = { kind: "card", title: api.state?.account.mini_name ?? "小程序", page: "pages/web/index" };
  return h("button.toggle.plus", {
    type: "button", "aria-label": "更多",
    onclick: () => actions([
      ["发图片", () => pickPicture("mini-picture")],
      ["发小程序卡片", () => api.me("mini-send", card).catch((error) => toast(error.message))],
    ]),
  }, icon("plus"));
}

export function more() {
  return h("button.toggle.plus", {
    type: "button", "aria-label": "更多",
    onclick: () => actions([
      ["发图片", () => pickPicture()],
      ["发语音", speak],
      ["发位置", () => api.me("send", { kind: "location", ...HERE }).catch((error) => toast(error.message))],
    ]),
  }, icon("plus"));
}
