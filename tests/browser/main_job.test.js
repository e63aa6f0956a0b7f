// The main job from end to end, as people do it: a resident on the phone, a teacher
// and an editor at the console, all against `demo`.
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
  // Shorter steps than the usual ten seconds, so that a code grows old while we wait.
  demo = await startDemo({ environment: { SHANGXUE__ATTENDANCE__CODE_STEP_S: "4" } });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  const how = await demo?.stop();
  assert.deepEqual(how, { code: 0, signal: null }, demo?.output);
});

async function look(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** The sandbox phone of the person it shows first. */
async function openPhone() {
  const view = await openPage(browser, { viewport: { width: 1280, height: 900 } });
  opened.push(view);
  await view.page.goto(`${demo.sandbox}/phone`);
  await view.page.getByText("沙盒手机").first().waitFor();
  return view.page;
}

/** The console, signed in. */
async function openConsole(login, viewport = { width: 1280, height: 900 }) {
  const view = await openPage(browser, { viewport });
  opened.push(view);
  await view.page.goto(`${demo.url}/console/`);
  await view.page.getByTestId("login-name").fill(login);
  await view.page.getByTestId("login-password").fill(PASSWORD);
  await view.page.getByTestId("login-submit").click();
  await view.page.getByTestId("me-name").waitFor();
  return view.page;
}

/** The page inside the phone's mini-program. */
const inside = (phone) => phone.frameLocator("iframe").last();

async function closeMini(phone) {
  await phone.getByRole("button", { name: "关闭小程序" }).last().click();
  await phone.locator("iframe").waitFor({ state: "detached" });
}

async function toHome(phone) {
  await phone.goto(`${demo.sandbox}/phone#/`);
  await phone.locator("#row-account, #row-notices").first().waitFor();
}

/** Holds the phone's camera before something on another screen. */
async function scan(phone, picture) {
  await toHome(phone);
  await phone.getByRole("button", { name: "扫一扫" }).first().click();
  await phone.locator("#scan-file").setInputFiles({ name: "code.png", mimeType: "image/png", buffer: picture });
}

let phone;
let teacher;

test("a resident follows, types 报名, agrees, says who they are, and signs up", async () => {
  phone = await openPhone();
  await phone.getByText("美丽常阴沙").first().click();
  await phone.getByRole("button", { name: "关注", exact: true }).click();
  await phone.getByText("欢迎关注").waitFor();
  await phone.getByRole("button", { name: "打开键盘" }).click();
  await phone.getByLabel("发消息").fill("报名");
  await phone.getByRole("button", { name: "发送" }).click();
  await look(phone, "1-chat");
  await phone.getByText("去报名").click();

  const page = inside(phone);
  await page.getByTestId("class-card").filter({ hasText: "智在指尖·初级班" }).click();
  await page.getByTestId("signup-button").click();
  await page.getByTestId("consent-check").waitFor({ state: "attached" });
  await look(phone, "2-consent");
  await page.getByTestId("consent-check").check();
  await page.getByTestId("consent-agree").click();
  await page.getByTestId("profile-name").fill("王秀英");
  await page.getByTestId("profile-year").fill("1955");
  await page.getByTestId("profile-month").fill("3");
  await page.getByTestId("profile-date").fill("1");
  await page.getByLabel("常沙社区").check();
  await page.getByTestId("profile-phone").fill("13900000001");
  await look(phone, "3-profile");
  await page.getByTestId("profile-save").click();
  await page.getByTestId("signup-button").click();
  await phone.getByRole("button", { name: "允许" }).click();
  await page.getByTestId("signup-result").waitFor();
  assert.equal(await page.getByTestId("signup-result").getAttribute("data-outcome"), "placed");
  await look(phone, "4-signed-up");
  await page.getByTestId("my-classes").click();
  await page.getByTestId("enrolment").filter({ hasText: "智在指尖·初级班" }).waitFor();
  await look(phone, "5-my-classes");
  await closeMini(phone);
});

test("the confirmation arrives as a subscription message", async () => {
  await toHome(phone);
  await phone.locator("#row-notices").click();
  await phone.getByText("智在指尖·初级班").first().waitFor();
  await look(phone, "6-notice");
});

test("the teacher's code makes the resident present, once", async () => {
  teacher = await openConsole("teacher");
  await teacher.getByTestId("meeting-open").first().click();
  const code = teacher.getByTestId("checkin-qr");
  await code.waitFor();
  await teacher.waitForFunction(() => document.querySelector("[data-testid=checkin-qr]").naturalWidth > 0);
  const before = Number(await teacher.getByTestId("roll-present-count").innerText());
  await look(teacher, "7-roll");
  const picture = await code.screenshot();
  const link = await code.getAttribute("data-link");

  await scan(phone, picture);
  await inside(phone).getByTestId("checkin-result").waitFor();
  await inside(phone).getByText("签到成功").first().waitFor();
  await look(phone, "8-checked-in");
  await teacher.waitForFunction(
    (wanted) => Number(document.querySelector("[data-testid=roll-present-count]").innerText) === wanted,
    before + 1,
  );
  await closeMini(phone);

  await scan(phone, picture);
  await inside(phone).getByText("已经签过").first().waitFor();
  await closeMini(phone);
  assert.equal(Number(await teacher.getByTestId("roll-present-count").innerText()), before + 1);

  // The code changes by itself, and the old picture is refused with what to do.
  await teacher.waitForFunction(
    (old) => document.querySelector("[data-testid=checkin-qr]").dataset.link !== old, link, { timeout: 15_000 });
});

test("the learning hours count", async () => {
  await toHome(phone);
  await phone.getByText("常阴沙尚学").first().click();
  await inside(phone).getByTestId("tile-hours").click();
  await inside(phone).getByTestId("hours-sum").getByText("2", { exact: false }).first().waitFor();
  await look(phone, "9-hours");
  await closeMini(phone);
});

test("an old picture of the code is refused with a sentence that helps", { timeout: 120_000 }, async () => {
  const code = teacher.getByTestId("checkin-qr");
  const old = await code.screenshot();
  await phone.goto(`${demo.sandbox}/phone#/`);
  await phone.getByRole("button", { name: "李建国" }).first().click();
  // Three more codes have been shown, then one more.
  const seen = new Set([await code.getAttribute("data-link")]);
  while (seen.size < 5) {
    await teacher.waitForFunction(
      (known) => !known.includes(document.querySelector("[data-testid=checkin-qr]").dataset.link), [...seen]);
    seen.add(await code.getAttribute("data-link"));
  }
  await scan(phone, old);
  const page = inside(phone);
  await page.getByText("新码").first().waitFor();
  await look(phone, "10-old-code");
  await closeMini(phone);
  await phone.getByRole("button", { name: "王秀英" }).first().click();
});

/** A picture made in the browser, so that the test needs no file. */
async function picture(page) {
  const bytes = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 900;
    canvas.height = 500;
    const pen = canvas.getContext("2d");
    const sky = pen.createLinearGradient(0, 0, 0, 500);
    sky.addColorStop(0, "#f9d976");
    sky.addColorStop(1, "#f39f86");
    pen.fillStyle = sky;
    pen.fillRect(0, 0, 900, 500);
    pen.fillStyle = "#2d6a4f";
    pen.fillRect(0, 360, 900, 140);
    const data = atob(canvas.toDataURL("image/jpeg", 0.9).split(",")[1]);
    return Array.from(data, (char) => char.charCodeAt(0));
  });
  return { name: "photo.jpg", mimeType: "image/jpeg", buffer: Buffer.from(bytes) };
}

