// 回访: the wish on the phone and from paper; the list, a call that led to nothing, the end.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;
let learner;
let phone;
let officer;

const heading = (page, text) => page.locator("h1", { hasText: text }).waitFor();

before(async () => {
  stage = await Stage.set();
  learner = await stage.resident("许月娥", "1945-03-01");
  phone = await stage.phone(learner);
  officer = await stage.desk("centre");
});
after(() => stage?.close());

test("who lives alone asks for a call by one tap, and takes it back", async () => {
  await phone.goto(`${stage.url}/m/#/profile`);
  await phone.getByTestId("care-link").click();
  await heading(phone, "关怀电话");
  await stage.look(phone, "care-1-phone");
  await phone.getByTestId("care-on").click();
  await phone.getByTestId("care-wanted").waitFor();
  await stage.look(phone, "care-2-wanted");
  await phone.getByTestId("care-off").click();
  await phone.getByTestId("care-on").waitFor();
  assert.equal((await learner.own("GET", "/me/papers")).care_call, false);
});

test("staff record the wish from paper", async () => {
  await officer.goto(`${stage.url}/console/#/residents`);
  await officer.getByTestId("resident-query").fill("许月娥");
  await officer.getByTestId("resident-form-submit").click();
  await officer.locator("[data-testid^=papers-]").first().click();
  await officer.getByTestId("record-care").click();
  await officer.getByTestId("dialog-submit").click();
  await officer.getByText("登记：不要了").waitFor();
  await stage.look(officer, "care-3-papers");
  assert.equal((await learner.own("GET", "/me/papers")).care_call, true);
});

test("a colleague takes a task, notes a call, and closes it with what was said", async () => {
  await officer.goto(`${stage.url}/console/#/care`);
  await heading(officer, "回访");
  const row = officer.locator("[data-testid^=care-row-]").first();
  await stage.comes(officer, row);
  await stage.look(officer, "care-4-list");
  const before = Number(await officer.getByTestId("count-care").textContent());
  await row.click();
  await officer.getByTestId("care-take").click();
  await officer.getByTestId("care-put-back").waitFor();
  await officer.getByTestId("care-note").click();
  await officer.getByRole("button", { name: "没人接，晚点再打" }).click();
  await officer.getByTestId("dialog-submit").click();
  await officer.getByText("打过电话").waitFor();
  await stage.look(officer, "care-5-task");
  await officer.setViewportSize({ width: 375, height: 812 });
  await stage.look(officer, "care-6-task-phone");
  assert.ok(await officer.evaluate(() => document.documentElement.scrollWidth <= 375));
  await officer.setViewportSize({ width: 1280, height: 900 });
  await officer.getByTestId("care-close").click();
  await officer.getByTestId("field-outcome").selectOption("comes_again");
  await officer.getByTestId("field-said").fill("带孙子，下周来。");
  await stage.look(officer, "care-7-close");
  await officer.getByTestId("dialog-submit").click();
  await officer.getByText("带孙子，下周来。").first().waitFor();
  await officer.goto(`${stage.url}/console/#/care?closed=1`);
  await officer.locator("[data-testid^=care-row-]").filter({ hasText: "带孙子，下周来。" }).waitFor();
  await stage.look(officer, "care-8-closed");
  const left = officer.getByTestId("count-care");
  assert.equal((await left.isVisible()) ? Number(await left.textContent()) : 0, before - 1);
});
