// Starts `shangxue demo` on free ports with data of its own, and a Chromium to look at it.
//
// The database and the shared state may be others: SHANGXUE__DATABASE__URL and
// SHANGXUE__REDIS__URL reach the demo as they reach `serve`.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const BINARY = process.env.SHANGXUE_BINARY ?? new URL("../../target/debug/shangxue", import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const PASSWORD = "changyinsha-demo";

/** Two ports that are free, and not the same: both are held until both are known. */
async function freePorts() {
  const servers = [];
  while (servers.length < 2) {
    const server = createServer();
    // Below those that the system gives to connections that go out.
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (free) servers.push(server);
  }
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

/** A time of day, in minutes, far from now: around now the demo has a class, whose teacher is busy. */
export const farFromNow = () => ((new Date().getUTCHours() + 8) % 24 < 13 ? 19 * 60 : 7 * 60);

/** A running demo. `stop()` asks it to end and waits for that. */
export async function startDemo({ environment = {}, data, fresh = true } = {}) {
  const folder = data ?? (await mkdtemp(join(tmpdir(), "shangxue-demo-")));
  const [port, sandboxPort] = await freePorts();
  const demo = {
    data: folder,
    url: `http://127.0.0.1:${port}`,
    sandbox: `http://127.0.0.1:${sandboxPort}`,
    output: "",
    async start({ fresh: again = false } = {}) {
      const options = ["demo", "--port", port, "--sandbox-port", sandboxPort, "--data", folder];
      if (again) options.push("--fresh");
      demo.child = spawn(BINARY, options.map(String), { env: { ...process.env, ...environment } });
      for (const stream of [demo.child.stdout, demo.child.stderr]) {
        stream.on("data", (chunk) => (demo.output += chunk));
      }
      demo.ended = new Promise((resolve) => demo.child.on("exit", (code, signal) => resolve({ code, signal })));
      await demo.ready();
    },
    async ready() {
      for (let tries = 0; tries < 300; tries += 1) {
        if (demo.child.exitCode !== null) break;
        const answer = await fetch(`${demo.url}/readyz`).catch(() => null);
        if (answer?.ok) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`the demo did not start:\n${demo.output}`);
    },
    async kill() {
      demo.child.kill("SIGKILL");
      await demo.ended;
    },
    async stop() {
      demo.child.kill("SIGINT");
      const how = await demo.ended;
      if (!data) await rm(folder, { recursive: true, force: true });
      return how;
    },
  };
  await demo.start({ fresh });
  return demo;
}

export async function startBrowser(more = []) {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...more,
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // A page that a test makes up counts as one from far away, and may not show ours.
      "--disable-features=LocalNetworkAccessChecks",
    ],
  });
}

/** A page that fails the test when its scripts fail or its policy is violated. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ locale: "zh-CN", timezoneId: "Asia/Shanghai", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  return { page, complaints, context };
}
