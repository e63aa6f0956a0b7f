// 窗口报名 by keys alone: somebody new, somebody known, a full class, papers that are missing,
// and the slip on paper.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

/** Somebody who types without hurry. */
const KEY_MS = 40;

let stage;
let page;

const look = (name) => stage.look(page, name);
const type = async (text) => { await page.keyboard.type(text, { delay: KEY_MS }); await page.keyboard.press("Enter"); };
const focused = (testid) => page.waitForFunction((id) => document.activeElement?.dataset.testid === id, testid);

before(async () => {
  stage = await Stage.set();
  page = await stage.desk("centre");
  await page.getByTestId("nav-counter").click();
  await focused("field-who");
});
after(() => stage?.close());

test("somebody new is in within half a minute, by keys alone and once", async () => {
  const begun = Date.now();
  await type("丁桂英");
  await focused("field-birth");
  await type("19560301");
  await focused("field-phone");
  await type("13912345678");
  await focused("field-community");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await focused("field-class");
  await page.keyboard.type("书法", { delay: KEY_MS });
  await look("1-class");
  await page.keyboard.press("Enter");
  await focused("field-consent");
  await page.keyboard.press("Space");
  // A key that bounces.
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.getByTestId("counter-done").waitFor();
  assert.match(await page.getByTestId("counter-outcome").innerText(), /丁桂英：已录取/);
  await focused("slip-print");
  assert.ok(Date.now() - begun < 30_000, `${Date.now() - begun} ms`);
  await look("2-done");
});

test("the slip is one A5 sheet in large type, and its code leads to the class", async () => {
  const slip = page.getByTestId("slip");
  const words = await slip.innerText();
  for (const said of ["丁桂英", "学员号", "时间", "地点", "请带"]) assert.ok(words.includes(said), `${said} in ${words}`);
  assert.ok(!words.includes("13912345678"), "no phone number of the person");
  const small = await slip.evaluate((element) => [...element.querySelectorAll("*")]
    .filter((one) => one.textContent.trim() && Number.parseFloat(getComputedStyle(one).fontSize) < 24)
    .map((one) => one.textContent));
  assert.deepEqual(small, [], "18 pt is 24 px");
  const code = page.getByTestId("slip-qr");
  await page.waitForFunction(() => document.querySelector("[data-testid=slip-qr]")?.naturalWidth > 0);
  const link = await stage.read(code);
  assert.equal(link, await code.getAttribute("data-link"));
  assert.match(link, /\/m\/#\/classes\/\d+$/);
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  const text = pdf.toString("latin1");
  assert.equal(text.match(/\/Type\s*\/Page\b/g).length, 1, "one page");
  const [, width, height] = /\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/.exec(text);
  // 148 × 210 mm in points.
  assert.ok(Math.abs(width - 419.5) < 2 && Math.abs(height - 595.3) < 2, `${width} × ${height}`);
});

test("who is known is found, and is not entered again", async () => {
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await focused("field-who");
  await type("丁桂英");
  await type("19560301");
  await page.getByTestId("counter-known").waitFor();
  await look("3-known");
  await page.keyboard.press("Enter");
  await focused("field-class");
  // The class of before is still chosen: they are in already.
  await page.keyboard.press("Enter");
  await page.getByTestId("counter-done").waitFor();
  await page.getByTestId("counter-next").click();
  await focused("field-who");
  await type("13912345678");
  await page.getByTestId("counter-known").waitFor();
  assert.match(await page.getByTestId("counter-known").innerText(), /丁桂英.*139\*\*\*\*5678/);
  await page.getByTestId("known-none").click();
  await focused("field-who");
  const answer = await page.evaluate(async () => (await fetch("/api/staff/residents?q=丁桂英")).json());
  assert.equal(answer.items.length, 1);
});

test("a refusal stands in words, with what can be had instead", async () => {
  await page.getByTestId("counter-clear").click();
  await focused("field-who");
  await type("丁小明");
  await focused("field-birth");
  // Without network nothing is lost, and the same key goes on afterwards.
  await page.context().setOffline(true);
  await type("20010505");
  await page.getByTestId("error").waitFor();
  await focused("field-birth");
  await page.context().setOffline(false);
  await page.keyboard.press("Enter");
  await focused("field-phone");
  await type("");
  await focused("field-community");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await focused("field-class");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await page.getByTestId("error").waitFor();
  assert.match(await page.getByTestId("error").innerText(), /满 50 周岁/);
  await look("4-refused");
});

test("the pledge and a relative's consent are ticked on the way, and the sign-up goes on", async () => {
  const centre = await stage.colleague("centre");
  const one = (await centre("GET", "/classes")).items.find((each) => each.name.includes("太极拳"));
  const term = (await centre("GET", "/terms")).items.find((each) => each.id === one.term_id);
  await centre("PUT", "/pledge", { title: "安全承诺书", body: "我身体健康，可以上课。\n路上注意安全。" });
  await centre("PUT", `/terms/${term.id}`, { ...term, pledge_needed: true });

  await page.getByTestId("counter-clear").click();
  await focused("field-who");
  await type("严阿婆");
  await focused("field-birth");
  await type("19400301");
  await focused("field-phone");
  await type("");
  await focused("field-community");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await focused("field-class");
  await page.keyboard.type("太极拳", { delay: KEY_MS });
  await page.keyboard.press("Enter");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  // The pledge is read here; without the tick it does not go on.
  await focused("field-pledge");
  assert.match(await page.getByTestId("counter-pledge-text").innerText(), /我身体健康，可以上课。\s+路上注意安全。/);
  await page.keyboard.press("Enter");
  await page.getByText("在纸上签名，再打勾").waitFor();
  await look("5-pledge");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  // From 80 on a relative agrees: the next thing asked, in the same place.
  await focused("field-relative-name");
  assert.equal(await page.getByTestId("counter-pledge").count(), 0);
  await type("");
  await page.getByText("请填写家人姓名").waitFor();
  await type("严小妹");
  await focused("field-relative-relation");
  await type("女儿");
  await focused("field-relative-phone");
  await type("139");
  await focused("field-relative-way");
  await page.keyboard.press("Enter");
  await focused("field-relative-agrees");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  // A number that is none: what was entered stays.
  await page.getByTestId("error").waitFor();
  assert.equal(await page.getByTestId("field-relative-name").inputValue(), "严小妹");
  await look("6-relative");
  await page.getByTestId("field-relative-phone").fill("13900001111");
  await page.getByTestId("counter-relative-go").click();
  await page.getByTestId("counter-done").waitFor();
  assert.match(await page.getByTestId("counter-outcome").innerText(), /严阿婆：已录取/);
  await focused("slip-print");
  const [person] = (await centre("GET", `/residents?q=${encodeURIComponent("严阿婆")}`)).items;
  const papers = await centre("GET", `/residents/${person.id}/papers`);
  assert.equal(papers.pledged, true);
  assert.equal(papers.relative.relation, "女儿");
});
