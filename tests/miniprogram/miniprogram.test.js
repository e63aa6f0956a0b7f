// The mini-program on a phone → the service → the sandbox in WeChat's place.
//
// The component engine is WeChat's own, in Chromium; the phone is phone.js. This is not
// WeChat: miniprogram/README.md says what only a phone can show.
//
// SHOTS=FOLDER keeps a screenshot of each page.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Stage } from "../browser/stage.js";
import { Phone } from "./phone.js";

const MINI = { appid: "wx9c8b7a6f5e4d3021", secret: "f9e8d7c6b5a493827160f5e4d3c2b1a0" };

let stage;
let klass;
let phone;

before(async () => {
  stage = await Stage.set();
  const { items } = await stage.call("GET", "/classes");
  klass = items.find((one) => one.name === "智在指尖·初级班");
});
after(() => stage?.close());
afterEach(() => phone?.check());

/** Somebody new with a phone; with a birth date, also known to the centre. */
async function somebody(name, birth_date) {
  const answer = await fetch(`${stage.demo.sandbox}/sandbox/api/users`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name }),
  });
  phone = await Phone.of(stage, await answer.json());
  const { code } = await phone.sandbox("login-code");
  const { token } = await stage.call("POST", "/session", { code });
  phone.own = (method, path, body) => stage.call(method, path, body, { authorization: `Bearer ${token}` });
  if (!birth_date) return phone;
  const { consent_version: version } = await stage.call("GET", "/about");
  await phone.own("POST", "/me/consents", { kind: "privacy", version });
  const { items } = await stage.call("GET", "/communities");
  await phone.own("PUT", "/me/profile", { name, birth_date, community_id: items[0].id });
  return phone;
}

const look = (name) => stage.look(phone.page, `miniprogram-${name}`);
const on = (page) => phone.inside.locator(`#main[data-page=${page}]`).waitFor();
const classPage = () => phone.inside.locator("h2.name", { hasText: klass.name }).waitFor();

