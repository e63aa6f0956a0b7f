// Two sandbox phones in one window: what one resident does, writes and is signed in as
// never shows on the other's phone, though both share the storage of one browser.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

const CLASS = "智在指尖·初级班";
const PEOPLE = [
  { name: "王秀英", born: ["1955", "3", "1"], phone: "13900000001" },
  { name: "李建国", born: ["1953", "11", "20"], phone: "13900000002" },
];

let stage;
let page;
let teacher;
let first;
let second;

before(async () => { stage = await Stage.set(); });
after(() => stage?.close());

/** The phone of this title in the window. */
const phone = (title) => page.frameLocator(`iframe[title="${title}"]`);
/** The page that this phone has open. */
const inside = (one) => one.frameLocator("iframe");
const look = (name) => stage.look(page, `two-${name}`);

async function shut(one) {
  await one.getByRole("button", { name: "关闭小程序" }).click();
  await one.locator("iframe").waitFor({ state: "detached" });
}

async function tap(one, menu, below) {
  await one.getByRole("button", { name: menu, exact: true }).click();
  if (below) await one.getByRole("button", { name: below, exact: true }).click();
}

async function write(one, words) {
  await one.getByLabel("发消息").fill(words);
  await one.getByRole("button", { name: "发送" }).click();
}

const card = (one) => inside(one).getByTestId("class-card").filter({ hasText: CLASS });
async function placesLeft(one) {
  const words = await card(one).innerText();
  return Number(words.match(/还有 (\d+) 个名额/)?.[1] ?? assert.fail(words));
}

/** From the list of classes to the place, with all that is asked on the way. */
async function signUp(one, { name, born: [year, month, date], phone: number }) {
  const own = inside(one);
  await card(one).click();
  await own.getByTestId("signup-button").click();
  await own.getByTestId("consent-check").check();
  await own.getByTestId("consent-agree").click();
  await own.getByTestId("profile-name").fill(name);
  await own.getByTestId("profile-year").fill(year);
  await own.getByTestId("profile-month").fill(month);
  await own.getByTestId("profile-date").fill(date);
  await own.getByLabel("常沙社区").check();
  await own.getByTestId("profile-phone").fill(number);
  await own.getByTestId("profile-save").click();
  await own.getByTestId("signup-button").click();
  await one.getByRole("button", { name: "允许" }).click();
  await own.getByTestId("signup-result").waitFor();
  assert.equal(await own.getByTestId("signup-result").getAttribute("data-outcome"), "placed");
}

/** Holds this phone's camera before the code on the teacher's screen. */
async function scan(one) {
  const code = teacher.getByTestId("checkin-qr");
  await code.waitFor();
  await teacher.waitForFunction(() => document.querySelector("[data-testid=checkin-qr]")?.naturalWidth > 0);
  await one.getByRole("button", { name: "扫一扫" }).first().click();
  await one.locator("#scan-file").setInputFiles({ name: "code.png", mimeType: "image/png", buffer: await code.screenshot() });
  await inside(one).getByTestId("checkin-result").waitFor();
}

const present = async () => Number(await teacher.getByTestId("roll-present-count").innerText());

test("the phone's page leads to two phones in one window, each somebody's", async () => {
  page = await stage.window(`${stage.demo.sandbox}/phone`);
  await page.getByRole("link", { name: "并排看两部手机" }).click();
  await page.getByRole("heading", { name: "两部沙盒手机" }).waitFor();
  [first, second] = ["第一部手机", "第二部手机"].map(phone);
  await first.locator("#owner").getByText("王秀英").waitFor();
  await second.locator("#owner").getByText("李建国").waitFor();
  const [left, right] = await Promise.all([0, 1].map((at) => page.locator("iframe").nth(at).boundingBox()));
  assert.equal(left.y, right.y);
  assert.ok(left.x + left.width < right.x, "side by side");
  assert.ok(right.y + right.height <= 900 && right.x + right.width <= 1280, "both are seen without scrolling");
  await look("1-opened");
});

test("each follows the account for themselves", async () => {
  await first.getByText("还没有关注").click();
  await first.getByRole("button", { name: "关注", exact: true }).click();
  await first.getByText("欢迎关注").waitFor();
  await second.getByText("还没有关注").click();
  await second.getByRole("button", { name: "关注", exact: true }).waitFor();
  await look("2-one-follows");
  const said = await second.locator("#screen").innerText();
  assert.ok(!/null|undefined/.test(said), said);
  await second.getByRole("button", { name: "关注", exact: true }).click();
  await second.getByText("欢迎关注").waitFor();
});

