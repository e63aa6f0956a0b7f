// What staff do at the platform: somebody who writes 人工 is answered by a person, and the
// page 微信 shows the menu, a menu that somebody made by hand, and what is used up.
//
// SHOTS=FOLDER keeps a screenshot of each step, on a phone and on a desk.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openPage } from "./demo.js";
import { Stage } from "./stage.js";

const QUESTION = "我妈妈腿不方便，书法班的教室在几楼？";
const MORE = "有没有电梯？";
const ANSWER = "书画室在二楼，有电梯。到了请走东门。";
const MENU = "/cgi-bin/menu/create";
const BY_HAND = {
  button: [
    { name: "手工菜单", type: "click", key: "V1" },
    { name: "招生", sub_button: [{ name: "秋季班", type: "view", url: "https://example.org/autumn" }] },
  ],
};

let stage;
let phone;
let clerk;

before(async () => { stage = await Stage.set(); });
after(() => stage?.close());

async function control(path, body) {
  const answer = await fetch(`${stage.demo.sandbox}/sandbox/api/${path}`, {
    method: body ? "POST" : "GET",
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, await answer.clone().text());
  return answer.json();
}

/** The page of a desk as it is there, and as it is on a phone; of a long one, where `at` stands. */
async function look(name, at) {
  await stage.look(clerk, `desk-${name}`);
  await clerk.setViewportSize({ width: 375, height: 812 });
  await at?.scrollIntoViewIfNeeded();
  if (process.env.SHOTS) await clerk.screenshot({ path: join(process.env.SHOTS, `desk-${name}-phone.png`) });
  const wide = await clerk.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 375, `${name} is ${wide} pixels wide on a phone`);
  await clerk.setViewportSize({ width: 1280, height: 900 });
}

async function write(words) {
  const had = await theirs().count();
  await phone.getByLabel("发消息").fill(words);
  await phone.getByRole("button", { name: "发送" }).click();
  await theirs().nth(had).waitFor();
  return theirs().nth(had).innerText();
}

/** What the account said. */
const theirs = () => phone.locator(".line:not(.mine)");
const waiting = () => clerk.getByTestId("count-desk");
const rows = () => clerk.locator("[data-testid^=desk-row-]");

/** Opens a page anew: nothing of the one before is still there to be pressed. */
async function go(hash) {
  await clerk.goto(`${stage.url}/console/#${hash}`);
  await clerk.reload();
  await clerk.locator("h1").first().waitFor();
}

test("who writes 人工 is told the phone and the hours, and may write on", async () => {
  clerk = await stage.desk("centre");
  await waiting().waitFor({ state: "hidden" });
  const view = await openPage(stage.browser, { viewport: { width: 375, height: 812 } });
  stage.opened.push(view);
  phone = view.page;
  await phone.goto(`${stage.demo.sandbox}/phone`);
  await phone.getByText("还没有关注").click();
  await phone.getByRole("button", { name: "关注", exact: true }).click();
  await phone.getByText("欢迎关注").waitFor();
  await phone.getByRole("button", { name: "打开键盘" }).click();
  const first = await write("人工");
  assert.match(first, /中心电话：0512-5800 0000/);
  assert.match(first, /周一至周五 8:30–11:30、13:30–17:00/);
  assert.match(first, /请直接写下您的问题/);
  assert.match(first, /请等一等，看到就回复您|现在没有人值班，.+以后回复您/);
  // Nothing was asked yet: nobody's work.
  await go("/desk");
  await clerk.getByText("没有留言").waitFor();
  assert.equal(await waiting().isVisible(), false);
  assert.match(await write(QUESTION), /记下了，工作人员会看到/);
  await stage.look(phone, "desk-1-asked");
});

test("the console counts it, and the thread says who wrote and what", async () => {
  // On the way to any other page.
  await clerk.getByRole("link", { name: "首页" }).click();
  await waiting().waitFor();
  assert.equal(await waiting().innerText(), "1");
  assert.equal(await waiting().getAttribute("aria-label"), "1 条等回复");
  await look("2-counted");
  await go("/desk");
  await rows().getByText(QUESTION).waitFor();
  assert.equal(await rows().count(), 1);
  await rows().getByText("等回复").waitFor();
  await look("3-list");
  await rows().first().click();
  await clerk.getByTestId("desk-lines").getByText(QUESTION).waitFor();
  // Who only follows is nobody that is known here.
  await clerk.getByRole("heading", { name: "没有连上账号的微信用户" }).waitFor();
  // What is written meanwhile comes by itself.
  assert.match(await write(MORE), /这句也记下了/);
  await clerk.getByTestId("desk-lines").getByText(MORE).waitFor();
});

