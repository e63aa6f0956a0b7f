// The whole way of an article: pasted from Word, checked by the machine, remarked on, passed,
// voided by a change, passed again, refused by the platform, published, on the phone, and
// taken back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.js";

let stage;

before(async () => {
  stage = await Stage.set({ poll_ms: 100 });
});

after(() => stage?.close());

const WORD = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{mso-style-parent:""}</style></head><body>
<!--StartFragment--><h1>春季班开班</h1>
<p class=MsoNormal style='text-indent:21.0pt'><span style='font-family:宋体;mso-ascii-font-family:Calibri'>九月一日，
<b>智在指尖</b>班开课了。</span><o:p></o:p></p>
<p class=MsoListParagraph style='margin-left:21pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Wingdings'><span style='mso-list:Ignore'>l<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;</span></span></span><![endif]><span>学会视频通话</span></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>l<span>&nbsp;&nbsp;</span></span>学会手机挂号</p>
<table class=MsoTableGrid border=1><tr><td><p class=MsoNormal>时间</p></td><td><p class=MsoNormal>地点</p></td></tr><tr><td>周二</td><td>201 教室</td></tr></table>
<p class=MsoNormal onclick="alert(1)"><script>alert(1)</script>既使下雨也开课。</p>
<p><img src="file:///C:/Users/x/photo.jpg"></p>
<!--EndFragment--></body></html>`;

/** Pastes as a person does: both kinds of the clipboard, at the cursor. */
async function paste(page, html, plain) {
  await page.getByTestId("article-body").focus();
  await page.evaluate(([rich, words]) => {
    const data = new DataTransfer();
    data.setData("text/html", rich);
    data.setData("text/plain", words);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, [html, plain]);
}

/** A picture made in the browser: no file is needed. */
async function photo(page) {
  const bytes = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 900;
    canvas.height = 700;
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#f9d976";
    pen.fillRect(0, 0, 900, 700);
    pen.fillStyle = "#2d6a4f";
    pen.fillRect(0, 420, 900, 280);
    const data = atob(canvas.toDataURL("image/jpeg", 0.9).split(",")[1]);
    return Array.from(data, (letter) => letter.charCodeAt(0));
  });
  return { name: "上课的老人.jpg", mimeType: "image/jpeg", buffer: Buffer.from(bytes) };
}

const outcome = (value) => fetch(`${stage.demo.sandbox}/sandbox/api/publication-outcome`, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ outcome: value }),
});

const title = "智在指尖开班";
let editor;
let address;
const desks = {};

/** A colleague before the article; each keeps their window. */
async function before_article(login) {
  desks[login] ??= await stage.desk(login);
  await desks[login].goto(address);
  await desks[login].reload();
  await desks[login].getByTestId("article-status").first().waitFor();
  return desks[login];
}

async function pass(login) {
  const desk = await before_article(login);
  await desk.getByTestId("review-proof").check();
  await desk.getByTestId("review-pass").click();
  await desk.getByTestId("review-pass").waitFor({ state: "detached" });
}

test("what is pasted from Word keeps its words and loses its garbage", async () => {
  editor = await stage.desk("editor");
  await editor.goto(`${stage.url}/console/#/news/new`);
  await editor.getByTestId("article-title").fill(title);
  await editor.getByTestId("article-byline").fill("小顾");
  await editor.getByTestId("article-origin").fill("社区教育中心");
  await paste(editor, WORD, "春季班开班");
  const body = await editor.getByTestId("article-body").inputValue();
  assert.equal(body.trim(), "## 春季班开班\n\n九月一日，**智在指尖**班开课了。\n\n- 学会视频通话\n- 学会手机挂号\n\n| 时间 | 地点 |\n| --- | --- |\n| 周二 | 201 教室 |\n\n既使下雨也开课。");
  await editor.getByTestId("toast").getByText("1 张图没有带过来").waitFor();
  await editor.getByTestId("picture-input").setInputFiles(await photo(editor));
  await editor.waitForFunction(() => document.querySelector("[data-testid=article-body]").value.includes("picture:"));
  await editor.getByTestId("article-save").click();
  await editor.getByTestId("article-check").getByText("即使").first().waitFor();
  await stage.look(editor, "news-1-pasted");
});

