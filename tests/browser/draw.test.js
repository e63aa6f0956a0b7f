// A term with wishes and a draw, as people see it: a page that goes on by itself when the
// time is up, two colleagues who enter the seed, and a result that a script repeats.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Stage, day, from } from "./stage.js";

const VERIFY = new URL("../draw/verify.py", import.meta.url).pathname;
const SOON_S = 30;

let stage;

before(async () => { stage = await Stage.set(); });
after(() => stage?.close());

/** The demo's term, with wishes that close soon, and a class of one more place. */
async function plan(centre) {
  const term = await stage.call("GET", "/terms/current");
  const { name, max_classes_per_person, min_age } = term;
  await centre("PUT", `/terms/${term.id}`, { name, max_classes_per_person, min_age, first_day: day(25), last_day: day(140), enrolment_opens_at: from(20 * 86400), enrolment_closes_at: from(40 * 86400) });
  await centre("PUT", `/terms/${term.id}/plan`, {
    wishes_open_at: from(-60), wishes_close_at: from(SOON_S), seed_at: from(SOON_S + 8), seed_source: "排列5第26338期",
    confirm_until: from(10 * 86400), most_classes: 2, newcomer_percent: 30,
  });
  const hot = (await stage.call("GET", "/classes?free=true")).items[0];
  const { teacher_id } = await centre("GET", `/classes/${hot.id}`);
  await centre("PUT", `/classes/${hot.id}`, { name: hot.name, room: hot.room, capacity: hot.taken + 1, teacher_id });
  return { term, hot };
}

test("wishes are drawn before everybody's eyes", async () => {
  const [centre, admin] = [await stage.colleague("centre"), await stage.colleague("admin")];
  const people = [await stage.resident("王秀英", "1956-03-01"), await stage.resident("李桂兰", "1956-03-01")];
  const { term, hot } = await plan(centre);
  await people[1].own("PUT", "/me/wishes", { class_ids: [hot.id] });

  const page = await stage.phone(people[0]);
  await page.goto(`${stage.url}/m/#/classes/${hot.id}`);
  await page.getByTestId("wish-button").click();
  await page.getByTestId("wish").waitFor();
  await stage.look(page, "wishes");
  await page.locator('[data-testid="phase"][data-phase="draw"]').waitFor({ timeout: (SOON_S + 30) * 1000 });

  const office = await stage.desk("centre");
  await office.goto(`${stage.url}/console/#/terms/${term.id}/draw`);
  const hash = await office.getByTestId("list-hash").textContent();
  await office.getByTestId("seed-enter").click({ timeout: 30_000 });
  await office.getByTestId("field-seed").fill("12345");
  await office.getByTestId("dialog-submit").click();
  await office.getByTestId("seed-entered").waitFor();
  const { phases } = await centre("GET", `/terms/${term.id}/draw`);
  await admin("POST", `/draws/${phases.draw.id}/seed`, { seed: "12345" });
  await office.getByTestId("draw-lost").waitFor({ timeout: 30_000 });
  await stage.look(office, "drawn");

  const won = [];
  for (const person of people) {
    const own = await stage.phone(person);
    await own.goto(`${stage.url}/m/#/draw`);
    const drawn = (await own.getByTestId("draw-outcome").textContent()).includes("请去确认");
    won.push(drawn);
    assert.equal(await own.getByTestId("list-hash").textContent(), hash);
    await stage.look(own, `draw-${won.length}`);
    if (!drawn) continue;
    await own.getByRole("link", { name: "去确认" }).click();
    await own.getByTestId("offer-accept").click();
    await own.getByText(`报上了“${hot.name}”。`).first().waitFor();
    await stage.look(own, "confirmed");
  }
  assert.deepEqual(won.sort(), [false, true]);

  const file = join(stage.demo.data, "result.txt");
  await writeFile(file, await (await fetch(`${stage.url}/api/draws/${phases.draw.id}/result.txt`)).text());
  assert.equal(execFileSync("python3", [VERIFY, file], { encoding: "utf8" }), `名单 ${hash}\n结果相符\n`);
});
