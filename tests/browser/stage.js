// What most scenes need: the demo, a browser, people with phones, colleagues at desks.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PASSWORD, openPage, startBrowser, startDemo } from "./demo.js";

/** SHOTS=FOLDER keeps a screenshot wherever a scene is looked at. */
const shots = process.env.SHOTS;

export class Stage {
  /** `poll_ms`: how often the worker looks for jobs. */
  static async set({ poll_ms = 300 } = {}) {
    if (shots) await mkdir(shots, { recursive: true });
    const stage = new Stage();
    stage.opened = [];
    stage.demo = await startDemo({ environment: { SHANGXUE__WORKER__POLL_MS: String(poll_ms) } });
    stage.browser = await startBrowser();
    return stage;
  }

  /** The end: the service stops as asked, and no page broke a rule. */
  async close() {
    await this.browser.close();
    const how = await this.demo.stop();
    assert.deepEqual(how, { code: 0, signal: null }, this.demo.output);
    assert.deepEqual(this.opened.flatMap((view) => view.complaints), []);
  }

  get url() {
    return this.demo.url;
  }

  look(page, name) {
    return shots && page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  }

  /** What a job brings comes a moment later: the page is opened again until it is there. */
  async comes(page, locator) {
    for (let tries = 0; tries < 15; tries += 1) {
      if (await locator.first().waitFor({ timeout: 1_500 }).then(() => true, () => false)) return;
      await page.reload();
    }
    await locator.first().waitFor();
  }

  /** The text of a QR code that is on the screen, as a camera reads it: it looks again. */
  async read(image) {
    let link;
    for (let tries = 0; tries < 40 && !link; tries += 1) {
      if (tries) await image.page().waitForTimeout(250);
      const answer = await fetch(`${this.demo.sandbox}/sandbox/api/scan`, { method: "POST", headers: { "content-type": "image/png" }, body: await image.screenshot() });
      link = (await answer.json()).link;
    }
    return link;
  }

  /** Calls an address; what it answers, which is no failure. */
  async call(method, path, body, headers = {}) {
    return (await this.#ask(method, `${this.demo.url}/api${path}`, body, headers)).value;
  }

  async #ask(method, url, body, headers) {
    const file = body instanceof Uint8Array;
    const type = file ? "application/octet-stream" : "application/json";
    const answer = await fetch(url, { method, headers: { "content-type": type, ...headers }, body: file ? body : body && JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${url}: ${text}`);
    return { value: text ? JSON.parse(text) : null, headers: answer.headers };
  }

  /** The API as a colleague. */
  async colleague(login) {
    const { value, headers } = await this.#ask("POST", `${this.demo.url}/api/staff/session`, { login, password: PASSWORD });
    const own = { cookie: headers.getSetCookie()[0].split(";")[0], "x-csrf-token": value.csrf_token };
    return (method, path, body, more = {}) => this.call(method, `/staff${path}`, body, { ...own, ...more });
  }

  /** Somebody new who has agreed; with a birth date, also known. */
  async resident(name, birth_date) {
    const users = `${this.demo.sandbox}/sandbox/api/users`;
    const { value: user } = await this.#ask("POST", users, { name });
    const { value: login } = await this.#ask("POST", `${users}/${user.id}/login-code`, {});
    const { token } = await this.call("POST", "/session", { code: login.code });
    const own = (method, path, body) => this.call(method, path, body, { authorization: `Bearer ${token}` });
    const { consent_version: version } = await this.call("GET", "/about");
    await own("POST", "/me/consents", { kind: "privacy", version });
    if (birth_date) {
      const { items } = await this.call("GET", "/communities");
      await own("PUT", "/me/profile", { name, birth_date, community_id: items[0].id });
    }
    return { token, own };
  }

  async #open(width, height) {
    const view = await openPage(this.browser, { viewport: { width, height } });
    this.opened.push(view);
    return view.page;
  }

  /** The phone of a resident who is signed in. */
  async phone({ token }) {
    const page = await this.#open(375, 812);
    await page.addInitScript((held) => localStorage.setItem("shangxue.token", held), token);
    return page;
  }

  /** The window of a desk, at an address. */
  async window(address) {
    const page = await this.#open(1280, 900);
    await page.goto(address);
    return page;
  }

  /** The console of a colleague who is signed in. */
  async desk(login) {
    const page = await this.window(`${this.demo.url}/console/`);
    await page.getByTestId("login-name").fill(login);
    await page.getByTestId("login-password").fill(PASSWORD);
    await page.getByTestId("login-submit").click();
    await page.getByTestId("me-name").waitFor();
    return page;
  }
}

export const from = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
export const day = (days) => from(days * 86400).slice(0, 10);

/** Of the sample terms the one that runs; before it is one that ended, after it the next. */
export const running = (terms) => terms.find((one) => one.name.endsWith("示例学期"));