test("the cover is cut, and the preview has large type", async () => {
  await editor.getByTestId("cover-crop").click();
  const dialog = editor.getByTestId("crop-dialog");
  await dialog.getByTestId("crop-y").fill("80");
  await stage.look(editor, "news-2-crop");
  await dialog.getByTestId("crop-use").click();
  await dialog.waitFor({ state: "detached" });
  await editor.getByTestId("preview-large").click();
  const size = await editor.getByTestId("article-preview").evaluate((screen) => getComputedStyle(screen).fontSize);
  assert.equal(size, "24px");
  // The machine's hint is followed: the words are found, and changed.
  await editor.getByTestId("article-check").getByRole("button", { name: "找到它" }).first().click();
  const chosen = await editor.getByTestId("article-body").evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.equal(chosen, "既使");
  await editor.keyboard.insertText("即使");
  await editor.getByTestId("article-save").click();
  await editor.getByTestId("article-check").getByText("即使").first().waitFor({ state: "detached" });
  await stage.look(editor, "news-3-large");
  await editor.getByTestId("article-submit").click();
  await editor.getByText("待文字审核").first().waitFor();
  address = editor.url();
});

test("a remark at a place is made, answered with a change, and settled", async () => {
  const head = await before_article("head");
  await head.getByTestId("article-preview").getByText("班开课了").evaluate((paragraph) => {
    const range = document.createRange();
    range.selectNodeContents(paragraph.querySelector("strong"));
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  });
  await head.getByTestId("remark-new").click();
  const dialog = head.getByTestId("remark-dialog");
  assert.equal(await dialog.getByTestId("field-quote").inputValue(), "智在指尖");
  await dialog.getByTestId("field-text").fill("写全称：智在指尖·初级班");
  await dialog.getByTestId("dialog-submit").click();
  await head.locator(".screen mark").getByText("智在指尖").waitFor();
  await stage.look(head, "news-4-remark");

  // While it is open nobody passes.
  const second = await before_article("editor2");
  await second.getByTestId("review-proof").check();
  await second.getByTestId("review-pass").click();
  await second.getByText("1 条意见没有处理好").first().waitFor();

  await editor.goto(address);
  await editor.reload();
  await editor.locator("[data-testid^=remark-answer-]").click();
  await editor.getByTestId("answer-dialog").getByTestId("field-text").fill("已经改成全称。");
  await editor.getByTestId("dialog-submit").click();
  await editor.getByText("已经改成全称。").first().waitFor();
  await editor.getByTestId("article-edit").click();
  const area = editor.getByTestId("article-body");
  await area.fill((await area.inputValue()).replace("**智在指尖**班", "**智在指尖·初级班**"));
  await editor.getByTestId("article-save").click();
  await editor.getByText(/已保存/).first().waitFor();
  await editor.getByTestId("article-submit").click();
  await editor.getByText("待文字审核").first().waitFor();

  await before_article("head");
  await head.locator("[data-testid^=remark-settle-]").click();
  await head.getByText("处理好的（1）").waitFor();
  await head.getByTestId("article-versions").locator("summary").click();
  await head.locator("[data-testid^=changes-]").first().click();
  await head.getByTestId("changes").locator("ins").first().waitFor();
  await stage.look(head, "news-5-changes");
  await head.getByRole("button", { name: "关闭", exact: true }).click();
});

test("a change after a pass voids it", async () => {
  await pass("editor2");
  await pass("head");
  await editor.goto(`${address}/edit`);
  await editor.getByTestId("article-digest").fill("三十位老人走进课堂。");
  await editor.getByTestId("article-save").click();
  await editor.getByText(/已保存/).first().waitFor();
  await editor.getByTestId("article-submit").click();
  await editor.getByText("待文字审核").first().waitFor();
  assert.equal(await editor.locator("[data-testid^=stage-][data-state=passed]").count(), 0);
  await editor.getByText("内容改过，不再算数").first().waitFor();
});

