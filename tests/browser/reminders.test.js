// 上课提醒 and 台账: who is called, the phone's calendar; registers, a month, lists for 乐龄学堂.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import ICAL from "ical.js";
import { Stage, from } from "./stage.js";

let stage;
let centre;
let desk;
let learner;
let phone;
let klass;

const heading = (page, text) => page.locator("h1", { hasText: text }).waitFor();
const fits = async (page) => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));

async function narrow(page, name) {
  await page.setViewportSize({ width: 375, height: 812 });
  await stage.look(page, name);
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 900 });
}

const saved = async (page, testid) => {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId(testid).click()]);
  return file.suggestedFilename();
};

/** Another's parser finds in the file what the service says of each meeting. */
async function understood(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.register(new ICAL.Timezone(calendar.getFirstSubcomponent("vtimezone")));
  const events = calendar.getAllSubcomponents("vevent");
  const { meetings } = await centre("GET", `/classes/${klass.id}`);
  assert.ok(events.length > 0);
  for (const one of events) {
    const event = new ICAL.Event(one);
    const meeting = meetings.find(({ id }) => event.uid.startsWith(`meeting-${id}@`));
    const instant = (time) => time.toUnixTime() * 1000;
    assert.deepEqual([instant(event.startDate), instant(event.endDate)], [Date.parse(meeting.starts_at), Date.parse(meeting.ends_at)]);
    assert.equal(one.getFirstPropertyValue("status"), meeting.status === "planned" ? "CONFIRMED" : "CANCELLED");
    assert.ok(event.summary.includes(klass.name) && event.location.includes(meeting.room));
    const alarm = one.getFirstSubcomponent("valarm");
    if (meeting.status === "planned") assert.equal(alarm.getFirstPropertyValue("trigger").toSeconds(), -3600);
  }
  // The one that was moved has a number that rose.
  assert.ok(events.some((one) => new ICAL.Event(one).sequence > 0));
}

/** The first day of the month before this one, in Shanghai. */
function lastMonth() {
  const now = new Date(Date.now() + 8 * 3600_000);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 10);
}

before(async () => {
  stage = await Stage.set();
  centre = await stage.colleague("centre");
  learner = await stage.resident("许月娥", "1950-03-01");
  klass = (await centre("GET", "/classes")).items.find((one) => one.status === "open" && one.free > 0 && one.taken > 0);
  await learner.own("POST", `/classes/${klass.id}/enrolments`, { join_waitlist: false });
  // Whom WeChat does not reach is called a minute later: the other steps come first.
  const { meetings } = await centre("GET", `/classes/${klass.id}`);
  const next = meetings.find((one) => one.status === "planned" && Date.parse(one.starts_at) > Date.now() + 3600_000);
  await centre("POST", `/meetings/${next.id}/move`, { starts_at: from((Date.parse(next.starts_at) - Date.now()) / 1000 + 1800), reason: "场地有活动" });
  desk = await stage.desk("centre");
  phone = await stage.phone(learner);
});
after(() => stage?.close());

test("a learner takes the meetings into the phone's calendar", async () => {
  await phone.goto(`${stage.url}/m/#/classes/${klass.id}`);
  await phone.getByTestId("near").waitFor();
  await stage.look(phone, "reminders-1-class");
  const [file] = await Promise.all([phone.waitForEvent("download"), phone.getByTestId("calendar").click()]);
  assert.match(file.suggestedFilename(), new RegExp(`${klass.name}\\.ics`));
  await understood(await readFile(await file.path(), "utf8"));
  await phone.getByTestId("mode").click();
  await stage.look(phone, "reminders-2-class-standard");
  await fits(phone);
});

test("a term says when learners are reminded", async () => {
  await desk.goto(`${stage.url}/console/#/terms`);
  await desk.locator("[data-testid^=term-edit-]").first().click();
  assert.equal(await desk.getByTestId("field-remind_before_at").inputValue(), "18:00");
  await desk.getByTestId("field-remind_on_day_at").fill("");
  await stage.look(desk, "reminders-3-term");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("已保存。").waitFor();
  await desk.locator("[data-testid^=term-edit-]").first().click();
  assert.equal(await desk.getByTestId("field-remind_on_day_at").inputValue(), "");
  await desk.keyboard.press("Escape");
});

test("a register is saved", async () => {
  await desk.goto(`${stage.url}/console/#/classes/${klass.id}`);
  await desk.getByTestId("class-register").waitFor();
  await stage.look(desk, "reminders-4-class");
  assert.match(await saved(desk, "class-register"), /点名册.*\.xlsx/);
});

