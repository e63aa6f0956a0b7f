// What is asked of an old learner before a sign-up, one page after the other; and what
// staff do about a class with too few people.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage, day, running } from "./stage.js";

let stage;

before(async () => { stage = await Stage.set(); });
after(() => stage?.close());

test("papers are asked for one after the other, and a class with too few people is decided about", async () => {
  const centre = await stage.colleague("centre");
  const desk = await stage.desk("centre");
  await desk.goto(`${stage.url}/console/#/pledge`);
  await desk.getByTestId("field-body").fill("我身体健康，可以上课。\n我按时来，不来先请假。\n路上注意安全。");
  await desk.getByTestId("pledge-form-submit").click();
  await desk.getByTestId("toast").waitFor();
  await stage.look(desk, "pledge-office");
  const term = running((await centre("GET", "/terms")).items);
  await centre("PUT", `/terms/${term.id}`, { ...term, pledge_needed: true, first_day: day(2), last_day: day(100) });
  const one = (await stage.call("GET", "/classes?free=true")).items[0];

  const page = await stage.phone(await stage.resident("王老太", "1943-03-01"));
  await page.goto(`${stage.url}/m/#/classes/${one.id}`);
  await page.getByTestId("papers").waitFor();
  await stage.look(page, "papers");
  await page.getByTestId("signup-button").click();
  await page.getByTestId("pledge-sign").click();
  await page.getByText("请先在上面的方框里打勾。").first().waitFor();
  await stage.look(page, "pledge");
  await page.getByTestId("pledge-check").check();
  await page.getByTestId("pledge-sign").click();
  await page.getByTestId("signup-button").click();
  await page.getByTestId("relative-name").fill("王小红");
  await page.locator('[data-testid="relative-relation"][value="女儿"]').check();
  await page.getByTestId("relative-phone").fill("13900001111");
  await stage.look(page, "relative");
  await page.getByTestId("relative-save").click();
  await page.getByText("请先问过家人").first().waitFor();
  await page.getByTestId("relative-agrees").check();
  await page.getByTestId("relative-save").click();
  await page.getByTestId("signup-button").click();
  await page.getByTestId("signup-result").waitFor();
  await stage.look(page, "placed");

  // On paper, and barred.
  const [person] = (await centre("GET", `/residents?q=${encodeURIComponent("王老太")}`)).items;
  await desk.goto(`${stage.url}/console/#/residents/${person.id}/papers?name=${encodeURIComponent(person.name)}`);
  await desk.getByTestId("reveal-relative").click();
  assert.equal(await desk.getByTestId("relative-phone").textContent(), "13900001111");
  await desk.keyboard.press("Escape");
  await desk.getByTestId("bar").click();
  await desk.getByTestId("field-reason").fill("多次报名不来上课");
  await stage.look(desk, "bar");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("多次报名不来上课").waitFor();
  await stage.look(desk, "papers-office");

  // Fewer people than needed: listed two days before the term, and one decision.
  await desk.goto(`${stage.url}/console/#/terms/${term.id}/running`);
  await desk.getByTestId("left").or(desk.getByTestId("empty")).first().waitFor();
  await stage.look(desk, "running");
  await desk.goto(`${stage.url}/console/#/classes/${one.id}`);
  await desk.getByTestId("class-rules").click();
  await desk.getByTestId("rules-dialog").waitFor();
  await stage.look(desk, "rules");
  await desk.getByTestId("field-min_people").fill("1");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("1 人", { exact: true }).waitFor();
  await desk.getByTestId("class-edit").click();
  await desk.getByTestId("field-capacity").fill("1");
  await stage.look(desk, "capacity");
  await desk.keyboard.press("Escape");
  await desk.getByTestId("class-cancel").click();
  await desk.getByTestId("reason-dialog").waitFor();
  await stage.look(desk, "cancel");
  await desk.getByTestId("field-reason").fill("老师生病");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("这个班已经停开").waitFor();

  await page.goto(`${stage.url}/m/#/mine`);
  await page.getByTestId("enrolment-status").first().waitFor();
  await stage.look(page, "cancelled");
});
