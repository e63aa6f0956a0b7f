// A line of a chat: words, cards, pictures, sound, places, notices.

import * as api from "../api.js";
import { avatar, h, icon, picture, rich } from "../dom.js";
import { toast } from "../layers.js";
import { openLink } from "../open.js";

function card(article) {
  return h("button.card", { onclick: () => openLink(article.url) },
    article.pic_url ? h("img", { src: article.pic_url, alt: "" }) : null,
    h("b", {}, article.title), article.description ? h("span", {}, article.description) : null);
}

/** One card large, several as a list under the first. */
function cards(articles) {
  const [first, ...others] = articles;
  const small = (article) => h("button.small-card", { onclick: () => openLink(article.url) },
    h("b", {}, article.title), article.pic_url ? h("img", { src: article.pic_url, alt: "" }) : null);
  return h("div.cards", {}, card(first), others.map(small));
}

async function choose([id, content]) {
  await api.me("choose", { id, content }).catch((error) => toast(error.message));
}

const EXTRAS = {
  image: ({ url }) => h("img.photo", { src: url, alt: "图片" }),
  voice: ({ recognition }) => h("div.bubble.sound", {}, icon("voice"), h("span", {}, "语音"),
    recognition ? h("small", {}, `转文字：${recognition}`) : null),
  video: ({ title, description }) => h("div.film", {}, icon("play"),
    h("b", {}, title || "视频"), description ? h("small", {}, description) : null),
  music: ({ title, description, url }) => h("button.bubble.sound", { onclick: () => openLink(url) }, icon("play"),
    h("span", {}, title || "音乐"), description ? h("small", {}, description) : null),
  location: ({ label, latitude, longitude }) => h("div.bubble.sound", {}, icon("place"),
    h("span", {}, label || "位置"), h("small", {}, `${latitude}，${longitude}`)),
  mini_page: ({ title, page, picture_url }) => h("button.mini-card", { onclick: () => openLink(page) },
    h("small", {}, api.state.account.mini_name), h("b", {}, title),
    picture_url ? h("img", { src: picture_url, alt: "" }) : null, h("small", {}, "小程序")),
  menu: ({ head, choices, tail }) => h("div.bubble", {}, head ? h("p", {}, head) : null,
    choices.map((choice) => h("button.link.choice", { onclick: () => choose(choice) }, choice[1])),
    tail ? h("p", {}, tail) : null),
};

function template({ title, lines, link }) {
  return h("button.notice", { onclick: () => (link ? openLink(link) : toast("这条消息没有页面")) },
    h("b", {}, title),
    h("dl", {}, lines.map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]).flat()),
    link ? h("span.enter", {}, "查看详情", icon("arrow")) : null);
}

/** `face`: the picture of whoever answers. */
export function line(one, me, face = "account.svg") {
  if (one.sender === "system") return h("p.system", {}, one.text);
  if (one.articles.length) return cards(one.articles);
  if (one.extra?.kind === "template") return template(one.extra);
  const mine = one.sender === "user";
  const body = one.extra
    ? EXTRAS[one.extra.kind](one.extra)
    : h("div.bubble", {}, mine ? one.text : rich(one.text, openLink));
  return h(`div.line${mine ? ".mine" : ""}`, {}, mine ? avatar(me) : picture(face), body);
}

/** What a line says in one row of a list. */
export function summary(one) {
  const named = { image: "[图片]", voice: "[语音]", video: "[视频]", music: "[音乐]", location: "[位置]", menu: "[选择]" };
  const extra = one.extra;
  return one.text || one.articles[0]?.title || (extra && (named[extra.kind] ?? extra.title)) || "";
}
