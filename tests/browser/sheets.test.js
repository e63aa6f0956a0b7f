// Spreadsheets at the console: a template filled in as in Excel, what is wrong with it, all or
// nothing, and lists to take away.
//
// SHOTS=FOLDER keeps a screenshot of each step.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import ExcelJS from "exceljs";
import { Stage } from "./stage.js";

let stage;
let page;
let folder;

const look = (name) => stage.look(page, name);

/** Presses a button and keeps the file that comes of it; its name is the one people see. */
async function saved(testid, called) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId(testid).click()]);
  assert.match(download.suggestedFilename(), called);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(path);
  return { path, book };
}

/** Fills in a template below its example, and saves it under a new name. */
async function filled({ book, path }, name, rows) {
  const [sheet] = book.worksheets;
  rows.forEach((values, nth) => { sheet.getRow(3 + nth).values = values; });
  const to = join(folder, name);
  await book.xlsx.writeFile(to);
  await book.xlsx.readFile(path);
  return to;
}

const cells = (sheet) => {
  const rows = [];
  sheet.eachRow((row) => rows.push(row.values.slice(1).map((value) => value ?? "")));
  return rows;
};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "shangxue-sheets-"));
  stage = await Stage.set();
  page = await stage.desk("centre");
});
after(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

test("a file with a bad row brings no class, and says how to mend it", async () => {
  await page.getByTestId("nav-classes").click();
  await page.getByTestId("class-import").click();
  await page.getByTestId("sheet-template").waitFor();
  await look("1-import");
  const template = await saved("sheet-template", /^班级导入模板\.xlsx$/);
  const [sheet, how, choices] = template.book.worksheets;
  assert.equal(how.name, "怎么填");
  assert.equal(choices.state, "hidden");
  assert.match(String(sheet.getCell("A2").value), /^示例/);
  assert.equal(sheet.getCell("C3").dataValidation.type, "list", "teachers are chosen");

  const good = ["剪纸一班", "钩针编结", "李红梅", "社区教育中心", "剪纸室", "周三", "9:00", 90, 8, 20];
  const bad = await filled(template, "有问题的班级.xlsx", [
    good,
    ["剪纸二班", "钩针编结", "李红美", "社区教育中心", "剪纸室", "周三", "10:00", 90, 8, "二十"],
    ["剪纸一班", "钩针编结", "周建国", "月球学习点", "音乐室", "周八", "14:00", 90, 8, 20],
  ]);
  await page.getByTestId("sheet-file").setInputFiles(bad);
  await page.getByTestId("fault-table").waitFor();
  await look("2-faults");
  assert.match(await page.getByTestId("sheet-summary").innerText(), /共 3 行：1 行没有问题，2 行有问题。一行也没有导入/);
  const table = await page.getByTestId("fault-table").innerText();
  for (const said of ["第 4 行", "李红美", "是不是“李红梅”", "二十", "第 5 行", "月球学习点", "周八", "和第 3 行重名"]) assert.ok(table.includes(said), `${said} in ${table}`);
  assert.equal(await page.getByTestId("sheet-import").count(), 0);
  await page.setViewportSize({ width: 375, height: 812 });
  await look("3-faults-phone");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 375, `nothing sticks out: ${wide}`);
  await page.setViewportSize({ width: 1280, height: 900 });

  const mended = await filled(template, "班级.xlsx", [
    good, ["剪纸二班", "钩针编结", "周建国", "社区教育中心", "剪纸室", "周四", "10:00", 90, 8, 20]]);
  await page.getByTestId("sheet-file").setInputFiles(mended);
  await page.getByTestId("sheet-import").waitFor();
  await look("4-good");
  assert.equal(await page.getByTestId("sheet-import").innerText(), "导入 2 个班");
  await page.getByTestId("sheet-import").click();
  await page.getByTestId("sheet-done").waitFor();
  await look("5-done");
  await page.getByTestId("sheet-see").click();
  await page.getByTestId("class-table").waitFor();
  assert.match(await page.getByTestId("class-table").innerText(), /剪纸一班[\s\S]*剪纸二班/);
  // Residents find them in the catalogue.
  const { items } = await stage.call("GET", "/classes?q=剪纸");
  assert.deepEqual(items.map((one) => [one.name, one.time_text]), [["剪纸一班", "每周三 9:00–10:30"], ["剪纸二班", "每周四 10:00–11:30"]]);

  // The same file once more: nothing is doubled.
  await page.getByTestId("class-import").click();
  await page.getByTestId("sheet-file").setInputFiles(mended);
  await page.getByTestId("fault-table").waitFor();
  assert.match(await page.getByTestId("fault-table").innerText(), /已经有“剪纸一班”了/);
});

