// From the life of the centre to one issue of two articles: the teacher's pictures become a
// first draft, who does not want to be seen is flagged, WeChat is asked as an editor who linked
// their phone, and both articles go out together.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;
const desks = {};

before(async () => {
  stage = await Stage.set({ poll_ms: 100 });
});

after(() => stage?.close());

/** A picture made in the browser: no file is needed. */
async function photo(page, hue) {
  const bytes = await page.evaluate((ground) => {
    const canvas = document.createElement("canvas");
    canvas.width = 900;
    canvas.height = 700;
    const pen = canvas.getContext("2d");
    pen.fillStyle = `hsl(${ground} 60% 60%)`;
    pen.fillRect(0, 0, 900, 700);
    const data = atob(canvas.toDataURL("image/jpeg", 0.9).split(",")[1]);
    return Array.from(data, (letter) => letter.charCodeAt(0));
  }, hue);
  return { name: `课堂${hue}.jpg`, mimeType: "image/jpeg", buffer: Buffer.from(bytes) };
}

async function desk(login) {
  desks[login] ??= await stage.desk(login);
  return desks[login];
}

async function at(login, hash) {
  const page = await desk(login);
  await page.goto("about:blank");
  await page.goto(`${stage.url}/console/${hash}`);
  await page.locator("main h1").first().waitFor();
  return page;
}

async function passAll(hash) {
  for (const login of ["editor2", "head", "leader"]) {
    const page = await at(login, hash);
    await page.getByTestId("review-proof").check();
    await page.getByTestId("review-pass").click();
    await page.getByTestId("review-pass").waitFor({ state: "detached" });
  }
}

let who;
let meeting;
const articles = [];

test("a teacher hands pictures of a class in, on the phone", async () => {
  who = await stage.resident("周秀珍", "1952-04-05");
  const centre = await stage.colleague("centre");
  const own = await stage.colleague("teacher");
  const today = await own("GET", "/meetings");
  meeting = today.items.find((one) => one.status === "planned" && one.window !== "before") ?? today.items[0];
  const roll = await centre("GET", `/meetings/${meeting.id}/roll`);
  await centre("PUT", `/meetings/${meeting.id}/roll/${roll.items[0].resident_id}`, { status: "present", reason: "老师点名" });
  await centre("PUT", `/residents/${roll.items[0].resident_id}/photos`, { agrees: false, way: "paper" });

  const teacher = await at("teacher", `#/meetings/${meeting.id}`);
  await teacher.setViewportSize({ width: 375, height: 812 });
  await teacher.getByTestId("meeting-photos").locator("summary").click();
  await teacher.getByTestId("photo-wishes").getByText("不愿意被拍").waitFor();
  await teacher.getByTestId("meeting-photos-input").setInputFiles([await photo(teacher, 40), await photo(teacher, 160)]);
  await teacher.getByTestId("meeting-photos-note").fill("今天大家学会了起针。");
  await stage.look(teacher, "issue-1-photos");
  await teacher.getByTestId("meeting-photos-send").click();
  await teacher.getByTestId("meeting-photos-sent").waitFor();
});

test("the desk takes it up as a first draft, and is told who does not want to be seen", async () => {
  const editor = await at("editor", "#/ledger");
  const item = editor.getByTestId("ledger-items").locator("li").first();
  await item.getByText("课堂照片").waitFor();
  await editor.getByTestId("photo-warning").first().waitFor();
  await stage.look(editor, "issue-2-ledger");
  await editor.locator("[data-testid^=item-take-]").first().click();
  await editor.getByTestId("article-body").waitFor();
  const body = await editor.getByTestId("article-body").inputValue();
  assert.match(body, /第 \d+ 次课/);
  assert.match(body, /今天大家学会了起针/);
  assert.equal(body.match(/picture:\d+/g).length, 2);
  await editor.getByTestId("photo-warning").waitFor();
  await editor.getByTestId("article-body").fill(body.replaceAll("![图注]", "![大家在学起针]"));
  await editor.getByTestId("article-title").fill("钩针班学起针");
  await editor.getByTestId("article-save").click();
  await editor.getByText(/已保存/).first().waitFor();
  await stage.look(editor, "issue-3-draft");
  articles.push(`#/news/${editor.url().match(/news\/(\d+)/)[1]}`);
});

