// 旁听: a learner asks for leave, and who waits for the class takes the seat for that meeting.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;
let centre;
let klass;
let away;
let first;
let second;
let desk;

const fits = async (page) => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
const signsUp = (who) => who.own("POST", `/classes/${klass.id}/enrolments`, { join_waitlist: true });

before(async () => {
  stage = await Stage.set();
  centre = await stage.colleague("centre");
  klass = (await centre("GET", "/classes")).items.find((one) => one.name === "口琴班");
  away = Object.assign(await stage.resident("许月娥", "1950-03-01"), { name: "许月娥" });
  await signsUp(away);
  // Full from now on.
  const { name, room, teacher_id } = await centre("GET", `/classes/${klass.id}`);
  const { taken } = (await centre("GET", "/classes")).items.find((one) => one.id === klass.id);
  await centre("PUT", `/classes/${klass.id}`, { name, room, teacher_id, capacity: taken });
  first = await stage.resident("陆阿福", "1951-03-01");
  second = await stage.resident("钱秀珍", "1952-03-01");
  for (const who of [first, second]) await signsUp(who);
  desk = await stage.desk("centre");
});
after(() => stage?.close());

test("a learner asks for leave, and the first who waits is asked", async () => {
  const phone = await stage.phone(away);
  await phone.goto(`${stage.url}/m/#/absent`);
  // The later of two: there is time to answer.
  await phone.getByTestId("absent-meeting").last().getByTestId("leave-ask").click();
  await phone.getByTestId("on-leave").waitFor();
  const waits = await stage.phone(first);
  await waits.goto(`${stage.url}/m/#/mine`);
  await stage.comes(waits, waits.getByTestId("guest-near"));
  await stage.look(waits, "guest-1-mine");
  await waits.getByTestId("guest-link").click();
  await waits.getByTestId("guest-accept").waitFor();
  await stage.look(waits, "guest-2-asked");
  await fits(waits);
  await waits.getByTestId("mode").click();
  await stage.look(waits, "guest-3-standard");
  await fits(waits);
  await waits.getByTestId("guest-decline").click();
  await waits.getByRole("button", { name: "是，不来了" }).click();
  await waits.getByText("现在没有请您旁听的课。").waitFor();
  await stage.look(waits, "guest-4-declined");
});

test("the next takes it, and staff see the guest", async () => {
  const phone = await stage.phone(second);
  await phone.goto(`${stage.url}/m/#/messages`);
  await stage.comes(phone, phone.getByText("有空位，可以旁听一次"));
  await stage.look(phone, "guest-5-message");
  await phone.getByRole("link", { name: "去看看" }).first().click();
  await phone.getByTestId("guest-accept").click();
  await phone.getByText("说好了，您来旁听").waitFor();
  await stage.look(phone, "guest-6-taken");
  await phone.goto(`${stage.url}/m/#/mine`);
  await phone.getByTestId("guest-near").getByText("您要旁听").waitFor();
  const [offer] = (await second.own("GET", "/me/guest-offers")).items;
  await desk.goto(`${stage.url}/console/#/meetings/${offer.meeting_id}`);
  const guests = desk.getByTestId("guests");
  await guests.getByText("来旁听").waitFor();
  await guests.getByText("不来", { exact: true }).waitFor();
  await desk.locator("[data-testid^=roll-row-]").filter({ hasText: "钱" }).getByText("旁听", { exact: true }).waitFor();
  await stage.look(desk, "guest-7-roll");
  await desk.setViewportSize({ width: 375, height: 812 });
  await stage.look(desk, "guest-8-roll-phone");
  await fits(desk);
});

test("whose seat is given is told plainly", async () => {
  const phone = await stage.phone(away);
  await phone.goto(`${stage.url}/m/#/absent`);
  const meeting = phone.getByTestId("absent-meeting").last();
  await meeting.getByTestId("leave-undo").click();
  await meeting.getByText("您请假空出的座位，这次已经留给候补的学员了。").waitFor();
  await stage.look(phone, "guest-9-given");
  await fits(phone);
});

test("a guest who calls that they do not come frees the seat again", async () => {
  await desk.setViewportSize({ width: 1280, height: 900 });
  await desk.locator("[data-testid^=guest-decline-]").click();
  await desk.getByRole("button", { name: "不来", exact: true }).click();
  await desk.getByTestId("guests").getByText("又不来了").waitFor();
  const phone = await stage.phone(away);
  await phone.goto(`${stage.url}/m/#/absent`);
  await phone.getByTestId("absent-meeting").last().getByTestId("leave-undo").click();
  await phone.getByText("请假取消了，请来上课。").first().waitFor({ state: "attached" });
});