test("the leader proof-reads aloud and the article goes out after a refusal of the platform", async () => {
  await pass("editor2");
  await pass("head");
  const leader = await before_article("leader");
  await leader.getByTestId("read-aloud").waitFor();
  await leader.getByTestId("review-pass").click();
  await leader.getByText("通过前要先校对").waitFor();
  await stage.look(leader, "news-6-aloud");
  await pass("leader");

  await outcome("audit_refused");
  await editor.goto(address);
  await editor.reload();
  await editor.getByTestId("article-publish").click();
  await editor.getByTestId("publish-failure").waitFor();
  await outcome("ok");
  await stage.look(editor, "news-7-refused");
  await editor.getByTestId("article-publish").click();
  await editor.getByTestId("article-link").waitFor();

  const phone = await stage.window(`${stage.demo.sandbox}/phone#/profile`);
  await phone.getByText(title).first().waitFor();
  await phone.close();
});

test("it stands in the calendar, and is taken back with a reason", async () => {
  await editor.goto(`${stage.url}/console/#/news/calendar`);
  await editor.getByTestId("news-calendar").getByText(title).waitFor();
  await stage.look(editor, "news-8-calendar");
  await editor.goto(address);
  await editor.getByTestId("article-withdraw").click();
  await editor.getByRole("button", { name: "内容有错" }).click();
  await editor.getByTestId("dialog-submit").click();
  await editor.getByText("已撤下").first().waitFor();
  await stage.comes(editor, editor.getByText("已从公众号撤下。原因：内容有错"));
  await editor.getByTestId("article-trace").locator("summary").click();
  await editor.getByTestId("article-trace").getByText("内容有错").waitFor();
  await stage.look(editor, "news-9-withdrawn");
  const { items } = await stage.call("GET", "/news");
  assert.equal(items.filter((one) => one.title === title).length, 0);
});

test("an officer writes in, the desk takes it up and enters where it was taken", async () => {
  const officer = await stage.desk("officer");
  await officer.getByTestId("nav-ledger").click();
  await officer.getByTestId("item-new").click();
  await officer.getByTestId("field-title").fill("重阳节包饺子");
  await officer.getByTestId("field-body").fill("三十位老人一起包饺子。");
  await officer.getByTestId("dialog-submit").click();
  await officer.getByText("等编辑看").waitFor();

  await editor.goto(`${stage.url}/console/#/ledger/outlets`);
  await editor.getByTestId("outlets-usual").click();
  await editor.getByTestId("outlet-table").getByText("张家港日报", { exact: true }).waitFor();
  await editor.goto(`${stage.url}/console/#/ledger`);
  await editor.locator("[data-testid^=item-sent-]").first().click();
  await editor.getByTestId("field-state").selectOption("taken");
  await editor.getByTestId("field-link").fill("https://www.xuexi.cn/1");
  await editor.getByTestId("dialog-submit").click();
  await editor.getByTestId("ledger-items").getByText("10 分").waitFor();
  await stage.look(editor, "news-10-ledger");
  await editor.locator("[data-testid^=item-take-]").first().click();
  await editor.getByTestId("article-body").waitFor();
  assert.equal(await editor.getByTestId("article-title").inputValue(), "重阳节包饺子");

  await officer.reload();
  await officer.getByTestId("ledger-sums").getByText("10").first().waitFor();
  const archive = await stage.window(`${stage.url}/news`);
  await archive.locator("h1").waitFor();
  await stage.look(archive, "news-11-archive");
});

test("on a phone the desk can be used as well", async () => {
  for (const [hash, name] of [["#/news", "list"], ["#/news/calendar", "calendar"], ["#/news/words", "words"], ["#/ledger", "ledger"], [new URL(address).hash, "article"], [`${new URL(address).hash}/edit`, "edit"]]) {
    await editor.setViewportSize({ width: 375, height: 812 });
    await editor.goto(`${stage.url}/console/${hash}`);
    await editor.locator("h1").first().waitFor();
    await editor.waitForLoadState("networkidle");
    const wide = await editor.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 376, `${name}: ${wide}`);
    await stage.look(editor, `news-phone-${name}`);
  }
});
