// 点名 where there is no signal: the page opens all the same, names are tapped, cards held
// before the camera; a day and a closed tab later all of it is there, and is sent once.
//
// The camera shows a film that the test makes of the cards' codes.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PASSWORD, openPage, startBrowser } from "./demo.js";
import { Stage } from "./stage.js";

const [WIDTH, HEIGHT] = [640, 480];
const FRAMES = 12;

let stage;
let folder;
let browser;
let view;
let page;
let centre;
let meeting;
const people = [];

/** The luminance of pictures, each in the middle of the camera's view. */
async function seen(svgs) {
  const { page: studio, context } = await openPage(stage.browser);
  const pictures = await studio.evaluate(async ([all, width, height]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const drawn = [];
    for (const svg of all) {
      const image = new Image();
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
      await image.decode();
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, width, height);
      pen.drawImage(image, (width - 400) / 2, (height - 400) / 2, 400, 400);
      const { data } = pen.getImageData(0, 0, width, height);
      drawn.push(Array.from({ length: width * height }, (_, at) => data[at * 4]));
    }
    return drawn;
  }, [svgs, WIDTH, HEIGHT]);
  await context.close();
  return pictures;
}

/** A film as Chromium's camera takes it (YUV4MPEG2), of pictures that come one after the other. */
function film(pictures) {
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F6:1 Ip A1:1 C420jpeg\n`)];
  for (const picture of pictures) {
    const frame = Buffer.concat([Buffer.from("FRAME\n"), Buffer.from(picture), grey]);
    for (let nth = 0; nth < FRAMES; nth += 1) parts.push(frame);
  }
  return Buffer.concat(parts);
}

const counted = (page_, kept, sent) => page_.getByTestId("kept-and-sent").getByText(`已存 ${kept} · 已传 ${sent}`, { exact: true }).waitFor();
const answer = (page_, who, status) => page_.getByTestId(`${status}-${who.id}`);
const pressed = (page_, who, status) => page_.locator(`[data-testid="${status}-${who.id}"][aria-pressed="true"]`).waitFor();

async function signIn(page_, login) {
  await page_.getByTestId("login-name").fill(login);
  await page_.getByTestId("login-password").fill(PASSWORD);
  await page_.getByTestId("login-submit").click();
  await page_.getByTestId("sign-in").waitFor({ state: "detached" });
}

async function tab() {
  const opened = await view.context.newPage();
  opened.setDefaultTimeout(20_000);
  opened.on("pageerror", (error) => view.complaints.push(String(error)));
  return opened;
}

const roll = async () => (await centre("GET", `/meetings/${meeting}/roll`)).items;
const eventsOf = async (who) => (await centre("GET", `/meetings/${meeting}/roll/${who.id}/events`)).items;

before(async () => {
  stage = await Stage.set();
  const { items } = await stage.call("GET", "/classes");
  const now = items.find((one) => one.name === "智在指尖·初级班");
  for (const name of ["丁桂英", "陆阿福", "钱秀珍", "沈菊芳"]) {
    const who = await stage.resident(name, "1956-03-01");
    await who.own("POST", `/classes/${now.id}/enrolments`, { join_waitlist: false });
    people.push(Object.assign(who, { name, card: await who.own("POST", "/me/card") }));
  }
  // The second one lost the card that is in the film.
  people[1].lost = people[1].card;
  people[1].card = await people[1].own("POST", "/me/card/replace");
  centre = await stage.colleague("centre");
  const meetings = (await centre("GET", "/meetings")).items;
  meeting = meetings.find((one) => one.class_name === now.name).id;
  for (const row of await roll()) {
    const who = people.find((one) => one.card.learner_number === row.learner_number);
    if (who) who.id = row.resident_id;
  }
  folder = await mkdtemp(join(tmpdir(), "shangxue-film-"));
  const path = join(folder, "cards.y4m");
  await writeFile(path, film(await seen([people[0].card.svg, people[1].lost.svg])));
  browser = await startBrowser(["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${path}`]);
  view = await openPage(browser, { viewport: { width: 375, height: 812 }, permissions: ["camera"] });
  page = view.page;
});
after(async () => {
  await browser?.close();
  await stage?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
  assert.deepEqual(view?.complaints, []);
});

test("signed in once with a network, the page opens without", async () => {
  await page.goto(`${stage.url}/console/roll/`);
  await stage.look(page, "1-sign-in");
  await signIn(page, "teacher");
  await page.getByTestId(`meeting-${meeting}`).waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await stage.look(page, "2-today");
  await view.context.setOffline(true);
  await page.reload();
  await page.getByTestId(`meeting-${meeting}`).click();
  await page.getByTestId("net").getByText("没有网络").waitFor();
  await answer(page, people[2], "present").click();
  await pressed(page, people[2], "present");
  await counted(page, 1, 0);
  await stage.look(page, "3-roll-offline");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 375));
});

