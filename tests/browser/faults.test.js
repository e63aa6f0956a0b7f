// The service is killed in the middle of a rush of sign-ups, and WeChat fails while
// people use it: no place is lost or doubled, and no message is lost.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, startDemo } from "./demo.js";

let demo;

before(async () => {
  demo = await startDemo();
});

after(async () => {
  await demo?.stop();
});

async function call(base, method, path, { body, token, cookie, csrf } = {}) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  if (cookie) headers.cookie = cookie;
  if (csrf) headers["x-csrf-token"] = csrf;
  const answer = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : null };
}

const api = (method, path, options) => call(demo.url, method, `/api${path}`, options);
const platform = (method, path, body) => call(demo.sandbox, method, `/sandbox/api${path}`, { body });

/** A resident with consent and profile who allows one message of each kind. */
async function resident(nth) {
  const user = (await platform("POST", "/users", { name: `居民${nth}` })).body;
  const { code } = (await platform("POST", `/users/${user.id}/login-code`, {})).body;
  const { token } = (await api("POST", "/session", { body: { code } })).body;
  const { consent_version: version } = (await api("GET", "/about")).body;
  await api("POST", "/me/consents", { token, body: { kind: "privacy", version } });
  const [community] = (await api("GET", "/communities")).body.items;
  const profile = { name: "某居民", birth_date: "1956-05-05", community_id: community.id };
  const saved = await api("PUT", "/me/profile", { token, body: profile });
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  // WeChat asks for three at most.
  const templates = (await api("GET", "/subscription-templates")).body.items.slice(0, 3);
  const results = Object.fromEntries(templates.map((template) => [template.template_id, "accept"]));
  await platform("POST", `/users/${user.id}/subscribe`, { results });
  return { user, token };
}

async function aClass(name) {
  const classes = (await api("GET", "/classes")).body.items;
  return classes.find((one) => one.name === name);
}

// A job that died with the service is taken up again when its lease of 30 s is over.
async function until(what, check, tries = 300) {
  for (let nth = 0; nth < tries; nth += 1) {
    const answer = await check();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`never: ${what}`);
}

async function messagesOf(person) {
  const state = (await platform("GET", `/state?user=${person.user.id}`)).body;
  return state.me.notices;
}

test("killed in a rush of sign-ups, nothing is lost or doubled", { timeout: 240_000 }, async () => {
  const people = [];
  for (let nth = 0; nth < 40; nth += 1) people.push(await resident(nth));
  const wanted = await aClass("书法班");
  const path = `/classes/${wanted.id}/enrolments`;
  const promised = new Set();
  let kill;
  const rush = people.map(async (person, nth) => {
    const answer = await api("POST", path, { token: person.token, body: {} }).catch(() => null);
    if (answer?.status === 200) {
      promised.add(nth);
      // In the middle: some have their answer, some are on their way.
      if (promised.size === 6) kill = demo.kill();
    }
  });
  await Promise.all(rush);
  await kill;
  await demo.start();

  const outcomes = await Promise.all(people.map(async (person, nth) => {
    const answer = await api("POST", path, { token: person.token, body: {} });
    assert.ok(answer.status === 200 || answer.body.code === "class_full", JSON.stringify(answer.body));
    if (promised.has(nth)) assert.equal(answer.body.outcome, "already", `person ${nth} lost a place`);
    return answer.status === 200;
  }));
  assert.equal(outcomes.filter(Boolean).length, wanted.free);
  const now = await aClass("书法班");
  assert.deepEqual([now.free, now.taken], [0, now.capacity]);

  const signedIn = await api("POST", "/staff/session", { body: { login: "centre", password: PASSWORD } });
  const cookie = signedIn.headers.get("set-cookie").split(";")[0];
  const list = (await api("GET", `/staff/classes/${wanted.id}/enrolments`, { cookie })).body.items;
  const placed = list.filter((line) => line.status === "placed").map((line) => line.resident_id);
  assert.equal(placed.length, now.capacity);
  assert.equal(new Set(placed).size, placed.length);

  // What the demo plans for its next term waits for months.
  const dueToday = (job) => Date.parse(job.run_after) < Date.now() + 86_400_000;
  await until("the jobs are done", async () => !(await api("GET", "/staff/jobs?state=ready", { cookie })).body.items.some(dueToday));
  // Whoever has a place is told so once: in 消息 for certain, on the phone at most once.
  for (const [nth, person] of people.entries()) {
    if (!outcomes[nth]) continue;
    const notices = async () => (await api("GET", "/me/notices", { token: person.token })).body.total;
    await until(`person ${nth} is told`, async () => (await notices()) === 1);
  }
  for (const person of people) assert.ok((await messagesOf(person)).length <= 1);
  const told = await Promise.all(people.filter((_, nth) => outcomes[nth]).map(messagesOf));
  assert.ok(told.filter((messages) => messages.length === 1).length >= now.capacity - 8, "most are told on the phone too");
});

test("with WeChat failing the sign-up stands, and the message comes later", { timeout: 120_000 }, async () => {
  const send = "/cgi-bin/message/subscribe/send";
  const wanted = await aClass("太极拳班");
  for (const [fault, count] of [[{ errcode: -1 }, 1], [{ errcode: 40001 }, 1]]) {
    const person = await resident(`f${JSON.stringify(fault)}`);
    await platform("POST", "/faults", { path: send, fault, count });
    const answer = await api("POST", `/classes/${wanted.id}/enrolments`, { token: person.token, body: {} });
    assert.equal(answer.body.outcome, "placed", JSON.stringify(answer.body));
    await until(`the message after ${JSON.stringify(fault)}`, async () => (await messagesOf(person)).length === 1);
  }
  // Sign-in is refused with a sentence while the platform does not answer, and works after.
  const user = (await platform("POST", "/users", { name: "等待的人" })).body;
  const { code } = (await platform("POST", `/users/${user.id}/login-code`, {})).body;
  await platform("POST", "/faults", { path: "/sns/jscode2session", fault: "http500", count: 1 });
  const refused = await api("POST", "/session", { body: { code } });
  assert.deepEqual([refused.status, refused.body.code], [503, "wechat_unavailable"]);
  assert.match(refused.body.message, /再试/);
  assert.equal((await api("POST", "/session", { body: { code } })).status, 200);
});
