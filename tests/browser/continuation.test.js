// 续读: staff plan the phases of the next term in the console; who was in the course keeps
// their place by one tap, and wishes come after.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage, day, from, running } from "./stage.js";

let stage;

before(async () => { stage = await Stage.set(); });
after(() => stage?.close());

/** As a field of date and time takes it, so many days from now. */
const at = (days) => new Date(Date.now() + days * 86_400_000 + 8 * 3_600_000).toISOString().slice(0, 16);

test("who was in the course before keeps a place by one tap", async () => {
  const centre = await stage.colleague("centre");
  const old = running((await centre("GET", "/terms")).items);
  const person = await stage.resident("老学员", "1957-03-01");
  const was = (await stage.call("GET", "/classes?free=true")).items[0];
  await person.own("POST", `/classes/${was.id}/enrolments`, { join_waitlist: false });
  // The sample term is over.
  await centre("PUT", `/terms/${old.id}`, { ...old, first_day: day(-100), last_day: day(-2), enrolment_opens_at: from(-110 * 86400), enrolment_closes_at: from(-100 * 86400) });

  const desk = await stage.desk("centre");
  await desk.goto(`${stage.url}/console/#/terms`);
  await desk.getByTestId("term-new").click();
  await desk.getByTestId("field-name").fill("下一学期");
  await desk.getByTestId("field-first_day").fill(day(30));
  await desk.getByTestId("field-enrolment_opens_at").fill(at(25));
  await desk.getByTestId("dialog-submit").click();
  await desk.getByTestId("toast").waitFor();
  const term = (await centre("GET", "/terms")).items.find((one) => one.name === "下一学期");
  const { course_id, teacher_id, site_id } = await centre("GET", `/classes/${was.id}`);
  const next = await centre("POST", "/classes", { term_id: term.id, course_id, teacher_id, site_id, name: "续读班", room: "201", weekday: 3, start_minute: 540, duration_minutes: 90, meeting_count: 16, capacity: 5 });

  await desk.goto(`${stage.url}/console/#/terms/${term.id}/draw`);
  await desk.getByTestId("plan-edit").click();
  const fill = async (values) => { for (const [name, value] of Object.entries(values)) await desk.getByTestId(`field-${name}`).fill(value); };
  // What is proposed stands in order; only the beginning is brought forward, and the order is minded.
  await fill({ continuation_opens_at: at(-0.1), continuation_closes_at: at(3), wishes_open_at: at(3), wishes_close_at: at(2), seed_at: at(9), confirm_until: at(12), seed_source: "排列5第26360期" });
  await desk.getByTestId("dialog-submit").click();
  await desk.getByTestId("plan-dialog").getByTestId("error").waitFor();
  await stage.look(desk, "continuation-plan");
  await fill({ wishes_close_at: at(8) });
  await desk.getByTestId("dialog-submit").click();
  await desk.getByTestId("plan").waitFor();
  await stage.look(desk, "continuation-planned");

  const page = await stage.phone(person);
  await page.goto(`${stage.url}/m/#/`);
  await page.getByTestId("phase").first().waitFor();
  await stage.look(page, "continuation-home");
  await page.goto(`${stage.url}/m/#/wishes`);
  const kept = page.getByTestId("continuation").filter({ hasText: "续读班" });
  await kept.waitFor();
  await stage.look(page, "continuation");
  await kept.getByTestId("keep").click();
  await page.getByText("名额已经为您保留。").first().waitFor();
  await stage.look(page, "continuation-kept");
  const { items } = await person.own("GET", "/me/enrolments");
  assert.deepEqual(items.filter((one) => one.class.id === next.id).map((one) => one.status), ["placed"]);
  // Somebody who was not is told when they can come.
  const newcomer = await stage.phone(await stage.resident("新学员", "1957-03-01"));
  await newcomer.goto(`${stage.url}/m/#/wishes`);
  await newcomer.getByText("您上学期没有可以续读的班").waitFor();
  await stage.look(newcomer, "continuation-none");
});