test("the answer comes into the chat, and nothing waits any more", async () => {
  await clerk.getByTestId("desk-send").click();
  await clerk.getByText("请先写回复").waitFor();
  await clerk.getByTestId("desk-answer").fill(ANSWER);
  await look("4-thread");
  await clerk.getByTestId("desk-send").click();
  await theirs().filter({ hasText: ANSWER }).waitFor();
  assert.match(await theirs().last().innerText(), /工作人员回复您/);
  assert.equal(await theirs().filter({ hasText: ANSWER }).count(), 1);
  await stage.look(phone, "desk-5-answered-chat");
  const line = clerk.locator(".desk-line.ours");
  await line.getByText("教育中心陈老师").waitFor();
  await line.getByText("已送达").waitFor();
  await waiting().waitFor({ state: "hidden" });
  await look("5-answered");
});

test("closed, the thread stays to be read, and the next question opens another", async () => {
  await clerk.getByTestId("desk-close").click();
  const dialog = clerk.getByTestId("desk-close-dialog");
  await dialog.getByText("对方再写来，会有新的留言").waitFor();
  await look("6-closing");
  await dialog.getByTestId("dialog-submit").click();
  await clerk.getByText("这条留言已经办结").waitFor();
  assert.equal(await clerk.getByTestId("desk-answer").count(), 0);
  await look("7-closed");
  await go("/desk");
  await clerk.getByText("没有留言").waitFor();
  await clerk.getByTestId("desk-closed").click();
  await rows().getByText("办结").waitFor();

  // Nobody listens now: the account answers by itself.
  assert.match(await write(MORE), /没有听懂/);
  await write("人工");
  await write(MORE);
  await go("/desk");
  await rows().getByText(MORE).waitFor();
  await rows().first().click();
  await clerk.getByTestId("desk-lines").getByText(MORE).waitFor();
  assert.equal(await clerk.getByTestId("desk-lines").getByText(QUESTION).count(), 0);
  assert.equal(await waiting().innerText(), "1");
});

/** The names of the menu's buttons as the phone shows them. */
const buttons = () => phone.locator(".talk .menu > button, .talk .menu > .has-subs > button").allInnerTexts();

async function shows(...names) {
  await phone.locator(".talk .menu").getByRole("button", { name: names[0], exact: true }).waitFor();
  assert.deepEqual((await buttons()).map((name) => name.trim()), names);
}

const differences = () => clerk.getByTestId("menu-diff").locator("tbody tr").allInnerTexts();

/** The page is asked anew, and then WeChat. */
async function compare() {
  await go("/wechat");
  await clerk.getByTestId("menu-compare").click();
}

/** Ours goes to WeChat, and to the phone; both are the same from then on. */
async function replace() {
  const button = clerk.getByTestId("menu-write");
  await button.click();
  await clerk.getByText("菜单已更新").waitFor();
  await button.waitFor({ state: "detached" });
  await shows("报名", "我的", "帮助");
  await clerk.getByTestId("menu-compare").click();
  await clerk.getByTestId("menu-same").waitFor();
}

test("the menu as configured stands on the phone, and the page says so", async () => {
  await phone.getByRole("button", { name: "打开菜单" }).click();
  await shows("报名", "我的", "帮助");
  await compare();
  await clerk.getByTestId("menu-same").waitFor();
  await look("8-menu-same");
});

test("a menu that another program wrote is shown beside ours, and replaced by the button", async () => {
  await anotherMenu();
  await shows("别的");
  await compare();
  await clerk.getByText("两边不一样").waitFor();
  const lines = await differences();
  assert.ok(lines.some((line) => /^报名（小程序.*\s+更新后会有/s.test(line)), lines.join("\n"));
  assert.ok(lines.some((line) => /^别的（自动回答）\s+更新后没有/s.test(line)), lines.join("\n"));
  await look("9-menu-other", clerk.getByTestId("menu-write"));
  await replace();
});