test("what one writes and is answered, the other does not see", async () => {
  await first.getByRole("button", { name: "打开键盘" }).click();
  await write(first, "报名");
  await first.getByText("去报名").waitFor();
  await second.getByRole("button", { name: "打开键盘" }).click();
  await write(second, "人工");
  await second.locator(".line:not(.mine)").nth(1).waitFor();
  await look("3-chats");
  const [edge, plus] = await Promise.all([page.locator("iframe").last(), second.getByRole("button", { name: "更多" })]
    .map(async (one) => { const box = await one.boundingBox(); return box.x + box.width; }));
  assert.ok(plus <= edge, "what stands beside the field is not cut off");
  await first.getByRole("button", { name: "打开菜单" }).click();
  await second.getByRole("button", { name: "打开菜单" }).click();
  await onlyTheirOwnWords();
});

/** The chats are open; and so they stay a while. */
async function onlyTheirOwnWords() {
  await page.waitForTimeout(1_000);
  assert.deepEqual(await first.locator(".line.mine").allInnerTexts(), ["英\n报名"]);
  assert.deepEqual(await second.locator(".line.mine").allInnerTexts(), ["国\n人工"]);
  assert.equal(await second.getByText("去报名").count(), 0);
  const answers = await second.locator(".line:not(.mine)").allInnerTexts();
  const theirs = await first.locator(".line:not(.mine)").allInnerTexts();
  assert.equal(answers.length, 2);
  assert.ok(!theirs.includes(answers[1]), answers[1]);
}

test("a place that one takes is a place less for the other", async () => {
  await tap(second, "报名");
  await card(second).waitFor();
  const before = await placesLeft(second);
  await first.getByText("去报名").click();
  await signUp(first, PEOPLE[0]);
  await look("4-signed-up");
  await shut(second);
  await tap(second, "报名");
  await card(second).waitFor();
  assert.equal(await placesLeft(second), before - 1);
});

test("the pages of both are open at once, and each knows its own person", async () => {
  // Whoever came last did not sign the other out, nor in as themselves.
  await inside(first).getByTestId("my-classes").click();
  await inside(first).getByTestId("enrolment").filter({ hasText: CLASS }).waitFor();
  await look("5-both-open");
  await signUp(second, PEOPLE[1]);
  await shut(first);
  await tap(first, "我的", "我的课程");
  await inside(first).getByTestId("enrolment").filter({ hasText: CLASS }).waitFor();
  await shut(first);
  await shut(second);
});

test("the confirmation comes to each, in their own messages", async () => {
  for (const [one, at] of [[first, 1], [second, 2]]) {
    await one.getByRole("button", { name: "返回" }).click();
    await one.locator("#row-notices").getByText("课程报名成功通知").waitFor();
    const state = await (await fetch(`${stage.demo.sandbox}/sandbox/api/state?user=${at}`)).json();
    assert.equal(state.me.notices.length, 1);
  }
  await look("6-notices");
});

test("after a reload each phone is still whose it was, and where it was", async () => {
  await first.locator("#row-account").click();
  await second.locator("#row-account").click();
  await first.locator(".line.mine").waitFor();
  await page.reload();
  await first.locator("#owner").getByText("王秀英").waitFor();
  await second.locator("#owner").getByText("李建国").waitFor();
  for (const one of [first, second]) await one.locator(".line.mine").waitFor();
  await look("7-reloaded");
  await onlyTheirOwnWords();
  for (const one of [first, second]) await one.getByRole("button", { name: "返回" }).click();
});

test("a phone that becomes a third person's leaves the other alone", async () => {
  await second.getByRole("link", { name: "我", exact: true }).click();
  const screen = second.locator("#screen");
  await screen.getByLabel("名字").fill("张桂兰");
  await screen.getByRole("button", { name: "添加" }).click();
  await second.locator("#owner").getByText("张桂兰").waitFor();
  await page.reload();
  await second.locator("#owner").getByText("张桂兰").waitFor();
  await first.locator("#owner").getByText("王秀英").waitFor();
  await look("8-third");
  await screen.getByRole("button", { name: "李建国" }).click();
  await second.locator("#owner").getByText("李建国").waitFor();
  await second.getByRole("link", { name: "微信" }).click();
});

test("each phone scans the teacher's code for its own person", async () => {
  teacher = await stage.desk("teacher");
  await teacher.getByTestId("meeting-open").first().click();
  await teacher.getByTestId("checkin-qr").waitFor();
  const before = await present();
  const counted = (wanted) => teacher.waitForFunction(
    (number) => Number(document.querySelector("[data-testid=roll-present-count]").innerText) === number, wanted);
  await scan(second);
  await inside(second).getByText("签到成功").first().waitFor();
  await counted(before + 1);
  assert.equal(await first.locator("iframe").count(), 0);
  await scan(first);
  // Not 已经签过: somebody else was checked in.
  await inside(first).getByText("签到成功").first().waitFor();
  await counted(before + 2);
  await look("9-checked-in");
  await shut(second);
  await scan(second);
  await inside(second).getByText("已经签过").first().waitFor();
  assert.equal(await present(), before + 2);
  await look("10-again");
});

test("the platform saw no wrong call", async () => {
  const { items } = await (await fetch(`${stage.demo.sandbox}/sandbox/api/unexpected`)).json();
  assert.deepEqual(items, []);
});
