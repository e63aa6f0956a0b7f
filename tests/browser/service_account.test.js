// A public account without a mini-program: its pages open in WeChat's own browser, which
// says who opens them and scans for them.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PASSWORD, openPage, startBrowser, startDemo } from "./demo.js";

const CLASS = "智在指尖·初级班";

let demo;
let browser;
let phone;
let teacher;
const opened = [];
const shots = process.env.SHOTS;

before(async () => {
  if (shots) await mkdir(shots, { recursive: true });
  demo = await startDemo({ environment: { SHANGXUE__WECHAT__MINI__APPID: "" } });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  const how = await demo?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, demo?.output);
});

async function look(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `service-${name}.png`) });
}

async function open(url, viewport = { width: 1280, height: 900 }, options = {}) {
  const view = await openPage(browser, { viewport, ...options });
  opened.push(view);
  await view.page.goto(url);
  return view.page;
}

/** The page in the phone's browser. */
const inside = () => phone.frameLocator("iframe").last();

async function close() {
  await phone.getByRole("button", { name: "关闭", exact: true }).last().click();
  await phone.locator("iframe").waitFor({ state: "detached" });
}

async function tap(menu, button) {
  await phone.goto(`${demo.sandbox}/phone#/account`);
  await phone.getByRole("button", { name: menu, exact: true }).click();
  if (button) await phone.getByRole("button", { name: button, exact: true }).click();
}

async function control(path, body) {
  const answer = await fetch(`${demo.sandbox}/sandbox/api/${path}`, {
    method: body ? "POST" : "GET",
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, await answer.clone().text());
  return answer.json();
}

/** The picture of the code on the teacher's screen. */
async function code() {
  const shown = teacher.getByTestId("checkin-qr");
  await teacher.waitForFunction(() => document.querySelector("[data-testid=checkin-qr]")?.naturalWidth > 0);
  return { name: "code.png", mimeType: "image/png", buffer: await shown.screenshot() };
}

test("a resident is signed in by opening the page, and signs up", async () => {
  phone = await open(`${demo.sandbox}/phone`);
  await phone.getByText("美丽常阴沙").first().click();
  await phone.getByRole("button", { name: "关注", exact: true }).click();
  await phone.getByText("欢迎关注").waitFor();
  await tap("报名");
  const page = inside();
  await page.getByTestId("class-card").filter({ hasText: CLASS }).click();
  await look(phone, "1-class");
  await page.getByTestId("signup-button").click();
  await page.getByTestId("consent-check").check();
  await page.getByTestId("consent-agree").click();
  await page.getByTestId("profile-name").fill("王秀英");
  await page.getByTestId("profile-year").fill("1955");
  await page.getByTestId("profile-month").fill("3");
  await page.getByTestId("profile-date").fill("1");
  await page.getByLabel("常沙社区").check();
  await page.getByTestId("profile-phone").fill("13900000001");
  await page.getByTestId("profile-save").click();
  await page.getByTestId("signup-button").click();
  await page.getByTestId("signup-result").waitFor();
  assert.equal(await page.getByTestId("signup-result").getAttribute("data-outcome"), "placed");
  await look(phone, "2-signed-up");
  await close();
});

test("they check in with the scan button of the page", async () => {
  teacher = await open(`${demo.url}/console/`);
  await teacher.getByTestId("login-name").fill("teacher");
  await teacher.getByTestId("login-password").fill(PASSWORD);
  await teacher.getByTestId("login-submit").click();
  await teacher.getByTestId("meeting-open").first().click();
  await teacher.getByTestId("checkin-qr").waitFor();

  await tap("我的", "签到");
  await inside().getByTestId("scan").click();
  await phone.locator("#scan-file").setInputFiles(await code());
  await inside().getByTestId("checkin-result").waitFor();
  await inside().getByText("签到成功").first().waitFor();
  await look(phone, "3-checked-in");
  await close();
});

test("where WeChat refuses to scan, the page says how else", async () => {
  // The page's address is not the one that was signed.
  await phone.route("**/api/wechat/js-config?*", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), signature: "0".repeat(40) } });
  });
  await tap("我的", "签到");
  await inside().getByTestId("scan").click();
  await inside().getByText("这里扫不了码").waitFor();
  await inside().getByText("告诉老师您的名字").first().waitFor();
  await look(phone, "4-no-scan");
  await phone.unroute("**/api/wechat/js-config?*");
  const { items } = await control("unexpected");
  assert.equal(items.length, 1);
  assert.match(items[0], /config:fail invalid signature/);
  await close();
});

test("a code scanned with the phone itself leads through the sign-in to the check-in", async () => {
  await phone.goto(`${demo.sandbox}/phone#/`);
  await phone.getByRole("button", { name: "李建国" }).first().click();
  await phone.getByRole("button", { name: "扫一扫" }).first().click();
  await phone.locator("#scan-file").setInputFiles(await code());
  // Another person's phone is another browser: nobody's sign-in was taken over.
  await inside().getByTestId("checkin-result").waitFor();
  assert.notEqual(await inside().getByTestId("checkin-result").getAttribute("data-outcome"), "already_recorded");
  await look(phone, "5-scanned");
  await close();
});

test("a used code begins again once, and then says what to do", async () => {
  await control("users", { name: "张桂兰" });
  await phone.getByRole("button", { name: "张桂兰" }).first().click();
  await control("users/3/follow", {});
  const path = "/sns/oauth2/access_token";
  await control("faults", { path, fault: { errcode: 40163 }, count: 1 });
  await tap("我的", "我的课程");
  await inside().getByText("还没有").first().waitFor();
  await close();

  await control("users", { name: "陈阿婆" });
  await phone.getByRole("button", { name: "陈阿婆" }).first().click();
  await control("users/4/follow", {});
  await control("faults", { path, fault: { errcode: 40163 }, count: 2 });
  await tap("我的", "我的课程");
  await inside().getByTestId("login-explanation").waitFor();
  await inside().getByTestId("phone").first().waitFor();
  await look(phone, "6-failed");
  await inside().getByTestId("login-again").click();
  await inside().getByText("还没有").first().waitFor();
  await close();
});

test("a foreign code does not sign anybody in", async () => {
  const begun = await (await fetch(`${demo.url}/api/session/web/begin`, { method: "POST" })).json();
  const { url } = await control("users/1/authorize", { link: begun.url });
  const agent = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50";
  const page = await open(url, { width: 375, height: 812 }, { userAgent: agent });
  await page.getByTestId("login-link").click();
  await page.getByTestId("login-explanation").waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem("shangxue.token")), null);
  assert.doesNotMatch(page.url(), /code=|state=/);
  await look(page, "7-foreign");
});

test("outside WeChat one signs in with a number, or finds the way into WeChat", async () => {
  const page = await open(`${demo.url}/m/#/mine`, { width: 375, height: 812 });
  await page.getByTestId("phone-number").waitFor();
  await page.getByText("用微信更方便").waitFor();
  await look(page, "8-outside");
  for (const view of opened) assert.deepEqual(view.complaints, []);
});
