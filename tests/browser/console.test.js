// The console as staff use it all day: what has to be done, the search, lists that keep their
// state, charts, and a week in which a class is moved by hand and by keys.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage, running } from "./stage.js";

let stage;
let centre;
let desk;
let term;

before(async () => {
  stage = await Stage.set({ poll_ms: 100 });
  centre = await stage.colleague("centre");
  term = running((await centre("GET", "/terms")).items);
  desk = await stage.desk("centre");
});
after(() => stage?.close());

const open = async (hash) => {
  await desk.goto("about:blank");
  await desk.goto(`${stage.url}/console/#${hash}`);
  await desk.locator("main h1").first().waitFor();
  await desk.waitForFunction(() => !document.querySelector("main .waiting, [aria-busy=true]"));
};

test("the home says what has to be done, and leads there", async () => {
  const asker = await stage.resident("欧阳秀英", "1952-03-01");
  await asker.own("POST", "/me/desk", { text: "书法班的教室在几楼？" });
  await open("/");
  const duty = desk.getByTestId("start-desk");
  await duty.waitFor();
  await stage.look(desk, "console-1-home");
  await duty.click();
  await desk.locator("h1", { hasText: "留言" }).waitFor();
});

test("one key leads to the search, which finds people, classes and courses", async () => {
  await open("/classes");
  await desk.locator("h1").first().click();
  await desk.keyboard.press("/");
  await desk.keyboard.type("书法");
  const results = desk.getByTestId("search-results");
  await results.getByText("书法班").first().waitFor();
  await stage.look(desk, "console-2-search");
  await desk.keyboard.press("ArrowDown");
  assert.equal(await desk.evaluate(() => document.activeElement.tagName), "A");
  await desk.keyboard.press("Enter");
  await desk.locator("h1", { hasText: /^书法/ }).waitFor();
  await desk.keyboard.press("/");
  await desk.keyboard.type("0001");
  await results.locator("a").first().waitFor();
  await desk.keyboard.press("Enter");
  await desk.locator("[data-testid^=resident-row-]").first().waitFor();
  assert.match(desk.url(), /#\/residents\?q=\d{10}$/);
  // A whole phone number is looked for, and does not stand in the address.
  await desk.getByTestId("resident-query").fill("13800000001");
  await desk.getByTestId("resident-form-submit").click();
  await desk.waitForFunction(() => location.hash === "#/residents");
  await desk.keyboard.press("Escape");
});

test("a list keeps its words, its choices and its order in the address, and goes out as it is shown", async () => {
  await open("/classes");
  const names = () => desk.locator("[data-testid=class-table] tbody .title").allTextContents();
  const all = await names();
  await desk.getByTestId("sort-空位").click();
  await desk.getByTestId("sort-空位").click();
  await desk.getByTestId("field-state").selectOption("free");
  const shown = await names();
  assert.ok(shown.length > 1 && shown.length < all.length, `${shown.length} of ${all.length}`);
  const free = await desk.locator("[data-testid=class-table] tbody td:nth-child(6)").evaluateAll((cells) => cells.map((cell) => Number.parseInt(cell.textContent, 10)));
  assert.deepEqual(free, [...free].sort((one, other) => other - one));
  const address = desk.url();
  await stage.look(desk, "console-3-list");
  await desk.reload();
  await desk.getByTestId("class-table").waitFor();
  assert.equal(desk.url(), address);
  assert.deepEqual(await names(), shown);
  const [file] = await Promise.all([desk.waitForEvent("download"), desk.getByTestId("list-file").click()]);
  const stream = await file.createReadStream();
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString().trim().split("\r\n");
  assert.equal(lines.length, shown.length + 1);
  shown.forEach((name, nth) => assert.ok(lines[nth + 1].includes(name), lines[nth + 1]));
  await desk.getByTestId("field-q").fill("没有这样的班");
  await desk.getByTestId("list-all").click();
  assert.equal((await names()).length, all.length);
});

test("charts are drawn, and say in figures what they show", async () => {
  await open("/charts");
  for (const key of ["hours", "sites", "months"]) {
    await desk.locator(`[data-testid=chart-${key}] canvas`).first().waitFor();
    const drawn = await desk.locator(`[data-testid=chart-${key}] canvas`).evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let painted = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at]) painted += 1;
      return painted;
    });
    assert.ok(drawn > 500, `${key}: ${drawn}`);
  }
  await stage.look(desk, "console-4-charts");
  const charts = await centre("GET", `/terms/${term.id}/charts`);
  await desk.locator("summary", { hasText: "看数字" }).nth(0).click();
  const rows = await desk.locator("[data-testid=chart-hours-table] tbody tr").count();
  assert.equal(rows, charts.hours.length);
});

