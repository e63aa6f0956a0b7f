// 学业: the life record on the phone, results and figures in the console.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;
let phone;
let learner;
let desk;

const heading = (page, text) => page.locator("h1", { hasText: text }).waitFor();

before(async () => {
  stage = await Stage.set();
  learner = await stage.resident("许月娥", "1950-03-01");
  phone = await stage.phone(learner);
  desk = await stage.desk("centre");
});
after(() => stage?.close());

test("a learner finds their record, which is empty at first", async () => {
  await phone.goto(`${stage.url}/m/#/hours`);
  await phone.getByRole("link", { name: "学习档案" }).click();
  await heading(phone, "学习档案");
  await phone.getByTestId("record-sum").waitFor();
  await stage.look(phone, "learning-1-record");
  await phone.getByTestId("mode").click();
  await stage.look(phone, "learning-2-record-elder");
  assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= 375));
});

test("the record is fetched as a file", async () => {
  const [file] = await Promise.all([phone.waitForEvent("download"), phone.getByTestId("record-file").click()]);
  assert.match(file.suggestedFilename(), /许月娥的学习档案.*\.xlsx/);
});

test("staff see who learnt how much, and let somebody pass", async () => {
  await desk.goto(`${stage.url}/console/#/classes/1`);
  await desk.getByTestId("tab-results").click();
  await heading(desk, "结业");
  await desk.locator("[data-testid^=pass-]").nth(1).click();
  await desk.getByTestId("toast").waitFor();
  await stage.look(desk, "learning-3-results");
  await desk.setViewportSize({ width: 375, height: 812 });
  await stage.look(desk, "learning-4-results-phone");
  assert.ok(await desk.evaluate(() => document.documentElement.scrollWidth <= 375));
  await desk.setViewportSize({ width: 1280, height: 900 });
});

test("a teacher finds the class that ended, with its certificates", async () => {
  const teacher = await stage.desk("teacher");
  await teacher.goto(`${stage.url}/console/#/meetings`);
  const ended = teacher.getByTestId("my-classes").locator("li").filter({ hasText: "农耕文化·上期班" });
  await ended.getByText("已结束").waitFor();
  await stage.look(teacher, "learning-6-teacher");
  await ended.getByRole("link").click();
  await heading(teacher, "农耕文化·上期班：结业");
  const rows = teacher.locator("[data-testid^=result-row-]");
  assert.equal(await rows.filter({ hasText: "证书" }).count(), 5);
  assert.equal(await rows.count(), 6);
  assert.equal(await teacher.getByTestId("issue").count(), 0, "the centre hands them out");
  await stage.look(teacher, "learning-7-ended");
  await teacher.setViewportSize({ width: 375, height: 812 });
  await stage.look(teacher, "learning-8-ended-phone");
  assert.ok(await teacher.evaluate(() => document.documentElement.scrollWidth <= 375));
});

test("staff see person-times beside the plan's goals", async () => {
  await desk.getByTestId("nav-figures").click();
  await desk.getByTestId("figure-sum").getByText("目标一年 5000").waitFor();
  await stage.look(desk, "learning-5-figures");
  await desk.getByLabel("从哪天").fill("2020-01-01");
  await desk.getByLabel("到哪天").fill("2020-12-31");
  await desk.getByTestId("form-submit").click();
  await desk.getByText("这段时间没有人上课。").first().waitFor();
});

test("whoever has a number sees whether it stands", async () => {
  await phone.goto(`${stage.url}/m/#/verify/CYS-2026-00000000`);
  await phone.getByText("没有这个编号的证书").first().waitFor();
});
