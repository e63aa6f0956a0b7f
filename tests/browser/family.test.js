// 家人: a mother shows a code, her daughter enters it and signs her up; the mother sees who
// did it and ends it, and the daughter is refused at once.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;

before(async () => { stage = await Stage.set(); });
after(() => stage?.close());

async function familyPage(name, birth_date) {
  const page = await stage.phone(await stage.resident(name, birth_date));
  await page.goto(`${stage.url}/m/#/family`);
  return page;
}

test("a daughter acts for her mother, openly and until the mother says no", async () => {
  const mother = await familyPage("王秀英", "1952-03-01");
  const daughter = await familyPage("小丽");

  await mother.getByTestId("family-show-open").click();
  await stage.look(mother, "family-ask");
  await mother.getByTestId("family-show").click();
  const code = await mother.getByTestId("family-shown").textContent();
  await stage.look(mother, "family-code");

  await daughter.getByTestId("family-join-open").click();
  await daughter.getByTestId("family-code").fill(code);
  await daughter.getByTestId("family-name").fill("王小丽");
  await daughter.getByTestId("family-daughter").check();
  await stage.look(daughter, "family-join");
  await daughter.getByTestId("family-join").click();
  await daughter.getByTestId("family-act").click();
  assert.match(await daughter.getByTestId("acting").textContent(), /正在帮 王.* 办/);
  await stage.look(daughter, "family-acting");

  const free = (await stage.call("GET", "/classes?free=true")).items[0];
  await daughter.goto(`${stage.url}/m/#/classes/${free.id}`);
  await daughter.getByTestId("signup-button").click();
  await daughter.locator('[data-testid="signup-result"][data-outcome="placed"]').waitFor();
  assert.ok(await daughter.getByTestId("acting").isVisible());
  await stage.look(daughter, "family-signed-up");
  await daughter.goto(`${stage.url}/m/#/messages`);
  await daughter.getByTestId("acting-own").waitFor();
  await stage.look(daughter, "family-own-only");

  await mother.goto(`${stage.url}/m/#/mine`);
  assert.match(await mother.getByTestId("by-family").textContent(), /报上了：女儿王.+代报/);
  await stage.look(mother, "family-mine");
  await mother.goto(`${stage.url}/m/#/messages`);
  await stage.comes(mother, mother.getByTestId("notice").filter({ hasText: "您的女儿替您报上了" }));
  await mother.goto(`${stage.url}/m/#/family`);
  await mother.getByTestId("family-end").click();
  await mother.getByTestId("family-end-confirm").click();
  await mother.locator("#main").getByText("已经取消。").waitFor();
  await stage.look(mother, "family-ended");

  await daughter.goto(`${stage.url}/m/#/mine`);
  await daughter.locator('[data-testid="problem"][data-code="not_delegate"]').waitFor();
  assert.equal(await daughter.getByTestId("acting").count(), 0);
  await stage.look(daughter, "family-refused");

  const office = await stage.desk("centre");
  await office.goto(`${stage.url}/console/#/classes/${free.id}/learners`);
  await office.locator('[data-testid^="learner-row-"]', { hasText: "王秀英" }).locator('[data-testid^="history-"]').click();
  await office.getByTestId("history").getByText("女儿王小丽代报").waitFor();
  await stage.look(office, "family-history");
  await office.keyboard.press("Escape");
  await office.goto(`${stage.url}/console/#/residents`);
  // The page of the learners has a search of the same name.
  await office.getByTestId("residents-export").waitFor();
  await office.getByTestId("resident-query").fill("王秀英");
  await office.getByTestId("resident-form-submit").click();
  await office.locator('[data-testid^="resident-row-"]', { hasText: "王秀英" }).last().locator('[data-testid^="family-"]').click();
  await office.getByTestId("family-enter").click();
  await office.getByTestId("family-form").waitFor();
  await stage.look(office, "family-console");
});