/** With the keys of the sandbox's account, as whoever else holds those of a real one could. */
async function anotherMenu() {
  const ask = async (path, body) => {
    const answer = await fetch(`${stage.demo.sandbox}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return answer.json();
  };
  const keys = { appid: "wx5a0d1c2b3e4f6071", secret: "0a1b2c3d4e5f60718293a4b5c6d7e8f9" };
  const { access_token: token } = await ask("/cgi-bin/stable_token", { grant_type: "client_credential", ...keys });
  const { errcode } = await ask(`${MENU}?access_token=${token}`, { button: [{ name: "别的", type: "click", key: "other" }] });
  assert.equal(errcode, 0);
}

test("a menu made by hand is left alone until staff replace it", async () => {
  await control("menu-by-hand", BY_HAND);
  await shows("手工菜单", "招生");
  await compare();
  await clerk.getByTestId("menu-by-hand").waitFor();
  const lines = await differences();
  assert.ok(lines.some((line) => /^手工菜单（自动回答）\s+更新后没有/s.test(line)), lines.join("\n"));
  assert.ok(lines.some((line) => /^招生 › 秋季班（网页 .*\s+更新后没有/s.test(line)), lines.join("\n"));
  await look("10-menu-by-hand", clerk.getByTestId("menu-write"));

  // The start of the service is when it brings its menu: not over somebody's work.
  await stage.demo.kill();
  await stage.demo.start();
  const note = clerk.getByTestId("notes-official").getByText("有人在公众平台手工做了菜单");
  await go("/wechat");
  await stage.comes(clerk, note);
  await look("11-menu-left-alone");
  await phone.reload();
  await shows("手工菜单", "招生");

  await clerk.getByTestId("menu-compare").click();
  await replace();
  await note.waitFor({ state: "detached" });
});

const usage = () => clerk.getByTestId("usage-official");
const used = (path) => usage().locator("tbody tr").filter({ hasText: path });
const cells = async (path) => (await used(path).locator("td").allInnerTexts()).map((words) => words.trim());

test("the page says what was used today, what is left and when it begins anew", async () => {
  // On a phone the long list is opened by whoever wants it.
  await clerk.setViewportSize({ width: 375, height: 812 });
  await clerk.reload();
  const fold = clerk.getByTestId("usage-fold-official");
  await fold.waitFor();
  assert.equal(await usage().isVisible(), false);
  assert.match(await fold.innerText(), /用得最多：.+，还剩 \d+ 次/);
  await stage.look(clerk, "desk-12-folded-phone");
  await clerk.setViewportSize({ width: 1280, height: 900 });
  await clerk.reload();
  await usage().waitFor();
  const [name, calls, left, again] = await cells(MENU);
  assert.match(name, /菜单/);
  assert.match(calls, /^[1-9]\d*$/);
  assert.ok(left === "不知道" || Number(left) > 0, left);
  assert.match(again, /^\d+月\d+日（周.）0:00$/);
  await used(MENU).getByRole("button", { name: "问微信" }).click();
  await clerk.getByText("已按微信的数字更新").waitFor();
  await go("/wechat");
  await usage().waitFor();
  assert.match((await cells(MENU))[2], /^[1-9]\d*$/);
  await look("12-usage", used(MENU));
});

test("what is used up says until when, and is set back for one of ten times a month", async () => {
  await control("menu-by-hand", BY_HAND);
  await shows("手工菜单", "招生");
  await control("faults", { path: MENU, fault: { errcode: 45009 }, count: 1 });
  await compare();
  await clerk.getByTestId("menu-write").click();
  const refused = clerk.locator("#toasts .toast");
  await refused.getByText("次数用完了").waitFor();
  assert.doesNotMatch(await refused.innerText(), /null|undefined|errcode/);
  await look("13-refused");
  await refused.getByRole("button", { name: "关闭提示" }).click();
  await go("/wechat");
  await used(MENU).getByText("用完了").waitFor();
  const [, , left, again] = await cells(MENU);
  assert.equal(left, "0");
  assert.match(again, /用完了.+\d+月\d+日（周.）0:00再试$/);
  await clerk.getByTestId("usage-fold-official").getByText("1 项用完了").waitFor();
  await clerk.getByTestId("troubles-official").getByText("45009").waitFor();
  await look("14-spent", used(MENU));

  await clerk.getByTestId("clear-quota-official").click();
  await clerk.getByText("微信一个月只让清零 10 次").waitFor();
  await look("15-clear");
  await clerk.getByTestId("dialog-submit").click();
  await clerk.getByText("公众号的用量已清零").waitFor();
  await used(MENU).getByText("用完了").waitFor({ state: "detached" });
  await clerk.getByTestId("menu-compare").click();
  await replace();
});

test("the connection is tried at the press of a button", async () => {
  await go("/wechat");
  for (const account of ["official", "mini"]) {
    await clerk.getByTestId(`check-${account}`).click();
    await clerk.getByTestId(`wechat-${account}`).getByText("微信接受了 AppID 和 AppSecret").waitFor();
  }
  await look("16-checked");
});

test("the platform saw no wrong call", async () => {
  const { items } = await control("unexpected");
  assert.deepEqual(items, []);
});
