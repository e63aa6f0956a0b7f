// The sheets that ask the person: subscription messages, phone number.

import * as api from "./api.js";
import { h, icon, picture } from "./dom.js";
import { sheet, toast } from "./layers.js";

const AT_ONCE = 3;
let open = false;

function head(words, official) {
  const account = api.state.account;
  return h("div.asker", {}, picture(official ? "account.svg" : "mini.svg", "round"),
    h("b", {}, official ? account.name : account.mini_name), h("span", {}, words));
}

/** Gives {results: {template_id: "accept"|"reject"|"filter"}} or also {error}. */
export async function askConsent(templateIds) {
  const asked = Array.isArray(templateIds) ? [...new Set(templateIds)] : [];
  if (asked.length === 0) return { results: {}, error: "10001" };
  if (asked.length > AT_ONCE) return { results: {}, error: "20003" };
  if (open) return { results: {}, error: "10005" };
  const known = api.state.templates.filter((template) => asked.includes(template.id));
  const results = Object.fromEntries(asked.map((id) => [id, "filter"]));
  if (known.length === 0) return { results };
  open = true;
  const choices = await chosen(known);
  open = false;
  try {
    // The service is to know before the page goes on.
    await api.me("subscribe", { results: choices });
  } catch (error) {
    toast(error.message);
    return { results: {}, error: "10002" };
  }
  return { results: { ...results, ...choices } };
}

function chosen(templates) {
  return new Promise((resolve) => {
    const boxes = new Map();
    const done = (accepted) => {
      gone();
      const choice = ({ id }) => [id, accepted && boxes.get(id).checked ? "accept" : "reject"];
      resolve(Object.fromEntries(templates.map(choice)));
    };
    const row = (template) => {
      const box = h("input", { type: "checkbox", checked: true });
      boxes.set(template.id, box);
      const fields = template.fields.map((field) => field.label).join("、");
      return h("label.template", {}, box, h("span.tick", {}, icon("check")),
        h("span.words", {}, h("b", {}, template.title), h("small", {}, fields)));
    };
    const gone = sheet([
      head("申请"),
      h("h2", {}, "发送一次以下消息"),
      h("div.templates", {}, templates.map(row)),
      h("p.small", {}, "每同意一次，可以收到一条消息。"),
      h("div.pair", {},
        h("button.grey", { onclick: () => done(false) }, "取消"),
        h("button.green", { onclick: () => done(true) }, "允许")),
    ]);
  });
}

/** Gives a code for the phone number, or null. */
export function askPhone() {
  return new Promise((resolve) => {
    const done = async (allowed) => {
      gone();
      resolve(allowed ? (await api.me("phone-code").catch(() => ({}))).code ?? null : null);
    };
    const number = api.state.me.phone.replace(/^(\d{3})\d{4}/, "$1****");
    const gone = sheet([
      head("申请"),
      h("h2", {}, "获取并验证你的手机号"),
      h("p.number", {}, number, h("small", {}, "微信绑定号码")),
      h("div.pair", {},
        h("button.grey", { onclick: () => done(false) }, "不允许"),
        h("button.green", { onclick: () => done(true) }, "允许")),
    ]);
  });
}

/** Web sign-in: gives the address to go on with, or null when it was refused. */
export async function askWho(link, asks) {
  const go = async (snapshot) => (await api.me("authorize", { link, snapshot }).catch((error) => {
    toast(error.message);
    return { url: null };
  })).url;
  if (!asks) return go(false);
  return new Promise((resolve) => {
    const done = (answer) => { gone(); resolve(answer); };
    const gone = sheet([
      head("申请", true),
      h("h2", {}, "使用你的头像和名字"),
      h("p.number", {}, api.state.me.name, h("small", {}, "微信名字")),
      h("div.pair", {},
        h("button.grey", { onclick: () => done(go(true)) }, "只看看"),
        h("button.green", { onclick: () => done(go(false)) }, "允许")),
    ]);
  });
}
