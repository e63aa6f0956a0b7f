// The mini-program's own rules, by themselves.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT, json, load } from "./build.js";

const SERVICE = "https://shangxue.example.cn";
const address = await load("lib/address");
const codes = await load("lib/codes");
const consents = await load("lib/consents");
const calendar = await load("lib/calendar");
const { Trouble, again } = await load("lib/again");
const { scaleOf } = await load("lib/scale");

test("the types are those that WeChat publishes", () => {
  const tsc = new URL("node_modules/typescript/bin/tsc", import.meta.url).pathname;
  try {
    execFileSync(process.execPath, [tsc, "-p", ROOT], { encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
});

test("every page that the service and the resident pages name is there", () => {
  const { pages } = json("app.json");
  for (const file of ["../src/pages/m/bridge.js", "../src/notices/mod.rs"]) {
    const source = readFileSync(`${ROOT}/${file}`, "utf8");
    const named = [...source.matchAll(/pages\/\w+\/index/g)].map(([page]) => page);
    assert.ok(named.length);
    for (const page of named) assert.ok(pages.includes(page), `${file}: ${page}`);
  }
});

test("what uses private facts is declared, and nothing more is asked for", () => {
  const app = json("app.json");
  assert.equal(app.__usePrivacyCheck__, true);
  assert.deepEqual(app.requiredPrivateInfos, []);
  for (const page of ["phone", "calendar"]) assert.ok(json(`pages/${page}/index.json`).usingComponents.privacy, page);
});

test("an opening names a page of ours, however it is encoded", () => {
  const { wanted } = address;
  for (const [query, to] of [
    [{}, "/"],
    [{ to: "%2Fclasses%2F3" }, "/classes/3"],
    [{ to: "/classes/3" }, "/classes/3"],
    // As notices name pages: the slashes bare, the rest encoded.
    [{ to: "/classes/3%3Fjoin%3D1" }, "/classes/3?join=1"],
    [{ to: "/checkin?c=8.1.A%2BB" }, "/checkin?c=8.1.A%2BB"],
    [{ to: "%2Fcheckin%3Fc%3D8.1.A%252BB" }, "/checkin?c=8.1.A%2BB"],
    [{ scene: "%2Fclasses%2F3" }, "/classes/3"],
    [{ scene: "class%3D3" }, "/classes/3"],
    [{ scene: "to%3D%2Fnews%2F7" }, "/news/7"],
    [{ scene: "c%3DF12345678" }, "/checkin?c=F12345678"],
    [{ scene: "class%3D3x" }, "/"],
    [{ scene: "k%3D1" }, "/"],
    [{ q: encodeURIComponent(`${SERVICE}/m/?c=8.1.AbC`) }, "/checkin?c=8.1.AbC"],
    [{ q: encodeURIComponent(`${SERVICE}/m/#/classes/3`) }, "/classes/3"],
    [{ q: encodeURIComponent("https://elsewhere.example/m/?c=8.1.AbC") }, "/"],
    [{ to: "%E0%A4%A" }, "/"],
  ]) assert.equal(wanted(query), to, JSON.stringify(query));
});

test("nobody is led elsewhere, nor signed in as somebody else", () => {
  const hostile = [
    "https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)", "\t//elsewhere.example",
    "/login?code=THEIRS", "/login", `/${"a".repeat(600)}`, "/classes/3#x", "/classes/3\n", "<script>", "",
  ];
  for (const to of hostile) {
    assert.equal(address.inside(to), "/", to);
    assert.equal(address.wanted({ to: encodeURIComponent(to) }), "/", to);
    assert.equal(address.wanted({ scene: encodeURIComponent(`to=${to}`) }), "/", to);
    const opened = address.residentAddress(to, "CODE");
    assert.equal(opened, `${SERVICE}/m/#/login?code=CODE&to=%2F`, to);
  }
  assert.equal(address.residentAddress("/a", "C&to=/x"), `${SERVICE}/m/#/login?code=C%26to%3D%2Fx&to=%2Fa`);
});

test("a code is ours or nothing", () => {
  const { recognise } = codes;
  for (const [scanned, to] of [
    [{ result: `${SERVICE}/m/?c=8.1.AbC` }, "/checkin?c=8.1.AbC"],
    [{ result: ` ${SERVICE}/m?c=F12345678 ` }, "/checkin?c=F12345678"],
    [{ result: `${SERVICE}/m/?k=2026000001.1.x` }, "/seen"],
    [{ result: `${SERVICE}/m/#/classes/3` }, "/classes/3"],
    [{ result: `${SERVICE}/m/` }, "/"],
    [{ result: `${SERVICE}/m/../console/` }, null],
    [{ result: `${SERVICE}/mail/?c=1` }, null],
    [{ result: `${SERVICE}.elsewhere.example/m/?c=1` }, null],
    [{ result: "https://elsewhere.example/m/?c=1" }, null],
    [{ result: "6901234567892" }, null],
    [{ result: "" }, null],
    [{}, null],
    [{ result: "*", path: "pages/web/index?scene=class%3D3" }, "/classes/3"],
    [{ path: "/pages/web/index?to=%2Fnews" }, "/news"],
    [{ path: "pages/other/index?scene=class%3D3" }, null],
  ]) assert.equal(recognise(scanned), to, JSON.stringify(scanned));
});

test("only what is everybody's is passed on", () => {
  const { shareable, shown } = address;
  for (const to of ["/", "/classes", "/classes/3", "/news/7", "/help"]) assert.equal(shareable(to), to);
  assert.equal(shareable("/classes/3?join=1"), "/classes/3");
  for (const to of ["/mine", "/card", "/checkin?c=8.1.x", "/login?code=C", "/profile", undefined]) assert.equal(shareable(to), "/", to);
  assert.equal(shown(`${SERVICE}/m/#/classes/3`), "/classes/3");
  assert.equal(shown(`${SERVICE}/m/`), undefined);
  assert.equal(shown("https://elsewhere.example/m/#/classes/3"), undefined);
});

test("three messages at most are asked for, and every answer has a meaning", () => {
  const id = (n) => `sbxTemplate${n}`.padEnd(43, "x");
  assert.deepEqual(consents.asked([id(1), id(1), "x", id(2), id(3), id(4)].join(",")), [id(1), id(2), id(3)]);
  assert.deepEqual(consents.asked(""), []);
  const ids = [id(1), id(2)];
  const answers = (...words) => Object.fromEntries(ids.map((one, at) => [one, words[at]]));
  assert.equal(consents.outcomeOf(answers("reject", "accept"), ids), "accepted");
  assert.equal(consents.outcomeOf(answers("reject", "filter"), ids), "refused");
  assert.equal(consents.outcomeOf(answers("ban", "filter"), ids), "banned");
  assert.equal(consents.outcomeOf({}, ids), "failed");
  assert.equal(consents.outcomeOfFailure({ errCode: 20004 }), "off");
  assert.equal(consents.outcomeOfFailure({}), "failed");
  assert.equal(consents.standing({}, ids), "ask");
  assert.equal(consents.standing({ mainSwitch: false, itemSettings: answers("accept", "accept") }, ids), "off");
  assert.equal(consents.standing({ itemSettings: answers("accept", "accept") }, ids), "always");
  assert.equal(consents.standing({ itemSettings: answers("reject", "ban") }, ids), "off");
  assert.equal(consents.standing({ itemSettings: answers("reject") }, ids), "ask");
});

test("meetings become runs of weeks without a gap", () => {
  const meeting = (date, { from = "09:00", to = "10:30", room = "201", status = "planned" } = {}) =>
    ({ starts_at: `${date}T${from}:00+08:00`, ends_at: `${date}T${to}:00+08:00`, status, site_name: "教育中心", room });
  const now = Date.parse("2026-09-01T00:00:00+08:00") / 1000;
  const made = calendar.runs([
    meeting("2026-08-25"), meeting("2026-09-08"), meeting("2026-09-15"), meeting("2026-09-22", { status: "cancelled" }),
    meeting("2026-09-29"), meeting("2026-10-06", { room: "305" }), meeting("2026-10-13"),
  ], now);
  assert.deepEqual(made.map(({ words, place }) => [words, place]), [
    ["9月8日（周二）9:00 起，每周一次，共 2 次", "教育中心 201"],
    ["9月29日（周二）9:00，一次课", "教育中心 201"],
    ["10月6日（周二）9:00，一次课", "教育中心 305"],
    ["10月13日（周二）9:00，一次课", "教育中心 201"],
  ]);
  assert.equal(made[0].until, Date.parse("2026-09-15T10:30:00+08:00") / 1000);
  assert.deepEqual(calendar.runs([], now), []);
  // Two a week are two runs, whatever their order.
  const twice = calendar.runs(["2026-09-10", "2026-09-08", "2026-09-17", "2026-09-15"].map((date) => meeting(date)), now);
  assert.deepEqual(twice.map(({ count }) => count), [2, 2]);
});

test("passing trouble is tried again, other trouble is said at once", async () => {
  const slept = [];
  const sleep = async (ms) => { slept.push(ms); };
  let tries = 0;
  const failing = (times, passing) => async () => {
    tries += 1;
    if (tries <= times) throw new Trouble("不行", passing);
    return "好";
  };
  assert.equal(await again(failing(2, true), [1, 2], sleep), "好");
  assert.deepEqual([tries, slept], [3, [1, 2]]);
  tries = 0;
  await assert.rejects(again(failing(9, true), [1], sleep), /不行/);
  assert.equal(tries, 2);
  tries = 0;
  await assert.rejects(again(failing(9, false), [1], sleep), /不行/);
  assert.equal(tries, 1);
});

test("text grows with WeChat's own size, within what a page bears", () => {
  assert.equal(scaleOf({}), 1);
  assert.equal(scaleOf({ fontSizeSetting: 20 }), 1.25);
  assert.equal(scaleOf({ fontSizeScaleFactor: 1.4, fontSizeSetting: 16 }), 1.4);
  assert.equal(scaleOf({ fontSizeScaleFactor: 0.9 }), 1);
  assert.equal(scaleOf({ fontSizeScaleFactor: 3 }), 1.5);
});