async function setNextOutcome(outcome) {
  const answer = await fetch(`${demo.sandbox}/sandbox/api/publication-outcome`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ outcome }),
  });
  assert.ok(answer.ok, await answer.text());
}

test("an article passes three people and appears on the phone", { timeout: 180_000 }, async () => {
  const title = "智在指尖开班，老人学会视频通话";
  const editor = await openConsole("editor");
  await editor.getByTestId("nav-news").click();
  // The page before has such a button too.
  await editor.getByTestId("articles-all").waitFor();
  await editor.getByTestId("article-new").first().click();
  await editor.getByTestId("article-title").fill(title);
  await editor.getByTestId("article-digest").fill("三十位老人走进课堂。");
  await editor.getByTestId("article-byline").fill("小顾");
  await editor.getByTestId("article-origin").fill("社区教育中心");
  await editor.getByTestId("article-body").fill("九月一日，**智在指尖**班开课了。\n\n老人们学会了视频通话。\n\n");
  await editor.getByTestId("picture-input").setInputFiles(await picture(editor));
  await editor.waitForFunction(() => document.querySelector("[data-testid=article-body]").value.includes("picture:"));
  await editor.locator("[data-testid^=cover-]:not([data-testid=cover-input])").first().check({ force: true });
  await editor.getByTestId("article-save").click();
  await editor.getByText(/已保存|已存/).first().waitFor();
  await look(editor, "11-editor");
  await editor.getByTestId("article-submit").click();
  await editor.getByTestId("article-status").first().waitFor();
  const address = editor.url().replace(/\/edit$/, "");

  for (const reviewer of ["editor2", "head", "leader"]) {
    const desk = await openConsole(reviewer);
    await desk.goto(address);
    await desk.getByTestId("review-proof").check();
    await desk.getByTestId("review-pass").click();
    await desk.getByTestId("review-pass").waitFor({ state: "detached" });
    await look(desk, `12-${reviewer}`);
    await desk.context().close();
  }

  // First the platform refuses it: the reason is shown, and it can be repeated.
  await setNextOutcome("audit_refused");
  await editor.goto(address);
  await editor.reload();
  await editor.getByTestId("article-publish").click();
  await editor.getByTestId("publish-failure").waitFor({ timeout: 30_000 });
  await look(editor, "13-refused");
  await setNextOutcome("ok");
  await editor.getByTestId("article-publish").click();
  await editor.getByTestId("article-link").waitFor({ timeout: 30_000 });
  await look(editor, "14-published");

  await phone.goto(`${demo.sandbox}/phone#/profile`);
  await phone.getByText(title).first().waitFor();
  assert.equal(await phone.locator(".story").count(), 1);
  await phone.getByText(title).first().click();
  await look(phone, "15-article");
});

test("nothing was refused by the page's policy, and the platform saw no wrong call", async () => {
  for (const view of opened) assert.deepEqual(view.complaints, []);
  const unexpected = await (await fetch(`${demo.sandbox}/sandbox/api/unexpected`)).json();
  assert.deepEqual(unexpected.items ?? unexpected, []);
});
