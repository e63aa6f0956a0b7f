// Signing in outside WeChat: by SMS as somebody new, by SMS as one of two who share a number, and
// with a code from the counter.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;
let centre;

before(async () => {
  stage = await Stage.set({ poll_ms: 100 });
  centre = await stage.colleague("centre");
});
after(() => stage?.close());

/** The digits of the newest message to a number, on the sandbox's side. */
async function code(number) {
  for (let tries = 0; tries < 60; tries += 1) {
    const { items } = await (await fetch(`${stage.demo.sandbox}/sandbox/api/texts`)).json();
    const found = items.filter((one) => one.phone === number).at(-1);
    if (found) return /\d{6}/.exec(found.text)[0];
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`no message came to ${number}`);
}

/** A phone's browser, outside WeChat. */
const browser = () => stage.phone({ token: "" });

test("somebody new signs in with their number, and is asked for one thing at a time", async () => {
  const page = await browser();
  await page.goto(`${stage.url}/m/#/mine`);
  await page.getByTestId("phone-number").waitFor();
  await stage.look(page, "outside-1-number");
  await page.getByTestId("phone-ask").click();
  await page.getByText("请先写手机号。").first().waitFor();
  await page.getByTestId("phone-number").fill("137 0000 0007");
  await page.getByTestId("phone-ask").click();
  await page.getByTestId("phone-code").waitFor();
  await stage.look(page, "outside-2-code");
  await page.getByTestId("phone-code").fill("000000");
  await page.getByTestId("phone-enter").click();
  await page.locator("[data-code=code_wrong]").waitFor();
  await stage.look(page, "outside-3-wrong");
  await page.getByTestId("phone-code").fill(await code("13700000007"));
  await page.getByTestId("phone-enter").click();
  await page.getByTestId("phone-new").waitFor();
  await stage.look(page, "outside-4-new");
  await page.getByTestId("phone-new").click();
  // To where they were going.
  await page.waitForFunction(() => document.getElementById("main").dataset.page === "mine");
  const token = await page.evaluate(() => localStorage.getItem("shangxue.token"));
  const me = await stage.call("GET", "/me", undefined, { authorization: `Bearer ${token}` });
  assert.equal(me.phone_masked, "137****0007");
  assert.deepEqual(me.needs, ["profile"]);
  await page.context().close();
});

test("whoever was entered at the counter signs in with a code that is printed there", async () => {
  const desk = await stage.desk("centre");
  await desk.goto(`${stage.url}/console/#/residents`);
  await desk.getByTestId("resident-query").fill("0001");
  await desk.getByTestId("resident-form-submit").click();
  await desk.locator("[data-testid^=sign-in-code-]").first().click();
  const digits = desk.getByTestId("sign-in-code-digits");
  await digits.waitFor();
  await stage.look(desk, "outside-5-handed-out");
  const made = (await digits.textContent()).replace(/\D/g, "");
  const number = /\d{10}/.exec(await desk.getByTestId("sign-in-code").textContent())[0];
  await desk.emulateMedia({ media: "print" });
  await stage.look(desk, "outside-6-slip");
  assert.equal(await desk.locator("#app").isVisible(), false, "the page around it is not printed");
  await desk.emulateMedia({ media: "screen" });
  const page = await browser();
  await page.goto(`${stage.url}/m/#/login?to=%2Fmine`);
  await page.getByTestId("phone-number").fill(number);
  await page.getByTestId("phone-have").click();
  await page.getByTestId("phone-code").fill(made);
  await page.getByTestId("phone-enter").click();
  await page.waitForFunction(() => document.getElementById("main").dataset.page === "mine");
  await stage.look(page, "outside-7-in");
  // The sandbox's own phone shows messages, too.
  const phone = await stage.window(`${stage.demo.sandbox}/phone`);
  await phone.locator("#row-texts").click();
  await phone.locator("#own-number").waitFor();
  await stage.look(phone, "outside-8-sandbox");
});

test("one of several who share a number says who they are", async () => {
  const { items } = await stage.call("GET", "/communities");
  const number = "13700000066";
  for (const [name, year] of [["王秀英", 1952], ["顾建国", 1950]]) {
    await centre("POST", "/residents", { name, birth_date: `${year}-03-01`, community_id: items[0].id, phone: number, consent_on_paper: true }, { "idempotency-key": `${number}-${year}` });
  }
  const page = await browser();
  await page.goto(`${stage.url}/m/#/login?to=%2Fmine`);
  await page.getByTestId("phone-number").fill(number);
  await page.getByTestId("phone-ask").click();
  await page.getByTestId("phone-code").fill(await code(number));
  await page.getByTestId("phone-enter").click();
  await page.getByTestId("phone-who").first().waitFor();
  await stage.look(page, "outside-9-who");
  await page.getByTestId("phone-who").filter({ hasText: "1950" }).click();
  await page.waitForFunction(() => document.getElementById("main").dataset.page === "mine");
  const token = await page.evaluate(() => localStorage.getItem("shangxue.token"));
  assert.equal((await stage.call("GET", "/me", undefined, { authorization: `Bearer ${token}` })).name, "顾建国");
});
