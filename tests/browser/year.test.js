// The year's plan: projects, activities, volunteers, clubs; by whoever would use them.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage, day, from } from "./stage.js";

let stage;
let centre;
let person;
let phone;
let officer;

const heading = (page, text) => page.locator("h1", { hasText: text }).waitFor();
const fits = async (page) => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), page.url());

/** At desktop width, then as on a phone. */
async function both(page, name) {
  await stage.look(page, name);
  await page.setViewportSize({ width: 375, height: 812 });
  await stage.look(page, `${name}-phone`);
  await fits(page);
  await page.setViewportSize({ width: 1280, height: 900 });
}

before(async () => {
  stage = await Stage.set();
  centre = await stage.colleague("centre");
  person = await stage.resident("许月娥", "1950-03-01");
  phone = await stage.phone(person);
  officer = await stage.desk("officer");
});
after(() => stage?.close());

test("an officer holds an activity: makes it, and people find it on the phone", async () => {
  await officer.getByTestId("nav-activities").click();
  await heading(officer, "活动");
  await officer.getByTestId("activity-table").getByText("重阳编结义卖").waitFor();
  await both(officer, "year-1-activities");
  await officer.getByTestId("activity-new").click();
  await heading(officer, "办活动");
  await officer.getByTestId("field-name").fill("包粽子");
  await officer.getByTestId("field-kind").selectOption("reading");
  await officer.getByTestId("field-site_id").selectOption({ index: 1 });
  await officer.getByTestId("field-room").fill("门厅");
  await officer.getByTestId("field-lecturer").fill("王阿婆");
  await officer.getByTestId("field-capacity").fill("12");
  await officer.getByTestId("time-day-0").fill(day(17));
  await officer.getByTestId("field-programme").fill("带上自己的围裙。");
  await both(officer, "year-2-new");
  await officer.getByTestId("activity-form-submit").click();
  await heading(officer, "包粽子");
  await both(officer, "year-3-made");
});

test("a resident signs up in four taps and is told so", async () => {
  await phone.goto(`${stage.url}/m/#/`);
  await phone.getByTestId("activities-link").click();
  await heading(phone, "活动");
  await stage.look(phone, "year-4-phone-list");
  await fits(phone);
  await phone.getByTestId("activity-card").filter({ hasText: "包粽子" }).click();
  await phone.getByTestId("signup-button").waitFor();
  await stage.look(phone, "year-5-phone-activity");
  await phone.getByTestId("signup-button").click();
  await phone.getByTestId("signup-result").waitFor();
  await stage.look(phone, "year-6-phone-joined");
  await phone.goto(`${stage.url}/m/#/mine`);
  await phone.getByText("看这个活动").click();
  await phone.getByTestId("activity-mine").waitFor();
  await fits(phone);
});

test("heads are counted, photos kept, and the end is written down", async () => {
  const { items } = await centre("GET", "/activities");
  const held = items.find((one) => one.name === "重阳编结义卖");
  assert.deepEqual([held.sum.person_times, held.sum.heads], [6, 140]);
  const desk = await stage.desk("centre");
  const { id } = await centre("POST", "/activities", {
    kind: "exhibition", name: "今天的小展", site_id: held.site_id, room: "走廊", lecturer: "王阿婆", capacity: 50, residence: "everyone", open_door: true,
    times: [{ starts_at: from(-60), ends_at: from(3600) }],
  });
  await desk.goto(`${stage.url}/console/#/activities/${id}`);
  await heading(desk, "今天的小展");
  await desk.locator("[data-testid^=time-heads-]").click();
  await desk.getByTestId("field-people").fill("31");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByTestId("activity-came").getByText("另 31 人不记名").waitFor();
  const png = "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAT0lEQVR42u3PQQkAAAgEsEtkIbPY3Qi+hcEKLDX9WgQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQELguHIGDxfNY3pAAAAABJRU5ErkJggg==";
  await desk.getByTestId("photo-input").setInputFiles({ name: "展.png", mimeType: "image/png", buffer: Buffer.from(png, "base64") });
  await desk.getByTestId("photos").locator("img").waitFor();
  await both(desk, "year-7-activity");
  // Whoever comes scans the code, signed up or not.
  const meeting = (await centre("GET", `/activities/${id}`)).times[0].id;
  const { link } = await centre("GET", `/meetings/${meeting}/code`);
  const came = await person.own("POST", "/me/check-in", { code: link });
  assert.equal(came.outcome, "recorded");
  await desk.goto(`${stage.url}/console/#/activities/${held.id}`);
  await heading(desk, "重阳编结义卖");
  await desk.getByText("卖出编结四十六件").waitFor();
  await stage.look(desk, "year-8-closed");
});

