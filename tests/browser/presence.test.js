// 班长 on her own phone: made by the teacher, taps, nods to who scanned the poster, counts the
// room, calls names, also without network; and is told plainly when she is it no longer.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;
let teacher;
let monitor;
let roll;
let meeting;
const people = [];

const narrow = (page) => page.evaluate(() => document.documentElement.scrollWidth <= 375);
const pressed = (page, who) => page.locator(`[data-testid="present-${who.id}"][aria-pressed="true"]`).waitFor();
const row = async (who) => {
  const centre = await stage.colleague("centre");
  const { items } = await centre("GET", `/meetings/${meeting}/roll`);
  return items.find((one) => one.resident_id === who.id);
};

before(async () => {
  stage = await Stage.set();
  const { items } = await stage.call("GET", "/classes");
  const now = items.find((one) => one.name === "智在指尖·初级班");
  for (const name of ["丁桂英", "陆阿福", "钱秀珍", "沈菊芳"]) {
    const who = await stage.resident(name, "1956-03-01");
    await who.own("POST", `/classes/${now.id}/enrolments`, { join_waitlist: false });
    people.push(Object.assign(who, { name, id: (await who.own("GET", "/me")).id }));
  }
  const centre = await stage.colleague("centre");
  meeting = (await centre("GET", "/meetings")).items.find((one) => one.class_name === now.name).id;
  teacher = await stage.desk("teacher");
  monitor = await stage.phone(people[0]);
});
after(() => stage?.close());

test("the teacher makes a learner the monitor, who finds the roll on her own phone", async () => {
  await teacher.goto(`${stage.url}/console/#/meetings/${meeting}`);
  await teacher.getByText("还没有班长。").waitFor();
  await teacher.getByTestId("monitor-make").click();
  await teacher.getByTestId("field-resident_id").selectOption({ value: String(people[0].id) });
  await stage.look(teacher, "presence-1-make");
  await teacher.getByTestId("dialog-submit").click();
  await teacher.getByTestId(`monitor-${people[0].id}`).waitFor();
  await stage.look(teacher, "presence-2-made");
  await monitor.goto(`${stage.url}/m/`);
  await monitor.getByTestId("keep-roll").waitFor();
  await stage.look(monitor, "presence-3-home");
  await monitor.getByTestId("keep-roll").click();
  roll = monitor;
  await roll.getByTestId(`meeting-${meeting}`).click();
  await roll.getByTestId(`present-${people[2].id}`).click();
  await pressed(roll, people[2]);
  await roll.getByTestId("kept-and-sent").getByText("已存 1 · 已传 1", { exact: true }).waitFor();
  await stage.look(roll, "presence-4-roll");
  assert.ok(await narrow(roll));
  // Names and numbers, and nothing else of anybody.
  // (Their phone numbers begin so; a learner number may hold it in its midst.)
  assert.doesNotMatch(await roll.locator("body").innerText(), /(?<!\d)138/);
  await teacher.locator("[data-status=present]").filter({ hasText: "钱" }).waitFor();
});

