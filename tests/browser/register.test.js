// 学员卡 from the phone to the roll, 请假 by one tap, and what could not be taken settled.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;
let learner;
let phone;
let teacher;
let card;

const heading = (page, text) => page.locator("h1", { hasText: text }).waitFor();

async function scanned(text) {
  await teacher.getByTestId("scan-text").fill(text);
  await teacher.getByTestId("scan-submit").click();
}

before(async () => {
  stage = await Stage.set();
  learner = await stage.resident("丁桂英", "1956-03-01");
  const { items } = await stage.call("GET", "/classes");
  const now = items.find((one) => one.name === "智在指尖·初级班");
  await learner.own("POST", `/classes/${now.id}/enrolments`, { join_waitlist: false });
  phone = await stage.phone(learner);
  teacher = await stage.desk("teacher");
});
after(() => stage?.close());

test("the card on the phone is large, and its code is that of an ordinary link", async () => {
  await phone.goto(`${stage.url}/m/`);
  await stage.look(phone, "1-home");
  await phone.getByTestId("card-link").click();
  await phone.getByTestId("card-code").waitFor();
  await heading(phone, "我的学员卡");
  await stage.look(phone, "2-card");
  card = await phone.getByTestId("card-code").getAttribute("data-link");
  assert.equal(await stage.read(phone.getByTestId("card-code")), card);
  assert.match(card, /\/m\/\?k=\d+\.1\.[\w-]{86}$/);
  // Whoever else scans it sees what it is, and nothing of whose.
  const page = await stage.phone({ token: "" });
  await page.goto(card);
  await page.getByText("这是学员卡，请给老师扫").first().waitFor();
  assert.ok(!page.url().includes("k="), page.url());
  assert.ok(!(await page.locator("body").innerText()).includes("丁桂英"));
  await stage.look(page, "3-somebody-else");
});

test("scanned by the teacher it is 到课, by which way stands beside the name", async () => {
  await teacher.locator("[data-testid=meeting-open]").first().click();
  await teacher.getByTestId("scan-open").click();
  await teacher.getByTestId("scan-dialog").waitFor();
  // Without network it is kept, and sent by itself later, once.
  await teacher.context().setOffline(true);
  await scanned(card);
  await teacher.getByText("还没送到").first().waitFor();
  await stage.look(teacher, "4-offline");
  await teacher.context().setOffline(false);
  await teacher.getByTestId("scan-recorded").filter({ hasText: "丁" }).waitFor();
  await scanned("123456");
  await teacher.getByTestId("scan-tray").getByText("没有找到这位学员").waitFor();
  await stage.look(teacher, "5-scanned");
  await teacher.getByTestId("scan-close").click();
  const row = teacher.locator("[data-status=present]").filter({ hasText: "学员卡" });
  await row.waitFor();
  await stage.look(teacher, "6-roll");
  assert.deepEqual(await teacher.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("shangxue.scans.")).map((key) => localStorage.getItem(key))), ["{}"]);
});

test("a lost card is dead at once, and what was scanned of it waits to be settled", async () => {
  await phone.getByTestId("card-replace").click();
  await phone.getByTestId("card-replace-confirm").click();
  await phone.getByText("新卡好了").first().waitFor();
  await stage.look(phone, "7-new-card");
  assert.notEqual(await phone.getByTestId("card-code").getAttribute("data-link"), card);
  await teacher.getByTestId("scan-open").click();
  await scanned(card);
  await teacher.getByTestId("scan-tray").getByText("已经换过").waitFor();
  await teacher.getByTestId("scan-close").click();
  await teacher.goto(`${stage.url}/console/#/`);
  await teacher.getByTestId("start-tray").click();
  await heading(teacher, "待处理");
  const entry = teacher.locator("li[data-testid^=tray-]").filter({ hasText: "已经换过" });
  await entry.getByRole("button", { name: "记为到课" }).waitFor();
  await stage.look(teacher, "8-tray");
  await entry.getByRole("button", { name: "记为到课" }).click();
  await teacher.getByRole("button", { name: "卡旧了，本人到了" }).click();
  await stage.look(teacher, "9-settle");
  await teacher.getByTestId("dialog-submit").click();
  await entry.waitFor({ state: "detached" });
  await teacher.locator("li[data-testid^=tray-]").getByRole("button", { name: "不算" }).click();
  await teacher.getByRole("button", { name: "扫错了" }).click();
  await teacher.getByTestId("dialog-submit").click();
  await teacher.getByText("没有要处理的").waitFor();
  await teacher.getByTestId("tray-settled").click();
  await teacher.getByText("卡旧了，本人到了").waitFor();
  await stage.look(teacher, "10-settled");
});

test("leave is one tap, with why afterwards, and is taken back by another", async () => {
  await phone.goto(`${stage.url}/m/#/absent`);
  const next = phone.getByTestId("absent-meeting").first();
  await stage.look(phone, "11-absent");
  await next.getByTestId("leave-ask").click();
  await next.getByTestId("on-leave").waitFor();
  await stage.look(phone, "12-on-leave");
  await next.getByTestId("leave-health").click();
  await next.getByText("已请假：身体不适").waitFor();
  const { items } = await learner.own("GET", "/me/meetings");
  const { meeting_id: id } = items.find((one) => one.on_leave);
  await teacher.goto(`${stage.url}/console/#/meetings/${id}`);
  await teacher.locator("[data-status=leave]").filter({ hasText: "本人请假" }).filter({ hasText: "身体不适" }).waitFor();
  await stage.look(teacher, "13-leave-on-roll");
  // On the teacher's phone nothing stands out at the side.
  await teacher.setViewportSize({ width: 375, height: 812 });
  for (const [name, address] of [["15-phone-roll", `#/meetings/${id}`], ["16-phone-tray", "#/tray?settled=1"]]) {
    await teacher.goto(`${stage.url}/console/${address}`);
    await teacher.locator(name.endsWith("roll") ? "[data-testid=scan-open]" : "li[data-testid^=tray-]").first().waitFor();
    await stage.look(teacher, name);
    assert.ok(await teacher.evaluate(() => document.documentElement.scrollWidth <= 375), name);
  }
  await teacher.goto(`${stage.url}/console/#/meetings/${id}`);
  await teacher.getByTestId("scan-open").click();
  await teacher.getByTestId("scan-text").waitFor();
  await stage.look(teacher, "17-phone-scan");
  await teacher.getByTestId("scan-close").click();
  await next.getByTestId("leave-undo").click();
  await next.getByTestId("leave-ask").waitFor();
  await teacher.locator(".roll-row").filter({ hasText: "还没登记" }).first().waitFor();
  assert.ok(!(await learner.own("GET", "/me/meetings")).items.some((one) => one.on_leave));
});

test("staff print a card on one sheet", async () => {
  const centre = await stage.desk("centre");
  await centre.goto(`${stage.url}/console/#/residents`);
  await centre.getByTestId("resident-query").fill("丁桂英");
  await centre.getByTestId("resident-form-submit").click();
  await centre.locator("[data-testid^=card-]").first().click();
  await centre.getByTestId("card-qr").waitFor();
  assert.match(await centre.getByTestId("card-qr").getAttribute("data-link"), /\.2\.[\w-]{86}$/);
  await stage.look(centre, "14-print");
  const pdf = (await centre.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
  assert.equal(pdf.match(/\/Type\s*\/Page\b/g).length, 1, "one page");
  const [, width, height] = /\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf);
  // 105 × 148 mm in points.
  assert.ok(Math.abs(width - 297.6) < 2 && Math.abs(height - 419.5) < 2, `${width} × ${height}`);
});
