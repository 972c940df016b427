import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { PageState } from "../../live/static/live/page-state.js";
import { FakeWorld } from "./fakes.js";

/** @type {FakeWorld} */
let world;
/** @type {PageState} */
let page;
/** @type {number[]} */
let events;
/** @type {{reason?: string, resolve: (head?: number) => void, reject: (error: Error) => void}[]} */
let resets;
/** @type {Live.State[]} */
let states;

beforeEach(() => {
  mock.method(console, "warn", () => {});
  world = new FakeWorld();
  make(10);
});

afterEach(() => mock.restoreAll());

/**
 * @param {number | null} position
 * @param {{reloads?: boolean}} [scripts] whether the page's scripts answer a reset
 */
function make(position, { reloads = true } = {}) {
  events = [];
  resets = [];
  states = [];
  /** @type {{[Name in keyof Live.PageEvents]: (detail: Live.PageEvents[Name]) => void}} */
  const scripts = {
    "live:event": ({ id }) => events.push(id),
    "live:state": ({ state }) => states.push(state),
    "live:reset": ({ reason, waitUntil }) => {
      if (!reloads) return;
      const data = new Promise((resolve, reject) => resets.push({ reason, resolve, reject }));
      waitUntil(data);
    },
  };
  /** @type {Live.Tell} */
  const tell = (name, detail) => scripts[name](detail);
  page = new PageState({ position, rendered: world.clock - 60_000, tell }, world);
}

/** @type {(state: Live.State, reason?: string) => void} */
const status = (state, reason = "") =>
  page.hear({
    kind: "status",
    status: { state, reason, since: world.clock, lastSign: world.clock },
  });
/** @type {(type: string, id: number, data?: object) => void} */
const frame = (type, id, data = {}) =>
  page.hear({ kind: "frame", at: world.clock, frame: { type, id, data } });
/** @param {number[]} ids */
const made = (...ids) => ids.forEach((id) => frame("thing.made", id));

test("events come once and move the position, heartbeats only move it", () => {
  status("live");
  made(11, 11, 12);
  frame("heartbeat", 40);
  made(12, 41);
  assert.deepEqual(events, [11, 12, 41]);
  assert.equal(page.position, 41);
});

test("the last update stands still while the page is not live", async () => {
  assert.equal(page.status.lastSign, world.clock - 60_000);
  status("live");
  const { lastSign } = page.status;
  assert.equal(lastSign, world.clock);
  status("reconnecting", "ended");
  await world.pass(60_000);
  frame("heartbeat", 12);
  assert.equal(page.status.lastSign, lastSign);
});

test("a page rendered by a server whose clock is ahead is not from the future", () => {
  page = new PageState({ position: 1, rendered: world.clock + 90_000, tell() {} }, world);
  assert.equal(page.status.lastSign, world.clock);
});

test("after the clock was set back the last update is not in the future", () => {
  status("live");
  world.jump(-3600_000);
  frame("heartbeat", 11);
  assert.equal(page.status.lastSign, world.clock);
});

test("a state goes on lasting after the clock was set back", async () => {
  status("reconnecting", "ended");
  world.jump(-3600_000);
  assert.equal(page.status.since, world.clock);
  await world.pass(16_000);
  assert.equal(page.status.since, world.clock - 16_000);
});

test("the server's time comes with the stream's opening and with each heartbeat", () => {
  const noon = Date.parse("2026-11-22T12:00:00Z");
  const isAt = (/** @type {number} */ time) => assert.ok(Math.abs(page.clock.now() - time) < 1000);
  page.hear({ kind: "time", time: "2026-11-22T12:00:00.000Z" });
  isAt(noon);
  frame("heartbeat", 10, { at: "2026-11-22T12:30:00.000Z" });
  isAt(noon + 1800_000);
  frame("heartbeat", 10);
  isAt(noon + 1800_000);
});

test("the last update is told by the server's clock, whatever this computer's is set to", () => {
  status("live");
  frame("heartbeat", 10, { at: "2026-11-22T12:00:00.000Z" });
  status("reconnecting", "ended");
  world.jump(-3600_000);
  const { lastUpdate = 0 } = page.status;
  assert.ok(Math.abs(lastUpdate - Date.parse("2026-11-22T12:00:00Z")) < 1000);
});