test("the projects of the year stand on one page, and as a report", async () => {
  const desk = await stage.desk("centre");
  await desk.getByTestId("nav-projects").click();
  await heading(desk, "重点项目");
  assert.equal(await desk.locator("[data-testid^=project-row-]").count(), 6);
  await both(desk, "year-9-projects");
  const [file] = await Promise.all([desk.waitForEvent("download"), desk.getByTestId("project-report").click()]);
  assert.match(file.suggestedFilename(), /重点项目报告\.pdf$/);
  await desk.getByRole("link", { name: "智在指尖" }).click();
  await heading(desk, "智在指尖");
  await desk.getByTestId("project-sum").waitFor();
  await both(desk, "year-10-project");
});

test("a volunteer applies, is taken in and trained, and signs up for a shift", async () => {
  await person.own("PUT", "/me/relative", { name: "许小丽", phone: "13800001111", relation: "女儿", agrees: true });
  await phone.goto(`${stage.url}/m/#/volunteer`);
  await heading(phone, "志愿服务");
  await stage.look(phone, "year-11-phone-volunteer");
  await fits(phone);
  const card = phone.getByTestId("team").filter({ hasText: "尚学教育" });
  await card.getByRole("button", { name: "申请加入" }).click();
  await card.getByTestId("skills").fill("会拍照");
  await stage.look(phone, "year-12-phone-apply");
  await card.getByTestId("team-apply-send").click();
  await phone.getByTestId("done").waitFor();
  // Its leader is the teacher.
  const leader = await stage.desk("teacher");
  await leader.getByTestId("nav-teams").click();
  await heading(leader, "志愿服务");
  await both(leader, "year-13-teams");
  await leader.getByRole("link", { name: "尚学教育" }).click();
  const row = leader.locator("[data-testid^=member-row-]").filter({ hasText: "许月娥" });
  await row.getByRole("button", { name: "同意加入" }).click();
  await row.getByRole("button", { name: "培训过了" }).click();
  await row.getByText("已加入").waitFor();
  await both(leader, "year-14-team");
  await phone.goto(`${stage.url}/m/#/`);
  await phone.goto(`${stage.url}/m/#/volunteer`);
  await phone.getByTestId("shift-join").first().click();
  await phone.getByTestId("done").waitFor();
  // The start, which was left at once, has not given this page its own name.
  assert.equal(await phone.locator("h1").innerText(), "志愿服务");
  await stage.look(phone, "year-15-phone-shift");
  await fits(phone);
  const { shifts } = await (await stage.colleague("teacher"))("GET", "/teams/2");
  const done = shifts.find((one) => one.over);
  await leader.goto(`${stage.url}/console/#/shifts/${done.id}`);
  await heading(leader, "课堂助教");
  await both(leader, "year-16-shift");
  await leader.locator("[data-testid^=correct-]").first().click();
  await leader.getByTestId("field-minutes").fill("150");
  await leader.getByTestId("field-reason").fill("走得早，本人说的");
  await leader.getByTestId("dialog-submit").click();
  await leader.getByText("走得早，本人说的").waitFor();
  await phone.goto(`${stage.url}/m/#/volunteer/records`);
  await phone.getByTestId("record-line").first().waitFor();
  await stage.look(phone, "year-17-phone-records");
});

test("a resident joins a club and sees what it made", async () => {
  await phone.goto(`${stage.url}/m/#/clubs`);
  await heading(phone, "社团");
  await stage.look(phone, "year-18-phone-clubs");
  await phone.getByTestId("club-card").filter({ hasText: "钩针" }).click();
  await phone.getByTestId("work").first().waitFor();
  await stage.look(phone, "year-19-phone-club");
  await phone.getByTestId("club-join").click();
  await phone.getByTestId("joined").waitFor();
  await phone.goto(`${stage.url}/m/#/mine`);
  await phone.getByText("看这个社团").click();
  await phone.getByTestId("club-mine").waitFor();
  await fits(phone);
  const desk = await stage.desk("centre");
  await desk.getByTestId("nav-clubs").click();
  await heading(desk, "社团");
  await both(desk, "year-20-clubs");
  await desk.getByRole("link", { name: "常阴沙钩针编结" }).click();
  await heading(desk, "常阴沙钩针编结");
  await desk.getByTestId("works").waitFor();
  await both(desk, "year-21-club");
  await desk.getByTestId("club-people").click();
  await desk.getByText("许月娥", { exact: true }).waitFor();
  await stage.look(desk, "year-22-members");
});