/** The meetings of next week, as the service has them. */
async function nextWeek() {
  const { last_day: sunday } = await centre("GET", "/timetable");
  const day = new Date(Date.parse(`${sunday}T00:00:00Z`) + 86400_000).toISOString().slice(0, 10);
  return centre("GET", `/timetable?day=${day}`);
}

const shifted = (day, by) => new Date(Date.parse(`${day}T00:00:00Z`) + by * 86400_000).toISOString().slice(0, 10);

test("a class is dragged to another day, and its learners are told", async () => {
  const week = await nextWeek();
  const meeting = week.meetings.find((one) => one.movable);
  const to = shifted(meeting.day, meeting.day === week.last_day ? -1 : 1);
  await open(`/timetable?day=${week.first_day}`);
  await stage.look(desk, "console-5-timetable");
  await desk.getByTestId(`lesson-${meeting.id}`).dragTo(desk.getByTestId(`slot-${meeting.room}-${to}`).first());
  await desk.getByTestId("reason-dialog").waitFor();
  assert.equal((await desk.getByTestId("field-starts_at").inputValue()).slice(0, 10), to);
  // A time that is nobody's.
  await desk.getByTestId("field-starts_at").fill(`${to}T06:30`);
  await desk.getByRole("button", { name: "场地有活动" }).click();
  await stage.look(desk, "console-6-move");
  await desk.getByTestId("dialog-submit").click();
  await desk.getByTestId("toast").getByText("已改期").waitFor();
  const moved = (await nextWeek()).meetings.find((one) => one.id === meeting.id);
  assert.deepEqual([moved.day, moved.start_minute, moved.note], [to, 390, "场地有活动"]);
});

test("by keys it goes the same way, and can be put back", async () => {
  const week = await nextWeek();
  const meeting = week.meetings.find((one) => one.movable && one.start_minute === 390) ?? week.meetings.find((one) => one.movable);
  await open(`/timetable?day=${week.first_day}`);
  const lesson = desk.getByTestId(`lesson-${meeting.id}`);
  await lesson.focus();
  await desk.keyboard.press(" ");
  assert.equal(await lesson.getAttribute("aria-pressed"), "true");
  await desk.keyboard.press(meeting.day === week.first_day ? "ArrowRight" : "ArrowLeft");
  await desk.waitForFunction(() => /：(可以|和“)/.test(document.querySelector("[data-testid=timetable-said]").textContent));
  await stage.look(desk, "console-7-keys");
  await desk.keyboard.press("Escape");
  assert.equal(await lesson.getAttribute("aria-pressed"), "false");
  await desk.keyboard.press(" ");
  await desk.keyboard.press(meeting.day === week.first_day ? "ArrowRight" : "ArrowLeft");
  await desk.keyboard.press("Enter");
  await desk.getByTestId("reason-dialog").waitFor();
  const to = shifted(meeting.day, meeting.day === week.first_day ? 1 : -1);
  assert.equal((await desk.getByTestId("field-starts_at").inputValue()).slice(0, 10), to);
  await desk.keyboard.press("Escape");
});

test("a course gets a picture, and residents see it where they choose", async () => {
  await open("/courses");
  const { items } = await stage.call("GET", "/classes");
  const course = items[0].course_id;
  await desk.getByTestId(`course-picture-${course}`).click();
  const png = await desk.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 900, height: 600 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#1d5c43";
    pen.fillRect(0, 0, 900, 600);
    return canvas.toDataURL("image/png").split(",")[1];
  });
  await desk.getByTestId("course-picture-file").setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from(png, "base64") });
  await desk.getByTestId("field-alt").fill("绿色的黑板");
  await stage.look(desk, "console-8-picture");
  await desk.getByTestId("course-picture-form-submit").click();
  await desk.locator(".thumb").first().waitFor();
  const phone = await stage.phone({ token: "" });
  await phone.goto(`${stage.url}/m/#/classes`);
  const seen = phone.getByTestId("class-picture").first();
  await seen.scrollIntoViewIfNeeded();
  await phone.waitForFunction(() => document.querySelector("[data-testid=class-picture]").naturalWidth > 0);
  assert.equal(await seen.getAttribute("alt"), "绿色的黑板");
  await stage.look(phone, "console-9-phone");
});
