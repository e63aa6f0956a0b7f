// Beside the phone, on a wide screen: whose phone it is, and the platform's desk.

import * as api from "./api.js";
import { h } from "./dom.js";
import { toast } from "./layers.js";
import { addPerson, personRow } from "./screens/home.js";

const DESK_MS = 2_000;
const HOUR_S = 3_600;
const MASS = [["ok", "群发成功"], ["failed", "群发失败"], ["never", "一直等管理员确认"]];
const CHANCES = [[0, "都成功"], [5, "一百次坏 5 次"], [20, "一百次坏 20 次"]];
const OUTCOMES = [
  ["ok", "发布成功"],
  ["audit_refused", "平台审核不通过"],
  ["original_failed", "原创校验失败"],
  ["failed", "普通失败"],
  ["never", "一直没有结果"],
];

export function leftSide(holder) {
  const people = h("div.group");
  holder.append(
    h("h1", {}, "沙盒手机"),
    h("p", {}, "这里演的是居民手机上的微信，", h("strong", {}, "不是真正的微信"), "。在手机里关注公众号、点菜单、报名上课、扫码签到，服务会像面对真的微信一样回应。"),
    h("h2", {}, "谁的手机"), people, addPerson(),
    h("p.field", {}, h("a.grey", { href: "/phone/two" }, "并排看两部手机")));
  api.onState(({ users, me }) => {
    if (me) people.replaceChildren(...users.map((user) => personRow(user, me)));
  });
}

export function rightSide(holder) {
  const outcome = h("select", {
    id: "outcome",
    onchange: () => api.post("/publication-outcome", { outcome: outcome.value }).catch((error) => toast(error.message)),
  }, OUTCOMES.map(([value, words]) => h("option", { value }, words)));
  const mass = h("select", {
    onchange: () => api.post("/mass-outcome", { outcome: mass.value }).catch((error) => toast(error.message)),
  }, MASS.map(([value, words]) => h("option", { value }, words)));
  const chance = h("select", {
    onchange: () => {
      const percent = Number(chance.value);
      const random = percent ? { seed: 1, percent, faults: [{ errcode: -1 }, "http500", "garbage", "lost"] } : null;
      api.post("/random-faults", random).catch((error) => toast(error.message));
    },
  }, CHANCES.map(([value, words]) => h("option", { value }, words)));
  const ahead = async () => {
    await api.post("/clock", { advance_s: HOUR_S }).catch((error) => toast(error.message));
    toast("平台的时间快了一小时");
  };
  let held = false;
  const hold = h("button.grey", {
    onclick: async () => {
      held = !held;
      if (held) await api.post("/hold");
      else await api.post("/release", { order: "backwards", times: 2 });
      hold.textContent = held ? "放行：倒着来，各两次" : "先扣住回调";
    },
  }, "先扣住回调");
  const strange = h("ul.log.odd");
  const calls = h("ul.log");
  const verified = h("span.verdict");
  const verify = async () => {
    verified.textContent = "正在验证…";
    const { official, mini } = await api.post("/verify").catch(() => ({}));
    verified.textContent = `公众号${official ? "通过" : "没通过"}，小程序${mini ? "通过" : "没通过"}`;
  };
  holder.append(
    h("h1", {}, "平台这一边"),
    h("label.field", {}, "下一次发布文章的结果", outcome),
    h("label.field", {}, "下一次群发的结果", mass),
    h("label.field", {}, "平台会不会出错", chance),
    h("p.field.row-of", {}, hold, h("button.grey", { onclick: ahead }, "快一小时")),
    h("p.field", {}, h("button.grey", { onclick: verify }, "验证回调地址"), verified),
    h("h2", {}, "不该出现的请求"), strange,
    h("h2", {}, "最近的往来"), calls);
  const draw = async () => {
    if (document.visibilityState !== "visible" || getComputedStyle(holder).display === "none") return;
    const all = await Promise.all(["/requests", "/callbacks", "/unexpected", "/publication-outcome", "/mass-outcome", "/random-faults"].map(api.get)).catch(() => null);
    if (!all) return;
    const [requests, callbacks, unexpected, ending, massEnding, { random }] = all;
    if (document.activeElement !== outcome) outcome.value = ending.outcome;
    if (document.activeElement !== mass) mass.value = typeof massEnding.outcome === "string" ? massEnding.outcome : "failed";
    if (document.activeElement !== chance) chance.value = String(random?.percent ?? 0);
    strange.replaceChildren(...(unexpected.items.length
      ? unexpected.items.slice(-6).reverse().map((words) => h("li", {}, words))
      : [h("li.none", {}, "没有")]));
    const call = ({ method, path, errcode }) =>
      h("li", {}, h("b", {}, "→ "), `${method} ${path}`, h(`em${errcode ? ".bad" : ""}`, {}, errcode ? String(errcode) : "成功"));
    const callback = ({ account, what, status, attempts, problem }) =>
      h("li", {}, h("b", {}, "← "), `${account === "mini" ? "小程序" : "公众号"} ${what}`,
        h(`em${problem ? ".bad" : ""}`, {}, problem ? `${status ?? "没有回应"}${attempts > 1 ? `，${attempts} 次` : ""}` : "成功"));
    calls.replaceChildren(
      ...callbacks.items.slice(-5).reverse().map(callback),
      ...requests.items.slice(-9).reverse().map(call));
  };
  draw();
  setInterval(draw, DESK_MS);
}