/** A mini-program code made by the platform for the service, as a camera reads it: the page that the sandbox's phone opens. */
async function scenePrinted(scene) {
  const platform = stage.demo.sandbox;
  const ask = (path, body) => fetch(platform + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const { access_token: token } = await (await ask("/cgi-bin/stable_token", { grant_type: "client_credential", ...MINI })).json();
  const made = await ask(`/wxa/getwxacodeunlimit?access_token=${token}`, { scene, page: "pages/web/index", is_hyaline: true });
  const read = await fetch(`${platform}/sandbox/api/scan`, { method: "POST", headers: { "content-type": "image/png" }, body: Buffer.from(await made.arrayBuffer()) });
  return (await phone.sandbox("open", { link: (await read.json()).link })).to;
}

/** The code on the teacher's screen now. */
async function checkInCode() {
  const teacher = await stage.colleague("teacher");
  const { items } = await teacher("GET", "/meetings");
  const meeting = items.find((one) => one.class_id === klass.id);
  return teacher("GET", `/meetings/${meeting.id}/code`);
}

test("the first opening signs in by itself and shows the pages", async () => {
  await somebody("王秀英");
  await phone.open();
  await on("home");
  await phone.inside.getByText("找班级").first().waitFor();
  assert.ok(!(await phone.address()).includes("code="), "the code is gone from the address");
  await look("web");
});

test("without network, or when WeChat does not sign in, it says so, and once more is enough", async () => {
  await somebody("李建国");
  phone.online = false;
  await phone.open();
  await phone.say("没有连上网络");
  await look("web-offline");
  phone.online = true;
  phone.signsIn = false;
  await phone.tap("再试一次");
  await phone.say("微信登录没有成功");
  // By now the number is known.
  await phone.tap(/打电话/);
  assert.deepEqual(phone.calls, ["051258000000"]);
  await look("web-no-login");
  phone.signsIn = true;
  await phone.tap("再试一次");
  await on("home");
});

test("a class's printed code opens the class", async () => {
  await somebody("陈玉兰");
  const scene = `/classes/${klass.id}`;
  assert.equal(await scenePrinted(scene), scene);
  await phone.open(`pages/web/index?scene=${encodeURIComponent(scene)}`);
  await classPage();
  await phone.open(`pages/web/index?q=${encodeURIComponent(`${stage.url}/m/#/classes/${klass.id}`)}`);
  await classPage();
});

test("a hostile link leads to the first page", async () => {
  await somebody("赵阿妹");
  for (const to of ["https://elsewhere.example/", "//elsewhere.example", "/login?code=theirs"]) {
    await phone.open(`pages/web/index?to=${encodeURIComponent(to)}`);
    await on("home");
    assert.ok((await phone.address()).startsWith(`${stage.url}/m/#/`), to);
  }
});

test("at a sign-up she allows the messages, and the confirmation arrives", async () => {
  await somebody("丁桂英", "1956-03-01");
  await phone.open(`pages/web/index?to=${encodeURIComponent(`/classes/${klass.id}`)}`);
  await phone.inside.getByTestId("signup-button").tap();
  await phone.at("pages/subscribe/index");
  await phone.say("要不要在微信里收通知");
  await look("subscribe");
  await phone.tap("同意接收通知");
  await phone.inside.getByTestId("signup-result").waitFor();
  assert.equal(phone.asked.length, 1);
  assert.ok(phone.asked[0].length <= 3);
  for (let tries = 0; ; tries += 1) {
    const { me } = await phone.state();
    if (JSON.stringify(me.notices).includes(klass.name)) break;
    assert.ok(tries < 60, "the notice arrives");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
});

test("who wants no messages is signed up all the same", async () => {
  await somebody("周小妹", "1957-03-01");
  phone.consent = "reject";
  await phone.open(`pages/web/index?to=${encodeURIComponent(`/classes/${klass.id}`)}`);
  await phone.inside.getByTestId("signup-button").tap();
  await phone.at("pages/subscribe/index");
  await phone.tap("同意接收通知");
  await phone.inside.getByTestId("signup-result").waitFor();
  assert.deepEqual((await phone.state()).me.consents, {});
});

test("with all messages off she is led to the settings, and back", async () => {
  await somebody("吴招娣", "1958-03-01");
  phone.messages = false;
  await phone.open(`pages/web/index?to=${encodeURIComponent(`/classes/${klass.id}`)}`);
  await phone.inside.getByTestId("signup-button").tap();
  await phone.say("您在微信里关了这些通知");
  await look("subscribe-off");
  await phone.tap("去打开通知");
  await phone.tap("同意接收通知");
  await phone.inside.getByTestId("signup-result").waitFor();
  assert.ok(Object.keys((await phone.state()).me.consents).length);
});

test("who allows them always taps once all the same, and each tap counts", async () => {
  await somebody("郑阿宝", "1958-04-01");
  const { items } = await stage.call("GET", "/subscription-templates");
  const ids = items.slice(0, 3).map((one) => one.template_id);
  phone.always = Object.fromEntries(ids.map((id) => [id, "accept"]));
  await phone.open(`pages/subscribe/index?template_ids=${encodeURIComponent(ids.join(","))}`);
  await phone.say("您选过总是同意");
  await phone.tap("同意接收通知");
  await on("home");
  assert.deepEqual((await phone.state()).me.consents, Object.fromEntries(ids.map((id) => [id, 1])));
});

test("she scans the teacher's code and is present; a strange code is said to be strange", async () => {
  await somebody("钱根娣", "1955-03-01");
  await phone.own("POST", `/classes/${klass.id}/enrolments`, { join_waitlist: false });
  await phone.open("pages/scan/index");
  await phone.say("扫码签到");
  await look("scan");
  phone.camera = { link: "https://elsewhere.example/m/?c=8.1.x" };
  await phone.tap("扫码");
  await phone.say("这不是我们的码");
  await look("scan-strange");
  phone.camera = { link: (await checkInCode()).link };
  await phone.tap("再扫一次");
  const result = phone.inside.getByTestId("checkin-result");
  await result.waitFor();
  assert.equal(await result.getAttribute("data-outcome"), "recorded");
  const { items } = await phone.own("GET", "/me/meetings");
  assert.ok(items.some((one) => one.class_id === klass.id && one.check_in === "done"));
});

test("from the pages the camera opens at once, and closing it leads back", async () => {
  await somebody("孙阿大", "1955-04-01");
  await phone.own("POST", `/classes/${klass.id}/enrolments`, { join_waitlist: false });
  await phone.open("pages/web/index?to=%2Fcheckin");
  await phone.inside.getByTestId("scan").tap();
  await phone.at("pages/web/index");
  await phone.inside.getByTestId("scan").waitFor();
  phone.camera = { link: (await checkInCode()).link };
  await phone.inside.getByTestId("scan").tap();
  await phone.inside.getByTestId("checkin-result").waitFor();
});

test("WeChat's phone number is kept when she agrees to the privacy text, and not before", async () => {
  await somebody("冯秀珍", "1956-05-01");
  await phone.open("pages/web/index?to=%2Fprofile");
  await phone.inside.getByTestId("profile-wechat-phone").tap();
  await phone.at("pages/phone/index");
  await look("phone");
  await phone.tap("用这个手机号");
  await phone.say("先看隐私说明");
  await look("privacy");
  await phone.tap("看隐私说明");
  await phone.tap("不同意");
  await phone.say("您没有同意隐私说明");
  assert.ok(!phone.agreed);
  await phone.tap("用这个手机号");
  await phone.tap("同意");
  await phone.say("手机号记下了");
  await look("phone-kept");
  const { phone_masked: masked } = await phone.own("GET", "/me");
  assert.equal(masked, phone.user.phone.replace(/^(\d{3})\d{4}/, "$1****"));
  await phone.say(masked);
  await phone.tap("回去");
  await phone.inside.getByText(`已留：${masked}`).first().waitFor();
});

test("who keeps the number to herself can still type it", async () => {
  await somebody("许凤英", "1956-06-01");
  phone.agreed = true;
  phone.givesPhone = false;
  await phone.open("pages/web/index?to=%2Fprofile");
  await phone.inside.getByTestId("profile-wechat-phone").tap();
  await phone.tap("用这个手机号");
  await phone.say("您没有同意，手机号没有记下");
  phone.givesPhone = true;
  phone.online = false;
  await phone.tap("用这个手机号");
  await phone.say("微信登录没有成功");
  phone.online = true;
  await phone.tap("不用了，自己填");
  await phone.inside.getByTestId("profile-phone").waitFor();
  assert.equal((await phone.own("GET", "/me")).phone_masked, undefined);
});

test("a class goes into the phone's calendar, week by week", async () => {
  await somebody("朱大妹", "1956-07-01");
  phone.calendarAllowed = false;
  await phone.own("POST", `/classes/${klass.id}/enrolments`, { join_waitlist: false });
  await phone.open(`pages/web/index?to=${encodeURIComponent(`/classes/${klass.id}`)}`);
  await phone.inside.getByTestId("calendar").tap();
  await phone.at("pages/calendar/index");
  await phone.say(klass.name);
  await look("calendar");
  await phone.top.getByRole("button", { name: "加到手机日历" }).first().tap();
  await phone.tap("同意");
  await phone.say("微信不能用手机日历");
  await phone.tap("去打开日历权限");
  const buttons = phone.top.getByRole("button", { name: "加到手机日历" });
  while (await buttons.count()) {
    const left = await buttons.count();
    await buttons.first().tap();
    await buttons.nth(left - 1).waitFor({ state: "detached" });
  }
  await look("calendar-added");
  const { meetings } = await stage.call("GET", `/classes/${klass.id}`);
  const expected = meetings.filter((one) => one.status !== "cancelled" && Date.parse(one.starts_at) > Date.now());
  const week = 7 * 86400;
  const entered = phone.calendar.flatMap(({ startTime, repeatEndTime = startTime + 1 }) =>
    Array.from({ length: Math.ceil((repeatEndTime - startTime) / week) }, (_, n) => startTime + n * week));
  assert.deepEqual(entered.sort((a, b) => a - b), expected.map((one) => Date.parse(one.starts_at) / 1000));
  assert.ok(phone.calendar.every((one) => one.title.includes(klass.name) && one.location));
  await phone.tap("回去");
  await classPage();
});

test("what she passes on is the class by its name, and nothing of hers", async () => {
  await somebody("沈美芳", "1956-08-01");
  await phone.open();
  await on("home");
  await phone.inside.locator("body").evaluate((_, id) => { location.hash = `#/classes/${id}`; }, klass.id);
  await classPage();
  const path = `/pages/web/index?to=${encodeURIComponent(`/classes/${klass.id}`)}`;
  for (const sees of [true, false]) {
    assert.deepEqual(await phone.share({ sees }), { title: `${klass.name} · 一起来上课`, path });
  }
  await phone.inside.locator("body").evaluate(() => { location.hash = "#/card"; });
  await on("card");
  for (const sees of [true, false]) {
    assert.equal((await phone.share({ sees })).path, "/pages/web/index?to=%2F");
  }
  await phone.open(path.slice(1));
  await classPage();
});

test("a sign-in that ended is begun again from the page itself", async () => {
  await somebody("顾杏珍", "1956-09-01");
  await phone.open("pages/web/index?to=%2Fmine");
  await on("mine");
  await phone.inside.locator("body").evaluate(() => { localStorage.clear(); location.hash = "#/hours"; });
  await phone.inside.getByTestId("login-again").tap();
  await on("hours");
});

/** What on the page on top is too small, or sticks out. */
const tooSmall = () => phone.top.evaluate((screen) => {
  const texts = [...screen.querySelectorAll("wx-view, wx-button")].filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  const buttons = [...screen.querySelectorAll("wx-button")];
  return [
    ...texts.filter((one) => parseFloat(getComputedStyle(one).fontSize) < 18).map((one) => `text: ${one.textContent}`),
    ...buttons.filter((one) => one.offsetHeight < 60 || one.offsetWidth < 60).map((one) => `button: ${one.textContent}`),
    ...(screen.scrollWidth > screen.clientWidth ? ["wider than the screen"] : []),
  ];
});

test("every native page is large enough for old eyes and hands, also with WeChat's largest text", async () => {
  await somebody("蒋月娥", "1956-10-01");
  const template = "x".repeat(43);
  const pages = ["pages/scan/index", `pages/calendar/index?class=${klass.id}`, `pages/subscribe/index?template_ids=${template}`, "pages/phone/index"];
  for (const scale of [1, 1.5]) {
    phone.textScale = scale;
    for (const page of pages) {
      await phone.open(page);
      await phone.top.getByRole("button").first().waitFor();
      await look(`${page.split("/")[1]}-at-${scale}`);
      assert.deepEqual(await tooSmall(), [], `${page} at ${scale}`);
    }
    await phone.tap("用这个手机号");
    await phone.say("先看隐私说明");
    await look(`privacy-at-${scale}`);
    assert.deepEqual(await tooSmall(), [], `the privacy text at ${scale}`);
    phone.online = false;
    await phone.open();
    await phone.say("没有连上网络");
    assert.deepEqual(await tooSmall(), [], `no network at ${scale}`);
    phone.online = true;
  }
});
