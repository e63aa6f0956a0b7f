// A term with wishes and a draw, as people see it: a page that goes on by itself when the
// time is up, two colleagues who enter the seed, and a result that a script repeats.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PASSWORD, openPage, startBrowser, startDemo } from "./demo.js";

const VERIFY = new URL("../draw/verify.py", import.meta.url).pathname;
const SOON_S = 30;

let demo;
let browser;
const opened = [];
const shots = process.env.SHOTS;

before(async () => {
  if (shots) await mkdir(shots, { recursive: true });
  demo = await startDemo({ environment: { SHANGXUE__WORKER__POLL_MS: "300" } });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  const how = await demo?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, demo?.output);
  assert.deepEqual(opened.flatMap((view) => view.complaints), []);
});

const look = (page, name) => shots && page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

async function call(method, url, body, headers = {}) {
  const answer = await fetch(url, { method, headers: { "content-type": "application/json", ...headers }, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${url}: ${text}`);
  return { value: text ? JSON.parse(text) : null, headers: answer.headers };
}

/** The API as a colleague. */
async function colleague(login) {
  const { value, headers } = await call("POST", `${demo.url}/api/staff/session`, { login, password: PASSWORD });
  const own = { cookie: headers.getSetCookie()[0].split(";")[0], "x-csrf-token": value.csrf_token };
  return async (method, path, body) => (await call(method, `${demo.url}/api/staff${path}`, body, own)).value;
}

/** Somebody new, signed in and known. */
async function resident(name, community) {
  const user = (await call("POST", `${demo.sandbox}/sandbox/api/users`, { name })).value;
  const { code } = (await call("POST", `${demo.sandbox}/sandbox/api/users/${user.id}/login-code`, {})).value;
  const { token } = (await call("POST", `${demo.url}/api/session`, { code })).value;
  const own = async (method, path, body) => (await call(method, `${demo.url}/api${path}`, body, { authorization: `Bearer ${token}` })).value;
  const { consent_version: version } = (await call("GET", `${demo.url}/api/about`)).value;
  await own("POST", "/me/consents", { kind: "privacy", version });
  await own("PUT", "/me/profile", { name, birth_date: "1956-03-01", community_id: community });
  return { token, own };
}

async function phone(token) {
  const view = await openPage(browser, { viewport: { width: 375, height: 812 } });
  opened.push(view);
  await view.page.addInitScript((held) => localStorage.setItem("shangxue.token", held), token);
  return view.page;
}

const from = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const day = (days) => from(days * 86400).slice(0, 10);

/** The demo's term, with wishes that close soon, and a class of one more place. */
async function plan(centre) {
  const term = (await call("GET", `${demo.url}/api/terms/current`)).value;
  const { name, max_classes_per_person, min_age } = term;
  await centre("PUT", `/terms/${term.id}`, { name, max_classes_per_person, min_age, first_day: day(25), last_day: day(140), enrolment_opens_at: from(20 * 86400), enrolment_closes_at: from(40 * 86400) });
  await centre("PUT", `/terms/${term.id}/plan`, {
    wishes_open_at: from(-60), wishes_close_at: from(SOON_S), seed_at: from(SOON_S + 8), seed_source: "排列5第26338期",
    confirm_until: from(10 * 86400), most_classes: 2, newcomer_percent: 30,
  });
  const hot = (await call("GET", `${demo.url}/api/classes?free=true`)).value.items[0];
  const { teacher_id } = await centre("GET", `/classes/${hot.id}`);
  await centre("PUT", `/classes/${hot.id}`, { name: hot.name, room: hot.room, capacity: hot.taken + 1, teacher_id });
  return { term, hot };
}

test("wishes are drawn before everybody's eyes", async () => {
  const [centre, admin] = [await colleague("centre"), await colleague("admin")];
  const community = (await centre("GET", "/communities")).items[0].id;
  const people = [await resident("王秀英", community), await resident("李桂兰", community)];
  const { term, hot } = await plan(centre);
  await people[1].own("PUT", "/me/wishes", { class_ids: [hot.id] });

  const page = await phone(people[0].token);
  await page.goto(`${demo.url}/m/#/classes/${hot.id}`);
  await page.getByTestId("wish-button").click();
  await page.getByTestId("wish").waitFor();
  await look(page, "wishes");
  await page.locator('[data-testid="phase"][data-phase="draw"]').waitFor({ timeout: (SOON_S + 30) * 1000 });

  const office = await openPage(browser, { viewport: { width: 1280, height: 900 } });
  opened.push(office);
  await office.page.goto(`${demo.url}/console/`);
  await office.page.getByTestId("login-name").fill("centre");
  await office.page.getByTestId("login-password").fill(PASSWORD);
  await office.page.getByTestId("login-submit").click();
  await office.page.getByTestId("me-name").waitFor();
  await office.page.goto(`${demo.url}/console/#/terms/${term.id}/draw`);
  const hash = await office.page.getByTestId("list-hash").textContent();
  await office.page.getByTestId("seed-enter").click({ timeout: 30_000 });
  await office.page.getByTestId("field-seed").fill("12345");
  await office.page.getByTestId("dialog-submit").click();
  await office.page.getByTestId("seed-entered").waitFor();
  const { phases } = await centre("GET", `/terms/${term.id}/draw`);
  await admin("POST", `/draws/${phases.draw.id}/seed`, { seed: "12345" });
  await office.page.getByTestId("draw-lost").waitFor({ timeout: 30_000 });
  await look(office.page, "drawn");

  const won = [];
  for (const { token } of people) {
    const own = await phone(token);
    await own.goto(`${demo.url}/m/#/draw`);
    won.push((await own.getByTestId("draw-outcome").textContent()).includes("请去确认"));
    assert.equal(await own.getByTestId("list-hash").textContent(), hash);
    await look(own, `draw-${won.length}`);
  }
  assert.deepEqual(won.sort(), [false, true]);

  const file = join(demo.data, "result.txt");
  await writeFile(file, await (await fetch(`${demo.url}/api/draws/${phases.draw.id}/result.txt`)).text());
  assert.equal(execFileSync("python3", [VERIFY, file], { encoding: "utf8" }), `名单 ${hash}\n结果相符\n`);
});
