// An opening as people meet it: the countdown that turns by itself, a class that is full
// before one taps, the list, the offer, another class instead; an answer that is lost.
// Beside it what staff see.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { farFromNow } from "./demo.js";
import { Stage, day, from, running } from "./stage.js";

let stage;
let centre;
let term;
let small;
let large;

before(async () => {
  stage = await Stage.set();
  centre = await stage.colleague("centre");
  term = running((await centre("GET", "/terms")).items);
  term = { ...term, first_day: day(2), last_day: day(100) };
  await centre("PUT", `/terms/${term.id}`, term);
  const first = async (path) => (await centre("GET", path)).items[0].id;
  const [course_id, teacher_id, site_id] = [await first("/courses"), await first("/teachers"), await first("/sites")];
  const open = (name, room, weekday, capacity) => centre("POST", "/classes", {
    term_id: term.id, course_id, teacher_id, site_id, name, room, capacity, weekday, start_minute: farFromNow(), duration_minutes: 90, meeting_count: 8, held_percent: 0,
  });
  small = await open("晚间一班", "夜校甲", 6, 1);
  large = await open("晚间二班", "夜校乙", 7, 5);
});
after(() => stage?.close());

/** Taps, and once more where it is asked whether one is sure. */
async function surely(page, id) {
  await page.getByTestId(id).click();
  await page.getByTestId(`${id}-confirm`).click();
}

test("the page of a class turns by itself when its sign-up begins", async () => {
  await centre("PUT", `/terms/${term.id}`, { ...term, enrolment_opens_at: from(12) });
  const page = await stage.phone(await stage.resident("早到的人", "1958-03-01"));
  await page.goto(`${stage.url}/m/#/`);
  await page.getByTestId("countdown").waitFor();
  await stage.look(page, "opening-home");
  await page.goto(`${stage.url}/m/#/classes/${large.id}`);
  await page.getByTestId("countdown").waitFor();
  assert.equal(await page.getByTestId("signup-button").count(), 0);
  await stage.look(page, "opening-before");
  // Nobody reloads anything.
  await page.getByTestId("signup-button").waitFor({ timeout: 30_000 });
  assert.equal(await page.getByTestId("countdown").count(), 0);
  await stage.look(page, "opening-begun");
});

test("a class is full before one taps: the list, the offer, and another class instead", async () => {
  const [one, two] = [await stage.resident("手快的人", "1957-01-01"), await stage.resident("手慢的人", "1957-02-02")];
  const [fast, slow] = [await stage.phone(one), await stage.phone(two)];
  const path = `${stage.url}/m/#/classes/${small.id}`;
  await slow.goto(path);
  await slow.getByTestId("signup-button").waitFor();
  await fast.goto(path);
  await fast.getByTestId("signup-button").click();
  await fast.getByTestId("signup-result").waitFor();

  await slow.getByTestId("signup-button").click();
  const problem = slow.getByTestId("problem");
  await problem.waitFor();
  assert.equal(await problem.getAttribute("data-code"), "class_full");
  assert.match(await problem.innerText(), /晚间二班[\s\S]*候补/);
  await stage.look(slow, "opening-full");
  await slow.getByTestId("join-waitlist").click();
  const result = slow.getByTestId("signup-result");
  await result.waitFor();
  assert.equal(await result.getAttribute("data-outcome"), "waiting");
  assert.match(await slow.locator("main").innerText(), /您排在第 1 位/);

  const desk = await stage.desk("centre");
  await desk.goto(`${stage.url}/console/#/terms/${term.id}/opening`);
  const line = desk.getByTestId("opening-classes").locator("tr", { hasText: "晚间一班" });
  await line.waitFor();
  assert.match((await line.innerText()).replace(/\s+/g, " "), /晚间一班 1 1 0 1/);
  await desk.getByTestId("opening-ends").getByText("班已满").first().waitFor();
  await stage.look(desk, "opening-live");

  await fast.goto(`${stage.url}/m/#/mine`);
  await fast.getByTestId("enrolment").waitFor();
  await surely(fast, "withdraw");
  await fast.getByText("已退掉“晚间一班”。").first().waitFor();

  const offer = slow.getByTestId("offer");
  await slow.goto(`${stage.url}/m/#/mine`);
  await stage.comes(slow, offer);
  await stage.look(slow, "opening-offer");
  await slow.getByTestId("offer-accept").click();
  await slow.getByText("报上了“晚间一班”。").first().waitFor();

  await slow.getByTestId("change-class-link").click();
  const other = slow.getByTestId("sister-class").filter({ hasText: "晚间二班" });
  await other.getByTestId("change-class").click();
  await stage.look(slow, "opening-change");
  await other.getByTestId("change-class-confirm").click();
  await slow.getByText("换好了，您现在在“晚间二班”。").first().waitFor();
  await stage.look(slow, "opening-changed");
});

test("an answer that is lost on its way is asked for again, and nobody is in twice", async () => {
  const person = await stage.resident("信号差的人", "1956-06-06");
  const page = await stage.phone(person);
  const keys = [];
  await page.route("**/enrolments", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.goto(`${stage.url}/m/#/classes/${small.id}`);
  await page.getByTestId("signup-button").click();
  await page.getByTestId("problem").waitFor();
  await stage.look(page, "opening-lost");
  await page.getByTestId("retry").or(page.getByTestId("signup-button")).first().click();
  await page.getByTestId("signup-result").waitFor();
  await stage.look(page, "opening-found");
  assert.equal(keys.length, 2);
  assert.ok(keys[0] && keys[0] === keys[1], "the same request");
  const { items } = await person.own("GET", "/me/enrolments");
  assert.deepEqual(items.map((one) => [one.class.name, one.status]), [["晚间一班", "placed"]]);
});