test("an editor links their own phone, and WeChat is asked", async () => {
  const editor = await at("editor", "#/me");
  await editor.getByTestId("wechat-link-code").click();
  const code = (await editor.getByTestId("wechat-link-digits").textContent()).replaceAll(" ", "");
  await stage.look(editor, "issue-4-code");
  const phone = await stage.phone(who);
  await phone.goto(`${stage.url}/m/#/staff-link`);
  await phone.getByTestId("staff-link-code").fill(code);
  await stage.look(phone, "issue-5-phone");
  await phone.getByTestId("staff-link").click();
  await phone.getByText("绑好了").first().waitFor();
  await editor.getByTestId("wechat-link").getByText("已绑定").waitFor();

  await at("editor", articles[0]);
  await editor.getByTestId("platform-ask").click();
  await stage.comes(editor, editor.locator("[data-testid=platform-part][data-state=passed][data-count='3']"));
  await stage.look(editor, "issue-6-checked");
  await editor.getByTestId("belongs-edit").click();
  await editor.getByTestId("belongs-dialog").getByTestId("field-project").fill("智在指尖");
  await editor.getByTestId("dialog-submit").click();
  await editor.getByTestId("article-belongs").getByText("智在指尖").waitFor();
  await editor.getByTestId("article-edit").click();
  await editor.getByTestId("article-submit").click();
  await editor.getByText("待文字审核").first().waitFor();
  await passAll(articles[0]);
});

test("a second article joins it, and both go out as one issue in the order that was chosen", async () => {
  const editor = await at("editor", "#/news/new");
  await editor.getByTestId("article-title").fill("重阳节活动预告");
  await editor.getByTestId("article-body").fill("九月初九，中心有活动。");
  await editor.getByTestId("cover-input").setInputFiles(await photo(editor, 280));
  await editor.locator("[data-testid^=cover-]:checked").waitFor({ state: "attached" });
  await editor.getByTestId("article-save").click();
  await editor.waitForURL(/news\/\d+\/edit/);
  articles.push(`#/news/${editor.url().match(/news\/(\d+)/)[1]}`);
  await editor.getByTestId("article-submit").click();
  await editor.getByText("待文字审核").first().waitFor();
  await passAll(articles[1]);

  await at("editor", "#/news");
  await editor.getByTestId("news-issue-open").click();
  const [first, second] = articles.map((hash) => hash.split("/").pop());
  await editor.getByTestId(`issue-add-${first}`).click();
  await editor.getByTestId(`issue-add-${second}`).click();
  await editor.getByTestId(`issue-up-${second}`).click();
  const lines = await editor.getByTestId("issue-lines").locator("li").allTextContents();
  assert.match(lines[0], /重阳节活动预告/);
  await stage.look(editor, "issue-7-issue");
  await editor.setViewportSize({ width: 375, height: 812 });
  await stage.look(editor, "issue-8-issue-phone");
  await editor.setViewportSize({ width: 1280, height: 900 });
  await editor.getByTestId("issue-publish").click();
  await editor.getByTestId("article-issue").first().waitFor();
  await stage.comes(editor, editor.getByTestId("article-link"));
  await stage.look(editor, "issue-9-published");
  await at("editor", articles[0]);
  await editor.getByTestId("article-link").waitFor();
  await editor.getByTestId("article-issue").getByText("第 2 篇").waitFor();
  await editor.getByTestId("article-reads").waitFor();
  const phone = await stage.window(`${stage.demo.sandbox}/phone#/profile`);
  await phone.getByText("重阳节活动预告").first().waitFor();
  await phone.getByText("钩针班学起针").first().waitFor();
  await stage.look(phone, "issue-10-account");
  await phone.close();
});

test("the month is counted by community and project", async () => {
  const editor = await at("editor", "#/news/figures");
  await editor.locator("[data-testid^=news-figures-]").first().getByText("智在指尖").waitFor();
  await stage.look(editor, "issue-11-figures");
  const officer = await at("officer", "#/news/figures");
  await officer.locator("main h1").waitFor();
  await at("editor", "#/news?project=智在指尖");
  await editor.getByTestId("article-table").getByText("钩针班学起针").waitFor();
  await stage.look(editor, "issue-12-list");
});

test("a resident says that they do not want to be photographed, and takes it back", async () => {
  const phone = await stage.phone(who);
  await phone.goto(`${stage.url}/m/#/photos`);
  await phone.getByTestId("photos-said").getByText("还没有说过").waitFor();
  await stage.look(phone, "issue-13-photos-m");
  await phone.getByTestId("photos-no").click();
  await phone.getByTestId("photos-said").getByText("不要拍我").waitFor();
  await phone.getByTestId("photos-yes").click();
  await phone.getByTestId("photos-said").getByText("可以拍我").waitFor();
  await stage.look(phone, "issue-14-photos-m");
});

test("an old link leads to a page in words", async () => {
  const page = await stage.window(`${stage.url}/news/999999`);
  await page.getByText("这篇文章不在这里").waitFor();
  await stage.look(page, "issue-15-lost");
});