test("a card is known without network, a replaced one is refused, and both are kept", async () => {
  await page.getByTestId("scan-open").click();
  const scanned = page.getByTestId("scanned");
  await scanned.getByText("丁桂英：到课").waitFor();
  await stage.look(page, "4-card");
  await scanned.getByText("陆阿福：这张卡已经换过，旧卡不能用了。").first().waitFor();
  await stage.look(page, "5-old-card");
  await page.getByTestId("number").fill(people[3].card.learner_number.slice(-4));
  await page.getByTestId("number-submit").click();
  await scanned.getByText("沈菊芳：到课").waitFor();
  await page.getByTestId("scan-close").click();
  await pressed(page, people[0], "present");
  assert.equal(await page.locator(`[data-testid="present-${people[1].id}"]`).getAttribute("aria-pressed"), "false");
});

test("a change of what stands asks for a reason", async () => {
  await answer(page, people[2], "absent").click();
  await stage.look(page, "6-why");
  await page.getByRole("button", { name: "没有来" }).click();
  await pressed(page, people[2], "absent");
});

let kept;

test("after a closed tab and a night all of it is there, under its day", async () => {
  [, kept] = /已存 (\d+) · 已传 0/.exec(await page.getByTestId("kept-and-sent").textContent());
  assert.ok(kept >= 5, kept);
  await page.close();
  page = await tab();
  // The phone's clock is a day on, for this tab alone.
  await page.addInitScript(() => {
    const Now = Date;
    globalThis.Date = class extends Now {
      constructor(...given) { super(...(given.length ? given : [Now.now() + 86400_000])); }
      static now() { return Now.now() + 86400_000; }
    };
  });
  await page.goto(`${stage.url}/console/roll/`);
  await page.getByTestId("no-roll").waitFor();
  await page.getByText(`还有 ${kept} 条没传`).waitFor();
  await stage.look(page, "7-next-day");
  await page.getByTestId(`meeting-${meeting}`).click();
  await pressed(page, people[0], "present");
  await page.close();
});

test("with a network again it is sent by itself, also where answers are cut off, and counts once", async () => {
  let cut = 0;
  await view.context.route("**/scans", async (route) => {
    if (cut >= 2) { await route.continue(); return; }
    cut += 1;
    // The server has it; the answer never comes.
    await route.fetch().catch(() => {});
    await route.abort();
  });
  page = await tab();
  await page.goto(`${stage.url}/console/roll/`);
  await counted(page, kept, 0);
  await view.context.setOffline(false);
  await counted(page, kept, kept);
  assert.equal(cut, 2);
  await stage.look(page, "8-sent");
  const rows = await roll();
  const status = (who) => rows.find((row) => row.resident_id === who.id).status ?? null;
  assert.deepEqual(people.map(status), ["present", null, "absent", "present"]);
  assert.deepEqual((await eventsOf(people[2])).map((event) => event.status), ["present", "absent"]);
  assert.equal((await eventsOf(people[3])).length, 1);
  const { items: tray } = await centre("GET", "/tray");
  assert.ok(tray.length > 0 && tray.every((entry) => entry.why === "card_ended"), JSON.stringify(tray));
  // The console shows it.
  const desk = await stage.desk("teacher");
  await desk.goto(`${stage.url}/console/#/meetings/${meeting}`);
  await desk.locator("[data-status=absent]").filter({ hasText: "钱" }).waitFor();
  await stage.look(desk, "9-console");
});

test("an ended sign-in loses nothing, and what one made is not sent as another's", async () => {
  await view.context.setOffline(true);
  await page.getByTestId(`meeting-${meeting}`).click();
  await answer(page, people[1], "present").click();
  await pressed(page, people[1], "present");
  await view.context.clearCookies();
  await view.context.setOffline(false);
  await page.getByTestId("sign-in").waitFor();
  await stage.look(page, "10-expired");
  await signIn(page, "centre");
  await page.getByTestId("of-others").waitFor();
  await counted(page, 0, 0);
  await stage.look(page, "11-another");
  assert.equal((await eventsOf(people[1])).length, 0);
  await page.goto(`${stage.url}/console/roll/`);
  await page.getByTestId("sign-out").click();
  await page.getByTestId("sign-in").waitFor();
  await signIn(page, "teacher");
  await counted(page, Number(kept) + 1, Number(kept) + 1);
  const [event] = await eventsOf(people[1]);
  assert.equal(event.status, "present");
  assert.notEqual(event.actor, "中心");
});
