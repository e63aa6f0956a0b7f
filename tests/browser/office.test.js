// What the centre decides: what a site's new classes begin with, more people than places, a
// class that begins with few, one that does not and its sister, a family member by telephone,
// and a full class at the counter.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { farFromNow } from "./demo.js";
import { Stage, day, running } from "./stage.js";

let stage;
let centre;
let desk;
let term;
let made;

const open = (hash) => desk.goto(`${stage.url}/console/#${hash}`);
const said = (words) => desk.getByTestId("toast").filter({ hasText: words }).waitFor();

before(async () => {
  stage = await Stage.set();
  centre = await stage.colleague("centre");
  desk = await stage.desk("centre");
  term = running((await centre("GET", "/terms")).items);
  const first = async (path) => (await centre("GET", path)).items[0].id;
  const [course_id, teacher_id] = [await first("/courses"), await first("/teachers")];
  made = (name, weekday, more) => centre("POST", "/classes", {
    term_id: term.id, course_id, teacher_id, name, room: name, weekday, start_minute: farFromNow(),
    duration_minutes: 90, meeting_count: 8, capacity: 3, held_percent: 0, ...more,
  });
});
after(() => stage?.close());

/** Signs up, in a class that is open. */
async function placed(name, id) {
  const person = await stage.resident(name, "1957-03-01");
  await person.own("POST", `/classes/${id}/enrolments`, { join_waitlist: false });
  return person;
}

test("a site says what its new classes begin with, and a new term proposes its end", async () => {
  await open("/sites");
  const site = (await centre("GET", "/sites")).items.find((one) => one.community_id);
  await desk.getByTestId(`site-edit-${site.id}`).click();
  await desk.getByTestId("field-residence").selectOption("own_only");
  await desk.getByTestId("field-min_people").fill("4");
  await desk.getByTestId("field-offer_hours").fill("6");
  await stage.look(desk, "office-site");
  await desk.getByTestId("dialog-submit").click();
  await said("已保存");
  const one = await made("学习点新班", 6, { site_id: site.id });
  assert.deepEqual([one.residence, one.offer_hours], ["own_only", 6]);

  await open("/terms");
  await desk.getByTestId("term-new").click();
  await desk.getByTestId("field-first_day").fill("2027-03-01");
  assert.equal(await desk.getByTestId("field-last_day").inputValue(), "2027-06-20");
  assert.equal(await desk.getByTestId("field-enrolment_closes_at").inputValue(), "2027-03-28T17:00");
  await stage.look(desk, "office-term");
  await desk.keyboard.press("Escape");
});

test("fewer places than people: with a reason, and nobody loses theirs", async () => {
  const { id } = await made("减名额班", 7, { site_id: (await centre("GET", "/sites")).items[0].id });
  for (const name of ["甲学员", "乙学员"]) await placed(name, id);
  await open(`/classes/${id}`);
  await desk.getByTestId("class-edit").click();
  await desk.getByTestId("field-capacity").fill("1");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("已经有 2 人占了名额").waitFor();
  await stage.look(desk, "office-below");
  await desk.getByTestId("field-overbooked_for").fill("换到小教室");
  await desk.getByTestId("dialog-submit").click();
  await said("已保存");
  await desk.getByText("退一个少一个").waitFor();
  await stage.look(desk, "office-cut");
});

test("a full class at the counter: the list, in one click", async () => {
  const { id } = await made("一人班", 5, { site_id: (await centre("GET", "/sites")).items[0].id, capacity: 1 });
  await placed("先来的人", id);
  const person = await stage.resident("后来的人", "1956-02-03");
  const { learner_number: number } = await person.own("GET", "/me");
  await open(`/counter?class=${id}`);
  await desk.getByTestId("field-who").fill(number);
  await desk.keyboard.press("Enter");
  await desk.getByTestId("counter-known").locator("button").first().click();
  await desk.getByTestId("counter-submit").click();
  await desk.getByTestId("counter-wait").waitFor();
  await stage.look(desk, "office-full");
  await desk.getByTestId("counter-wait").click();
  await desk.getByTestId("counter-done").waitFor();
  assert.match(await desk.getByTestId("counter-outcome").innerText(), /后来的人：候补/);
});

test("a son is entered after a call, and acts", async () => {
  await stage.resident("周阿婆", "1948-03-01");
  const son = await stage.resident("周小军", "1975-06-06");
  const { learner_number: number } = await son.own("GET", "/me");
  await open("/residents");
  await desk.getByTestId("resident-query").fill("周阿婆");
  await desk.getByTestId("resident-form-submit").click();
  await desk.locator('[data-testid^="resident-row-"]', { hasText: "周阿婆" }).locator('[data-testid^="family-"]').click();
  await desk.getByTestId("family-enter").click();
  const form = desk.getByTestId("family-form");
  await form.getByTestId("field-delegate_number").fill(number);
  await form.getByTestId("field-relation").selectOption("son");
  await form.getByTestId("field-way").selectOption("phone");
  await stage.look(desk, "office-family-form");
  await form.getByTestId("dialog-submit").click();
  await form.getByTestId("error").waitFor();
  await form.getByTestId("field-agreed").check();
  await form.getByTestId("dialog-submit").click();
  await desk.locator('[data-testid^="family-row-"]', { hasText: "周小军" }).waitFor();
  await stage.look(desk, "office-family");
  const phone = await stage.phone(son);
  await phone.goto(`${stage.url}/m/#/family`);
  await phone.getByTestId("family-act").click();
  assert.match(await phone.getByTestId("acting").textContent(), /正在帮 周/);
});

test("of two classes with few people one begins, and from the other one changes by a tap", async () => {
  const site_id = (await centre("GET", "/sites")).items[0].id;
  const rules = { residence: "everyone", previous_needed: false, min_people: 3 };
  const [stays, goes] = [await made("留下班", 3, { site_id }), await made("停开班", 4, { site_id })];
  for (const { id } of [stays, goes]) await centre("PUT", `/classes/${id}/rules`, rules);
  const person = await placed("等换班的人", goes.id);
  // Three days before the first day have passed already.
  await centre("PUT", `/terms/${term.id}`, { ...term, first_day: day(2), last_day: day(100) });
  await open(`/terms/${term.id}/running`);
  await stage.comes(desk, desk.getByTestId(`keep-open-${stays.id}`));
  await stage.look(desk, "office-running");
  await desk.getByTestId(`keep-open-${stays.id}`).click();
  await desk.getByTestId("field-reason").fill("人数还会增加");
  await desk.getByTestId("dialog-submit").click();
  await said("照常开班");
  await desk.getByTestId(`cancel-${goes.id}`).click();
  await desk.getByTestId("field-sister_id").selectOption(String(stays.id));
  await desk.getByTestId("field-reason").fill("报名人数不够");
  await stage.look(desk, "office-cancel");
  await desk.getByTestId("dialog-submit").click();
  await said("已停开");

  const phone = await stage.phone(person);
  await phone.goto(`${stage.url}/m/#/messages`);
  const notice = phone.getByTestId("notice").filter({ hasText: "留下班" });
  await stage.comes(phone, notice);
  await stage.look(phone, "office-notice");
  await notice.getByRole("link").first().click();
  const other = phone.getByTestId("sister-class").filter({ hasText: "留下班" });
  await other.getByTestId("change-class").click();
  await other.getByTestId("change-class-confirm").click();
  await phone.getByText("换好了，您现在在“留下班”。").first().waitFor();
  await stage.look(phone, "office-changed");
});
