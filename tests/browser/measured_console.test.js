// Every page of the console: for everybody's tools, by keyboard, whole on a desk; and what a
// teacher uses, on a phone.
//
// Pictures of each page are kept in SHOTS, or in tests/browser/pictures/.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, openPage } from "./demo.js";
import { faults, picture, unreached, violations } from "./measure.js";
import { Stage } from "./stage.js";

let stage;
const at = {};

before(async () => {
  stage = await Stage.set();
  const centre = await stage.colleague("centre");
  const { items } = await stage.call("GET", "/classes");
  at.class = items.find((one) => one.name === "智在指尖·初级班").id;
  at.term = items[0].term_id;
  at.next = (await centre("GET", "/terms")).items.find((one) => one.id !== at.term).id;
  const rows = (await centre("GET", `/classes/${at.class}/enrolments`)).items;
  at.enrolment = rows[0].enrolment_id;
  at.resident = rows[0].resident_id;
  at.activity = (await centre("GET", "/activities")).items.at(-1).id;
  at.shift = (await centre("GET", "/teams/2")).shifts.at(-1).id;
  at.meeting = (await centre("GET", "/meetings")).items.find((one) => one.class_id === at.class).id;
  const asker = await stage.resident("欧阳秀英", "1952-03-01");
  await asker.own("POST", "/me/desk", { text: "我妈妈腿不方便，书法班的教室在几楼？" });
  at.thread = (await centre("GET", "/desk")).items[0].id;
  const editor = await stage.colleague("editor");
  at.article = (await editor("POST", "/articles", { title: "开课了", digest: "三十位老人走进课堂。", byline: "小顾", origin: "社区教育中心", body: "九月一日，**智在指尖**班开课了。" })).id;
});
after(() => stage?.close());

async function signedIn(login, viewport) {
  const view = await openPage(stage.browser, { viewport });
  stage.opened.push(view);
  const { page } = view;
  await page.goto(`${stage.url}/console/`);
  await page.getByTestId("login-name").waitFor();
  const found = [];
  await measure(page, `console-login-${viewport.width}`, viewport, found);
  await page.getByTestId("login-name").fill(login);
  await page.getByTestId("login-password").fill(PASSWORD);
  await page.getByTestId("login-submit").click();
  // On a phone it is folded away.
  await page.getByTestId("me-name").waitFor({ state: "attached" });
  return { page, found };
}

async function measure(page, name, { width }, found) {
  const how = width < 600 ? { mode: "standard", text: null } : { mode: "standard", text: null, target: null };
  for (const one of [...(await faults(page, how)), ...(await violations(page)), ...(await unreached(page))]) found.push(`${name}: ${one}`);
  await picture(page, name);
}

async function walk(login, viewport, pages) {
  const { page, found } = await signedIn(login, viewport);
  for (const [name, hash, act] of pages) {
    // Anew, so that nothing of the page before is still there.
    await page.goto("about:blank");
    await page.goto(`${stage.url}/console/#${hash}`);
    await page.locator("main h1").first().waitFor();
    await page.waitForFunction(() => !document.querySelector("main .waiting, [aria-busy=true]"));
    await page.waitForTimeout(200);
    if (act) await act(page);
    await measure(page, `console-${login}-${name}`, viewport, found);
  }
  await page.context().close();
  assert.deepEqual(found, []);
}

/** What the search finds, in its box. */
async function look(page) {
  await page.getByTestId("search").fill("书法");
  await page.getByTestId("search-results").locator("a").first().waitFor();
}

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 375, height: 812 };

test("whoever keeps the terms, at a desk", async () => {
  await walk("centre", DESK, [
    ["home", "/"], ["meetings", "/meetings"], ["roll", `/meetings/${at.meeting}`], ["tray", "/tray"], ["look", "/tray/look"], ["care", "/care"], ["calls", "/calls"],
    ["classes", "/classes"], ["class-new", "/classes/new"], ["class-import", "/classes/import"], ["class", `/classes/${at.class}`], ["learners", `/classes/${at.class}/learners`], ["results", `/classes/${at.class}/results`],
    ["projects", "/projects"], ["project", "/projects/6"], ["activities", "/activities"], ["activity-new", "/activities/new"], ["activity", `/activities/${at.activity}`],
    ["teams", "/teams"], ["team", "/teams/2"], ["shift", `/shifts/${at.shift}`], ["clubs", "/clubs"], ["club", "/clubs/1"],
    ["poster", `/posters/class/${at.class}`], ["timetable", "/timetable"], ["charts", "/charts"], ["charts-figures", "/charts", (page) => page.evaluate(() => { for (const one of document.querySelectorAll("main details")) one.open = true; })], ["offers", "/offers"], ["search", "/classes", look], ["classes-none", "/classes?q=没有这样的班"], ["counter", "/counter"], ["slip", `/slips/${at.enrolment}`], ["figures", "/figures"], ["months", "/months"], ["exports", "/exports"],
    ["residents", "/residents"], ["residents-import", "/residents/import"], ["card", `/residents/${at.resident}/card`], ["papers", `/residents/${at.resident}/papers`],
    ["pledge", "/pledge"], ["terms", "/terms"], ["opening", `/terms/${at.term}/opening`], ["running", `/terms/${at.term}/running`], ["draw", `/terms/${at.next}/draw`],
    ["courses", "/courses"], ["teachers", "/teachers"], ["sites", "/sites"], ["holidays", "/holidays"], ["desk", "/desk"], ["thread", `/desk/${at.thread}`], ["checks", "/checks"], ["me", "/me"], ["nowhere", "/nowhere"],
  ]);
});

test("whoever looks after the service, and whoever writes", async () => {
  await walk("admin", DESK, [["communities", "/communities"], ["wechat", "/wechat"], ["jobs", "/jobs"], ["logins", "/logins"]]);
  await walk("editor", DESK, [["news", "/news"], ["news-new", "/news/new"], ["news-page", `/news/${at.article}`], ["news-edit", `/news/${at.article}/edit`], ["news-issue", "/news/issue"], ["news-figures", "/news/figures"], ["me-editor", "/me"]]);
});

test("a teacher on a phone", async () => {
  await walk("teacher", PHONE, [
    ["home", "/"], ["menu", "/", (page) => page.getByTestId("menu").click()], ["meetings", "/meetings"], ["roll", `/meetings/${at.meeting}`], ["tray", "/tray"], ["classes", "/classes"], ["class", `/classes/${at.class}`], ["me", "/me"],
  ]);
});