test("people are brought in when their consent is declared, and the known are skipped", async () => {
  await page.getByTestId("nav-residents").click();
  await page.getByTestId("residents-import").click();
  const template = await saved("sheet-template", /^居民导入模板\.xlsx$/);
  const people = await filled(template, "居民.xlsx", [
    ["丁桂英", new Date(Date.UTC(1956, 2, 1)), "常沙社区", 13912345678],
    ["张桂芳", "1953年1月8日", "常沙社区", ""],
    ["王　芳", "1958/3/8", "常兴社区", "１３９ 1234 5679"],
  ]);
  await page.getByTestId("sheet-file").setInputFiles({ name: "旧表.xls", mimeType: "application/vnd.ms-excel", buffer: Buffer.from("d0cf11e0a1b11ae1".padEnd(1200, "0"), "hex") });
  await page.getByTestId("error").waitFor();
  assert.match(await page.getByTestId("error").innerText(), /另存为 \.xlsx/);
  await page.getByTestId("sheet-file").setInputFiles(people);
  await page.getByTestId("sheet-import").waitFor();
  assert.equal(await page.getByTestId("sheet-import").innerText(), "导入 2 位居民");
  await page.getByTestId("sheet-import").click();
  await page.getByText("请先确认，再打勾。").waitFor();
  await page.getByTestId("sheet-known").locator("summary").click();
  assert.match(await page.getByTestId("sheet-known").innerText(), /第 4 行[\s\S]*张桂芳已经登记过/);
  await look("6-residents");
  await page.setViewportSize({ width: 375, height: 812 });
  await look("7-residents-phone");
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.getByTestId("field-consent").check();
  await page.getByTestId("sheet-import").click();
  await page.getByTestId("sheet-done").waitFor();
  const centre = await stage.colleague("centre");
  const { items } = await centre("GET", "/residents?q=13912345679");
  assert.deepEqual(items.map((one) => [one.name, one.community_name, one.phone_masked]), [["王芳", "常兴社区", "139****5679"]]);
});

test("lists go out masked, for work and to be posted", async () => {
  await page.getByTestId("nav-residents").click();
  await page.getByTestId("residents-export").click();
  await look("8-export");
  const { book } = await saved("dialog-submit", /^居民名单（全部社区）.*\.xlsx$/);
  const rows = cells(book.worksheets[0]);
  assert.match(rows[2][0], /内部使用，请勿外传/);
  assert.ok(rows.some((row) => row[1] === "丁桂英" && row[3] === "139****5678"), JSON.stringify(rows));
  assert.ok(!JSON.stringify(rows).includes("13912345678"));

  const { items: classes } = await stage.call("GET", "/classes?q=葫芦丝");
  await page.goto(`${stage.url}/console/#/classes/${classes[0].id}/learners`);
  await page.getByTestId("export-work").waitFor();
  await look("9-learners");
  const work = cells((await saved("export-work", /^葫芦丝班名单.*\.xlsx$/)).book.worksheets[0]);
  assert.ok(work.some((row) => /^138\*\*\*\*\d{4}$/.test(row[3]) && row[4] === "已录取"), JSON.stringify(work));
  assert.ok(work.some((row) => row[4] === "候补中第 1 位"));
  const posted = cells((await saved("export-posting", /^葫芦丝班公示名单.*\.xlsx$/)).book.worksheets[0]);
  const lines = posted.slice(4);
  assert.ok(lines.length >= 4 && lines.every((row) => /^.\*+$/.test(row[1]) && /^\d{4}$/.test(row[2])), JSON.stringify(posted));
  assert.ok(!JSON.stringify(posted).includes("****"), "no phone number");
});