test("the poster is printed on one sheet, and whoever scans it waits for a nod", async () => {
  await teacher.getByTestId("class-poster").click();
  await teacher.getByTestId("poster-qr").waitFor();
  const link = await teacher.getByTestId("poster-qr").getAttribute("data-link");
  await teacher.getByTestId("poster-qr").evaluate((image) => image.decode());
  assert.equal(await stage.read(teacher.getByTestId("poster-qr")), link);
  assert.match(link, /\/m\/\?c=B\d+$/);
  await stage.look(teacher, "presence-5-poster");
  const pdf = (await teacher.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
  assert.equal(pdf.match(/\/Type\s*\/Page\b/g).length, 1, "one page");
  const learner = await stage.phone(people[1]);
  await learner.goto(link);
  await learner.locator('[data-testid=checkin-result][data-outcome="awaits_nod"]').waitFor();
  await stage.look(learner, "presence-6-claimed");
  await learner.goto(`${stage.url}/m/`);
  await learner.getByText("等老师或班长点头").waitFor();
  await stage.look(learner, "presence-7-waits");
  await roll.evaluate(() => dispatchEvent(new Event("focus")));
  const nod = roll.getByTestId(`present-${people[1].id}`);
  await nod.getByText("点头").waitFor();
  assert.ok(await roll.getByTestId("nod-all").isDisabled(), "nobody has counted yet");
  await stage.look(roll, "presence-8-nod");
  await nod.click();
  await pressed(roll, people[1]);
  await teacher.goto(`${stage.url}/console/#/meetings/${meeting}`);
  await teacher.locator("[data-status=present]").filter({ hasText: "陆" }).filter({ hasText: "海报" }).waitFor();
  await learner.reload();
  await learner.getByText("今天已经签到了").waitFor();
  await teacher.getByTestId(`roll-history-${people[1].id}`).click();
  await teacher.getByTestId("history-dialog").getByText("点头").waitFor();
  await stage.look(teacher, "presence-9-evidence");
  await teacher.getByRole("button", { name: "关闭", exact: true }).click();
});

test("a count that differs calls names, and who is away is a question to staff", async () => {
  for (const who of [people[0], people[3]]) {
    await roll.getByTestId(`present-${who.id}`).click();
    await pressed(roll, who);
  }
  await roll.getByTestId("head-count").fill("1");
  await roll.getByTestId("head-count-submit").click();
  await roll.getByTestId("sample-dialog").waitFor();
  await stage.look(roll, "presence-10-sample");
  assert.ok(await narrow(roll));
  const away = roll.locator("[data-testid^=sample-away-]");
  const there = roll.locator("[data-testid^=sample-there-]");
  assert.equal(await there.count(), 4);
  await away.first().click();
  for (let nth = 1; nth < 4; nth += 1) await there.nth(nth).click();
  await roll.getByText("抽查完了").waitFor();
  await stage.look(roll, "presence-11-sampled");
  await roll.getByTestId("sample-close").click();
  await roll.getByTestId("head-count-said").getByText("抽查的结果记下了").waitFor();
  const counts = teacher.getByTestId("head-counts");
  await counts.getByText("对不上").waitFor();
  await counts.getByText("不在").waitFor();
  await stage.look(teacher, "presence-12-counts");
  await teacher.goto(`${stage.url}/console/#/tray`);
  const entry = teacher.locator("li[data-testid^=tray-]").filter({ hasText: "抽查时说不在" });
  await entry.getByRole("button", { name: "记为缺席" }).waitFor();
  await stage.look(teacher, "presence-13-tray");
  await entry.getByRole("button", { name: "不算" }).click();
  await teacher.getByRole("button", { name: "问过了，出去了一下" }).click();
  await teacher.getByTestId("dialog-submit").click();
  await entry.waitFor({ state: "detached" });
  await teacher.getByTestId("tray-look").click();
  await teacher.getByText("没有要看的").waitFor();
  await stage.look(teacher, "presence-14-look");
});

test("the console nods, counts and calls as well", async () => {
  const late = await stage.resident("顾月琴", "1956-03-01");
  const { items } = await stage.call("GET", "/classes");
  const { id } = items.find((one) => one.name === "智在指尖·初级班");
  await late.own("POST", `/classes/${id}/enrolments`, { join_waitlist: false });
  assert.equal((await late.own("POST", "/me/check-in", { code: `B${id}` })).outcome, "awaits_nod");
  await teacher.goto(`${stage.url}/console/#/meetings/${meeting}`);
  await teacher.locator(".roll-row").filter({ hasText: "顾" }).getByRole("button", { name: "点头" }).waitFor();
  await stage.look(teacher, "presence-15-console");
  await teacher.setViewportSize({ width: 375, height: 812 });
  await stage.look(teacher, "presence-16-console-phone");
  assert.ok(await narrow(teacher));
  await teacher.getByTestId("nod-all").click();
  await teacher.locator("[data-status=present]").filter({ hasText: "顾" }).waitFor();
  await teacher.getByTestId("head-count").fill("60");
  await teacher.getByTestId("head-count-submit").click();
  await teacher.getByTestId("sample-dialog").waitFor();
  await stage.look(teacher, "presence-17-console-sample");
  await teacher.keyboard.press("Escape");
  await teacher.getByTestId("head-count-said").getByText("还有人没登记").waitFor();
  await teacher.setViewportSize({ width: 1280, height: 900 });
});

test("without network the phone draws by itself, and sends it all later", async () => {
  await roll.evaluate(() => navigator.serviceWorker.ready);
  await roll.context().setOffline(true);
  await roll.reload();
  await roll.getByTestId("net").getByText("没有网络").waitFor();
  await roll.getByTestId("head-count").fill("0");
  await roll.getByTestId("head-count-submit").click();
  await roll.getByTestId("sample-dialog").waitFor();
  await roll.locator("[data-testid^=sample-there-]").first().click();
  await roll.keyboard.press("Escape");
  await stage.look(roll, "presence-18-offline");
  await roll.context().setOffline(false);
  const centre = await stage.colleague("centre");
  let counts = [];
  for (let tries = 0; tries < 50 && counts[0]?.people !== 0; tries += 1) {
    await new Promise((then) => { setTimeout(then, 300); });
    ({ counts } = await centre("GET", `/meetings/${meeting}/roll`));
  }
  assert.deepEqual([counts[0].people, counts[0].sample.length, counts[0].sample[0].drawn_here, counts[0].sample[0].there], [0, 1, false, true]);
});

test("who is monitor no longer is told so, and has no roll any more", async () => {
  await teacher.getByTestId(`monitor-end-${people[0].id}`).click();
  await stage.look(teacher, "presence-19-end");
  await teacher.getByTestId("dialog-submit").click();
  await teacher.getByText("还没有班长。").waitFor();
  await roll.evaluate(() => dispatchEvent(new Event("focus")));
  await roll.getByTestId("problem").getByText("您现在不是班长").waitFor();
  await roll.getByTestId("no-roll").waitFor();
  await stage.look(roll, "presence-20-ended");
  await roll.context().setOffline(true);
  await roll.reload();
  await roll.getByTestId("no-roll").waitFor();
  await roll.context().setOffline(false);
  await roll.goto(`${stage.url}/m/`);
  await roll.getByTestId("next-meeting").waitFor();
  assert.equal(await roll.getByTestId("keep-roll").count(), 0);
  assert.equal((await row(people[1])).way, "poster");
});

test("what repeats is asked about, and settled with what was found", async () => {
  const centre = await stage.colleague("centre");
  const { items } = await stage.call("GET", "/classes");
  const { id } = items.find((one) => one.name === "智在指尖·初级班");
  const { meetings } = await centre("GET", `/classes/${id}`);
  const past = meetings.filter((one) => Date.parse(one.ends_at) < Date.now()).slice(0, 3);
  assert.equal(past.length, 3);
  for (const one of past) {
    const at = new Date(Date.parse(one.starts_at) + 600_000).toISOString();
    await centre("POST", `/meetings/${one.id}/scans`, { device: "desk", sent_at: new Date().toISOString(), scans: [{ scan_id: `count-${one.id}`, kind: "count", people: 2, device_at: at }] });
  }
  const desk = await stage.desk("centre");
  await desk.goto(`${stage.url}/console/#/tray/look`);
  await desk.getByTestId("question-fewer_there").waitFor();
  await stage.look(desk, "presence-21-questions");
  await desk.setViewportSize({ width: 375, height: 812 });
  await stage.look(desk, "presence-22-questions-phone");
  assert.ok(await narrow(desk));
  await desk.setViewportSize({ width: 1280, height: 900 });
  await desk.getByTestId("found-fewer_there").click();
  await desk.getByRole("button", { name: "数错了" }).click();
  await stage.look(desk, "presence-23-found");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("没有要看的。").waitFor();
  await desk.locator("summary").click();
  await desk.getByText("数错了").waitFor();
  await stage.look(desk, "presence-24-settled");
});
