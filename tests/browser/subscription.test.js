// A subscription account that is not verified: the platform tells it of nobody who they
// are, so a follower is joined to a resident by 绑定; and the page 微信 says what such an
// account may not do, and what to do instead.
//
// SHOTS=FOLDER keeps a screenshot of each step, on a phone and on a desk.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { openPage, startBrowser, startDemo } from "./demo.js";
import { Stage } from "./stage.js";

const CLASS = "智在指尖·初级班";
const ROOM = "201教室";

let stage;
let phone;
let clerk;

before(async () => {
  if (process.env.SHOTS) await mkdir(process.env.SHOTS, { recursive: true });
  const environment = { SHANGXUE__WECHAT__OFFICIAL__KIND: "subscription", SHANGXUE__WECHAT__OFFICIAL__VERIFIED: "false" };
  stage = Object.assign(new Stage(), { opened: [], demo: await startDemo({ environment }), browser: await startBrowser() });
});
after(() => stage?.close());

async function phoneOf(width) {
  const view = await openPage(stage.browser, { viewport: { width, height: 812 } });
  stage.opened.push(view);
  await view.page.goto(`${stage.demo.sandbox}/phone`);
  return view.page;
}

const look = (name) => stage.look(phone, `subscription-${name}`);
/** The page that the phone has open. */
const inside = () => phone.frameLocator("iframe").last();
const theirs = () => phone.locator(".line:not(.mine)");

async function shut() {
  await phone.getByRole("button", { name: "关闭小程序" }).click();
  await phone.locator("iframe").waitFor({ state: "detached" });
}

/** Writes; gives the answer. */
async function write(words) {
  const had = await theirs().count();
  await phone.getByLabel("发消息").fill(words);
  await phone.getByRole("button", { name: "发送" }).click();
  const answer = theirs().nth(had);
  await answer.waitFor();
  return answer;
}

async function follow() {
  await phone.getByText("还没有关注").click();
  await phone.getByRole("button", { name: "关注", exact: true }).click();
  await phone.getByText("欢迎关注").waitFor();
  const keyboard = phone.getByRole("button", { name: "打开键盘" });
  if (await keyboard.isVisible()) await keyboard.click();
}

test("a follower signs up for a class in the mini-program", async () => {
  phone = await phoneOf(375);
  await follow();
  await (await write("报名")).getByText("去报名").click();
  const page = inside();
  await page.getByTestId("class-card").filter({ hasText: CLASS }).click();
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
  await phone.getByRole("button", { name: "允许" }).click();
  await page.getByTestId("signup-result").waitFor();
  assert.equal(await page.getByTestId("signup-result").getAttribute("data-outcome"), "placed");
  await shut();
});

test("in the chat they are nobody yet, and are led to their page", async () => {
  const answer = await write("上课时间");
  assert.doesNotMatch(await answer.innerText(), new RegExp(CLASS));
  await answer.getByText("我的课程").waitFor();
  await answer.getByText("点这里连上").waitFor();
  await look("1-unknown");
});

test("绑定 gives a link; who confirms it is known in the chat", async () => {
  const answer = await write("绑定");
  assert.match(await answer.innerText(), /还没有连上您的账号[\s\S]+半小时内有效/);
  await look("2-link");
  await answer.getByText("点这里连上").click();
  const page = inside();
  await page.getByText("这个链接是您自己在公众号里点开的吗").waitFor();
  await look("3-confirm");
  await page.getByTestId("link-confirm").click();
  await page.getByText("连上了").first().waitFor();
  await look("4-linked");
  await shut();
  const mine = await (await write("上课时间")).innerText();
  assert.match(mine, new RegExp(CLASS));
  assert.match(mine, new RegExp(ROOM));
  assert.match(await (await write("绑定")).innerText(), /已经连上了/);
  await look("5-own-class");
});

test("a link is one person's once: nobody else is joined by it", async () => {
  const used = phone.locator(".line:not(.mine)").filter({ hasText: "还没有连上您的账号" }).last();
  // Again, by the same person: no harm.
  await used.getByText("点这里连上").click();
  await inside().getByTestId("link-confirm").click();
  await inside().getByText("连上了").first().waitFor();
  await shut();
  const { me } = await (await fetch(`${stage.demo.sandbox}/sandbox/api/state?user=1`)).json();
  const code = me.chat.map((line) => line.text.match(/link%3Fcode%3D([^"&]+)|#\/link\?code=([^"]+)"/)).filter(Boolean).at(-1);
  const other = await stage.resident("李建国", "1953-11-20");
  const page = await stage.phone(other);
  await page.goto(`${stage.url}/m/#/link?code=${decodeURIComponent(code[1] ?? code[2])}`);
  await page.getByTestId("link-confirm").click();
  await page.getByTestId("problem").waitFor();
  assert.equal(await page.getByTestId("problem").getAttribute("data-code"), "link_outdated");
  await stage.look(page, "subscription-6-used");
});

test("the page 微信 says what the account may not do, and what to do instead", async () => {
  clerk = await stage.desk("centre");
  await clerk.goto(`${stage.url}/console/#/wechat`);
  const official = clerk.getByTestId("wechat-official");
  await official.getByText("未认证的订阅号").waitFor();
  const missing = official.getByRole("table", { name: "公众号做不了的" });
  const rows = (await missing.locator("tbody tr").allInnerTexts()).map((row) => row.replace(/\s+/g, " "));
  for (const wanted of [
    /聊天下方的菜单 .*居民可以打字/, /素材和草稿 .*手动新建并发布/, /发布文章 .*手动新建并发布/, /群发 .*手动群发/, /主动回复（客服消息） .*只能当场回复/,
    /查看关注者 ./, /公众号通知（模板消息） .*订阅消息/, /带参数的二维码 ./, /网页里直接认出本人 ./, /文章阅读数 ./,
  ]) assert.ok(rows.some((row) => wanted.test(row)), `${wanted}\n${rows.join("\n")}`);
  assert.equal(rows.length, 10);
  await stage.look(clerk, "subscription-7-missing");
  await clerk.setViewportSize({ width: 375, height: 812 });
  await clerk.reload();
  await missing.waitFor();
  await stage.look(clerk, "subscription-7-missing-phone");
  assert.ok(await clerk.evaluate(() => document.documentElement.scrollWidth) <= 375);
  await clerk.setViewportSize({ width: 1280, height: 900 });
});

test("who asks for a menu there reads why there is none", async () => {
  await clerk.getByTestId("menu-compare").click();
  const told = clerk.getByTestId("wechat-official").getByTestId("error");
  await told.waitFor();
  await stage.look(clerk, "subscription-8-no-menu");
  assert.match(await told.innerText(), /认证|做不了|不能/);
});
