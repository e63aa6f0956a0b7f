// 家人: a mother shows a code, her daughter enters it and signs her up; the mother sees who
// did it and ends it, and the daughter is refused at once.
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
  return text ? JSON.parse(text) : null;
}

/** Somebody new who has agreed; with a birth date also known. */
async function resident(name, birth_date) {
  const user = await call("POST", `${demo.sandbox}/sandbox/api/users`, { name });
  const { code } = await call("POST", `${demo.sandbox}/sandbox/api/users/${user.id}/login-code`, {});
  const { token } = await call("POST", `${demo.url}/api/session`, { code });
  const own = { authorization: `Bearer ${token}` };
  const { consent_version: version } = await call("GET", `${demo.url}/api/about`);
  await call("POST", `${demo.url}/api/me/consents`, { kind: "privacy", version }, own);
  if (birth_date) {
    const { items } = await call("GET", `${demo.url}/api/communities`);
    await call("PUT", `${demo.url}/api/me/profile`, { name, birth_date, community_id: items[0].id }, own);
  }
  const view = await openPage(browser, { viewport: { width: 375, height: 812 } });
  opened.push(view);
  await view.page.addInitScript((held) => localStorage.setItem("shangxue.token", held), token);
  await view.page.goto(`${demo.url}/m/#/family`);
  return view.page;
}

test("a daughter acts for her mother, openly and until the mother says no", async () => {
  const mother = await resident("王秀英", "1952-03-01");
  const daughter = await resident("小丽");

  await mother.getByTestId("family-show-open").click();
  await look(mother, "family-ask");
  await mother.getByTestId("family-show").click();
  const code = await mother.getByTestId("family-shown").textContent();
  await look(mother, "family-code");

  await daughter.getByTestId("family-join-open").click();
  await daughter.getByTestId("family-code").fill(code);
  await daughter.getByTestId("family-name").fill("王小丽");
  await daughter.getByTestId("family-daughter").check();
  await look(daughter, "family-join");
  await daughter.getByTestId("family-join").click();
  await daughter.getByTestId("family-act").click();
  assert.match(await daughter.getByTestId("acting").textContent(), /正在帮 王.* 办/);
  await look(daughter, "family-acting");

  const free = (await call("GET", `${demo.url}/api/classes?free=true`)).items[0];
  await daughter.goto(`${demo.url}/m/#/classes/${free.id}`);
  await daughter.getByTestId("signup-button").click();
  await daughter.locator('[data-testid="signup-result"][data-outcome="placed"]').waitFor();
  assert.ok(await daughter.getByTestId("acting").isVisible());
  await look(daughter, "family-signed-up");
  await daughter.goto(`${demo.url}/m/#/messages`);
  await daughter.getByTestId("acting-own").waitFor();
  await look(daughter, "family-own-only");

  await mother.goto(`${demo.url}/m/#/mine`);
  assert.match(await mother.getByTestId("by-family").textContent(), /报上了：女儿王.+代报/);
  await look(mother, "family-mine");
  await mother.goto(`${demo.url}/m/#/messages`);
  await mother.getByTestId("notice").filter({ hasText: "您的女儿替您报上了" }).waitFor();
  await mother.goto(`${demo.url}/m/#/family`);
  await mother.getByTestId("family-end").click();
  await mother.getByTestId("family-end-confirm").click();
  await mother.locator("#main").getByText("已经取消。").waitFor();
  await look(mother, "family-ended");

  await daughter.goto(`${demo.url}/m/#/mine`);
  await daughter.locator('[data-testid="problem"][data-code="not_delegate"]').waitFor();
  assert.equal(await daughter.getByTestId("acting").count(), 0);
  await look(daughter, "family-refused");

  const office = await openPage(browser, { viewport: { width: 1280, height: 900 } });
  opened.push(office);
  await office.page.goto(`${demo.url}/console/`);
  await office.page.getByTestId("login-name").fill("centre");
  await office.page.getByTestId("login-password").fill(PASSWORD);
  await office.page.getByTestId("login-submit").click();
  await office.page.getByTestId("me-name").waitFor();
  await office.page.goto(`${demo.url}/console/#/classes/${free.id}/learners`);
  await office.page.locator('[data-testid^="learner-row-"]', { hasText: "王秀英" }).locator('[data-testid^="history-"]').click();
  await office.page.getByTestId("history").getByText("女儿王小丽代报").waitFor();
  await look(office.page, "family-history");
  await office.page.keyboard.press("Escape");
  await office.page.goto(`${demo.url}/console/#/residents`);
  await office.page.getByTestId("resident-query").fill("王秀英");
  await office.page.getByTestId("resident-form-submit").click();
  await office.page.locator('[data-testid^="resident-row-"]', { hasText: "王秀英" }).last().locator('[data-testid^="family-"]').click();
  await office.page.getByTestId("family-enter").click();
  await office.page.getByTestId("family-form").waitFor();
  await look(office.page, "family-console");
});
