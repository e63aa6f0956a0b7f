// What is asked of an old learner before a sign-up, one page after the other; and what
// staff do about a class with too few people.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PASSWORD, openPage, startBrowser, startDemo } from "./demo.js";

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

/** Somebody new of 82, signed in and known, and their phone. */
async function phone(name, community) {
  const user = (await call("POST", `${demo.sandbox}/sandbox/api/users`, { name })).value;
  const { code } = (await call("POST", `${demo.sandbox}/sandbox/api/users/${user.id}/login-code`, {})).value;
  const { token } = (await call("POST", `${demo.url}/api/session`, { code })).value;
  const own = async (method, path, body) => (await call(method, `${demo.url}/api${path}`, body, { authorization: `Bearer ${token}` })).value;
  const { consent_version: version } = (await call("GET", `${demo.url}/api/about`)).value;
  await own("POST", "/me/consents", { kind: "privacy", version });
  await own("PUT", "/me/profile", { name, birth_date: "1943-03-01", community_id: community });
  const view = await openPage(browser, { viewport: { width: 375, height: 812 } });
  opened.push(view);
  await view.page.addInitScript((held) => localStorage.setItem("shangxue.token", held), token);
  return view.page;
}

async function office(login) {
  const view = await openPage(browser, { viewport: { width: 1280, height: 900 } });
  opened.push(view);
  await view.page.goto(`${demo.url}/console/`);
  await view.page.getByTestId("login-name").fill(login);
  await view.page.getByTestId("login-password").fill(PASSWORD);
  await view.page.getByTestId("login-submit").click();
  await view.page.getByTestId("me-name").waitFor();
  return view.page;
}

const day = (days) => new Date(Date.now() + days * 86400_000).toISOString().slice(0, 10);

test("papers are asked for one after the other, and a class with too few people is decided about", async () => {
  const centre = await colleague("centre");
  const community = (await centre("GET", "/communities")).items[0].id;
  const desk = await office("centre");
  await desk.goto(`${demo.url}/console/#/pledge`);
  await desk.getByTestId("field-body").fill("我身体健康，可以上课。\n我按时来，不来先请假。\n路上注意安全。");
  await desk.getByTestId("pledge-form-submit").click();
  await desk.getByTestId("toast").waitFor();
  await look(desk, "pledge-office");
  const [term] = (await centre("GET", "/terms")).items;
  await centre("PUT", `/terms/${term.id}`, { ...term, pledge_needed: true, first_day: day(2), last_day: day(100) });
  const one = (await call("GET", `${demo.url}/api/classes?free=true`)).value.items[0];

  const page = await phone("王老太", community);
  await page.goto(`${demo.url}/m/#/classes/${one.id}`);
  await page.getByTestId("papers").waitFor();
  await look(page, "papers");
  await page.getByTestId("signup-button").click();
  await page.getByTestId("pledge-sign").click();
  await page.getByText("请先在上面的方框里打勾。").first().waitFor();
  await look(page, "pledge");
  await page.getByTestId("pledge-check").check();
  await page.getByTestId("pledge-sign").click();
  await page.getByTestId("signup-button").click();
  await page.getByTestId("relative-name").fill("王小红");
  await page.locator('[data-testid="relative-relation"][value="女儿"]').check();
  await page.getByTestId("relative-phone").fill("13900001111");
  await look(page, "relative");
  await page.getByTestId("relative-save").click();
  await page.getByText("请先问过家人").first().waitFor();
  await page.getByTestId("relative-agrees").check();
  await page.getByTestId("relative-save").click();
  await page.getByTestId("signup-button").click();
  await page.getByTestId("signup-result").waitFor();
  await look(page, "placed");

  // On paper, and barred.
  const [person] = (await centre("GET", `/residents?q=${encodeURIComponent("王老太")}`)).items;
  await desk.goto(`${demo.url}/console/#/residents/${person.id}/papers?name=${encodeURIComponent(person.name)}`);
  await desk.getByTestId("reveal-relative").click();
  assert.equal(await desk.getByTestId("relative-phone").textContent(), "13900001111");
  await desk.keyboard.press("Escape");
  await desk.getByTestId("bar").click();
  await desk.getByTestId("field-reason").fill("多次报名不来上课");
  await look(desk, "bar");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("多次报名不来上课").waitFor();
  await look(desk, "papers-office");

  // Fewer people than needed: listed two days before the term, and one decision.
  await desk.goto(`${demo.url}/console/#/terms/${term.id}/running`);
  await desk.getByTestId("left").or(desk.getByTestId("empty")).first().waitFor();
  await look(desk, "running");
  await desk.goto(`${demo.url}/console/#/classes/${one.id}`);
  await desk.getByTestId("class-rules").click();
  await desk.getByTestId("rules-dialog").waitFor();
  await look(desk, "rules");
  await desk.getByTestId("field-min_people").fill("1");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("1 人", { exact: true }).waitFor();
  await desk.getByTestId("class-edit").click();
  await desk.getByTestId("field-capacity").fill("1");
  await look(desk, "capacity");
  await desk.keyboard.press("Escape");
  await desk.getByTestId("class-cancel").click();
  await desk.getByTestId("reason-dialog").waitFor();
  await look(desk, "cancel");
  await desk.getByTestId("field-reason").fill("老师生病");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("这个班已经停开").waitFor();

  await page.goto(`${demo.url}/m/#/mine`);
  await page.getByTestId("enrolment-status").first().waitFor();
  await look(page, "cancelled");
});
