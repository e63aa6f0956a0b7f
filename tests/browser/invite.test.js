// What leads into a class from a poster or a text message: made at the console, opened on
// the phone; and what staff read when WeChat does not answer.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;
let desk;
let one;

const sandbox = (path, body) => fetch(`${stage.demo.sandbox}/sandbox/api${path}`, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
});

before(async () => {
  stage = await Stage.set();
  const centre = await stage.colleague("centre");
  desk = await stage.desk("centre");
  one = (await centre("GET", "/classes")).items.find((kept) => kept.status === "open");
});
after(() => stage?.close());

const opened = async () => {
  await desk.goto(`${stage.url}/console/#/classes/${one.id}`);
  await desk.getByTestId("class-invite").click();
};

test("the code of a class is a picture that leads into it", async () => {
  await opened();
  const image = desk.getByTestId("mini-code");
  await image.waitFor();
  await stage.look(desk, "invite-code");
  assert.ok((await image.evaluate((shown) => shown.decode().then(() => shown.naturalWidth))) >= 280);
  const [, bytes] = (await image.getAttribute("src")).split(",");
  const scanned = await fetch(`${stage.demo.sandbox}/sandbox/api/scan`, {
    method: "POST", headers: { "content-type": "image/jpeg" }, body: Buffer.from(bytes, "base64"),
  });
  const { link } = await scanned.json();
  const where = await (await sandbox("/users/1/open", { link })).json();
  assert.equal(where.to, `/classes/${one.id}`);
  assert.match(await desk.getByTestId("mini-code-save").getAttribute("download"), /小程序码\.jpg$/);
});

test("a link for text messages opens the class, and says until when", async () => {
  await desk.getByTestId("mini-link-make").click();
  const link = await desk.getByTestId("mini-link").inputValue();
  await stage.look(desk, "invite-link");
  assert.equal((await (await sandbox("/users/1/open", { link })).json()).to, `/classes/${one.id}`);
  await desk.getByText("以前有效").waitFor();
  await desk.setViewportSize({ width: 375, height: 812 });
  await stage.look(desk, "invite-phone");
  await desk.setViewportSize({ width: 1280, height: 900 });
  await desk.getByTestId("invite-close").click();
});

test("a mini-program that is not released, and a WeChat that is away, are said in words", async () => {
  await sandbox("/standing", { unreleased: true });
  await opened();
  await desk.getByText("请管理员先发布小程序").waitFor();
  await stage.look(desk, "invite-unreleased");
  await desk.getByTestId("invite-close").click();
  await sandbox("/standing", {});
  await sandbox("/faults", { path: "/wxa/getwxacodeunlimit", fault: "http500", count: 20 });
  await opened();
  await desk.getByText("微信现在没有响应").waitFor();
  await stage.look(desk, "invite-away");
});