test("during a reload the page is not live, and events wait until it is done", async () => {
  status("live");
  frame("reset", 20, { reason: "access" });
  assert.equal(page.status.reason, "reloading");
  made(21, 22);
  assert.deepEqual(events, []);
  resets[0].resolve();
  await world.pass(0);
  assert.equal(page.status.state, "live");
  assert.deepEqual(events, [21, 22]);
});

test("fresh data that tells its position spares the page what it holds already", async () => {
  status("live");
  frame("reset", 20, { reason: "access" });
  made(21, 22);
  resets[0].resolve(21);
  await world.pass(0);
  assert.deepEqual(events, [22]);
});

test("fresh data may be ahead of the stream", async () => {
  status("live");
  frame("reset", 20, { reason: "access" });
  resets[0].resolve(25);
  await world.pass(0);
  made(24, 25, 26);
  assert.deepEqual(events, [26]);
});

test("what arrived before the attempt that succeeds is in the data it loaded", async () => {
  status("live");
  frame("reset", 20, { reason: "access" });
  made(21);
  resets[0].reject(new Error("502"));
  await world.pass(2000);
  made(22);
  resets[1].resolve();
  await world.pass(0);
  assert.deepEqual(events, [22]);
});

test("a failed reload stays not live and is tried again until it works", async () => {
  status("live");
  frame("reset", 20, { reason: "expired" });
  const before = page.status.lastSign;
  for (let turn = 0; turn < 3; turn += 1) {
    resets[turn].reject(new Error("502"));
    await world.pass(10_000);
    frame("heartbeat", 20);
    assert.equal(page.status.state, "reconnecting");
    assert.equal(resets.length, turn + 2);
  }
  assert.equal(page.status.lastSign, before);
  resets[3].resolve();
  await world.pass(0);
  assert.equal(page.status.state, "live");
  assert.equal(resets[3].reason, "expired");
});

test("a reload that never ends has failed", async () => {
  status("live");
  frame("reset", 20, { reason: "x" });
  await world.pass(35_000);
  assert.equal(resets.length, 2);
});

test("a second reset overtakes the first reload", async () => {
  status("live");
  frame("reset", 20, { reason: "x" });
  frame("reset", 30, { reason: "y" });
  resets[0].resolve();
  await world.pass(0);
  assert.equal(page.status.reason, "reloading");
  resets[1].resolve();
  await world.pass(0);
  assert.equal(page.status.state, "live");
});

test("a reload that was overtaken and fails asks for nothing more", async () => {
  status("live");
  frame("reset", 20, { reason: "x" });
  frame("reset", 30, { reason: "y" });
  resets[0].reject(new Error("502"));
  await world.pass(20_000);
  assert.equal(resets.length, 2);
});

test("without a stream a failed reload waits for its return", async () => {
  frame("reset", 20, { reason: "x" });
  status("signed-out");
  resets[0].reject(new Error("401"));
  await world.pass(3600_000);
  assert.equal(resets.length, 1);
  assert.equal(page.status.state, "signed-out");
  status("live");
  assert.equal(resets.length, 2);
});

test("a person can ask for the next try at once", async () => {
  status("live");
  frame("reset", 20, { reason: "x" });
  resets[0].reject(new Error("502"));
  await world.pass(0);
  page.resume();
  assert.equal(resets.length, 2);
  await world.pass(60_000);
  assert.equal(resets.length, 3, "the overtaken wait must not start another, only the 30 s limit");
});

test("a reset nobody on the page answers is said, not swallowed", () => {
  make(10, { reloads: false });
  status("live");
  frame("reset", 20, { reason: "x" });
  assert.equal(page.status.state, "stale");
  status("live");
  assert.equal(page.status.state, "stale");
});

test("a page that shows nothing of the log has nothing to reset", () => {
  make(null, { reloads: false });
  status("live");
  frame("reset", 20, { reason: "x" });
  made(21);
  assert.equal(page.status.state, "live");
  assert.deepEqual(events, [21]);
});

test("cut off from its worker the page does not claim to be live", () => {
  status("live");
  page.cutOff("silent");
  assert.deepEqual(states, ["live", "reconnecting"]);
});