test("a month is closed, and a correction stands beside what is frozen", async () => {
  const first = lastMonth();
  await desk.goto(`${stage.url}/console/#/months?month=${first}`);
  await heading(desk, "台账");
  await stage.look(desk, "reminders-5-month");
  await desk.getByTestId("month-close").click();
  await stage.look(desk, "reminders-6-close");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByText("没有调整。").waitFor();
  const [kept] = (await centre("GET", `/months/${first}`)).classes;
  const { meetings } = await centre("GET", `/classes/${kept.class_id}`);
  const meeting = meetings.find((one) => one.starts_at.slice(0, 7) === first.slice(0, 7));
  const roll = await centre("GET", `/meetings/${meeting.id}/roll`);
  const came = roll.items.find((one) => one.status === "present");
  await centre("PUT", `/meetings/${meeting.id}/roll/${came.resident_id}`, { status: "absent", reason: "点错了人" });
  await desk.reload();
  await desk.getByTestId("adjustments").getByText("到 → 没到").waitFor();
  await stage.look(desk, "reminders-7-adjusted");
  await narrow(desk, "reminders-8-adjusted-phone");
  assert.match(await saved(desk, "month-sheet"), /台账.*\.xlsx/);
  const admin = await stage.desk("admin");
  await admin.goto(`${stage.url}/console/#/months?month=${first}`);
  await admin.getByTestId("month-reopen").click();
  await admin.getByRole("button", { name: "漏了一个班" }).click();
  await admin.getByTestId("dialog-submit").click();
  await admin.getByText("原因：漏了一个班").waitFor();
  await stage.look(admin, "reminders-9-reopened");
});

test("the columns of a list for the platform are chosen, looked at and saved", async () => {
  await desk.getByTestId("nav-exports").click();
  await heading(desk, "乐龄学堂");
  await desk.getByTestId("export-preview").locator("tbody tr").first().waitFor();
  await stage.look(desk, "reminders-10-export");
  await desk.getByTestId("column-heading-2").fill("学员姓名");
  await desk.keyboard.press("Tab");
  await desk.getByTestId("column-up-2").click();
  await desk.getByTestId("export-add").click();
  const last = (await desk.locator("[data-testid^=column-heading-]").count()) - 1;
  await desk.getByTestId(`column-heading-${last}`).fill("学员类别");
  await desk.getByTestId(`column-fixed-${last}`).fill("老年大学");
  await desk.keyboard.press("Tab");
  await desk.getByTestId("export-preview").getByText("老年大学", { exact: true }).first().waitFor();
  await stage.look(desk, "reminders-11-export-changed");
  await desk.getByTestId("export-save").click();
  await desk.getByText("保存了。").waitFor();
  await desk.getByTestId("export-state").getByText("教育中心陈老师").waitFor();
  assert.equal(await desk.getByTestId("column-heading-1").inputValue(), "学员姓名");
  await narrow(desk, "reminders-12-export-phone");
  assert.match(await saved(desk, "export-file"), /乐龄学堂学员.*\.xlsx/);
  await desk.getByTestId("export-attendance").click();
  await desk.getByTestId("export-preview").getByText("到课情况").waitFor();
});

test("whom WeChat does not reach is called and ticked off", { timeout: 180_000 }, async () => {
  await desk.goto(`${stage.url}/console/#/calls`);
  await heading(desk, "待电话提醒");
  const row = desk.locator("[data-testid^=call-row-]");
  for (let tries = 0; tries < 6 && !(await row.count()); tries += 1) await stage.comes(desk, row).catch(() => {});
  await row.first().getByText("场地有活动").waitFor();
  await stage.look(desk, "reminders-13-calls");
  await narrow(desk, "reminders-14-calls-phone");
  await desk.emulateMedia({ media: "print" });
  await stage.look(desk, "reminders-15-calls-paper");
  await desk.emulateMedia({ media: "screen" });
  const before = Number(await desk.getByTestId("count-calls").textContent());
  const name = (await row.first().locator("td.lead .strong").textContent()).replace("□ ", "");
  const reveal = desk.locator("[data-testid^=phone-]").first();
  if (await reveal.count()) {
    await reveal.click();
    await desk.getByTestId("call-number").waitFor();
    await stage.look(desk, "reminders-16-number");
    await desk.getByRole("button", { name: "关闭", exact: true }).click();
  }
  await desk.locator("[data-testid^=told-]").first().click();
  await desk.getByText(`${name}：已告知。`).waitFor();
  await desk.getByTestId("calls-told").click();
  await desk.locator("[data-testid^=call-row-]").filter({ hasText: name }).getByText("教育中心陈老师").waitFor();
  await stage.look(desk, "reminders-17-told");
  const left = desk.getByTestId("count-calls");
  assert.equal((await left.isVisible()) ? Number(await left.textContent()) : 0, before - 1);
});
