import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Hub } from "../../live/static/live/hub.js";
import { FakeHubPort, FakeWorld } from "./fakes.js";

const config = { url: "/stream", user: "7", client: "c1", events: ["thing.made"] };
/** @type {FakeWorld} */
let world;
/** @type {Hub} */
let hub;

beforeEach(() => {
  world = new FakeWorld();
  hub = new Hub(world);
});

class Tab {
  port = new FakeHubPort();

  /** @param {number | null} position */
  join(position) {
    this.port.hear({ kind: "join", config, position });
  }

  /** @param {"leave" | "pong" | "resume"} kind */
  say(kind) {
    this.port.hear({ kind });
  }

  seen() {
    const frames = this.port.sent.filter((message) => message.kind === "frame");
    return frames.map(({ frame: { type, id } }) => `${type} ${id}`);
  }

  state() {
    const statuses = this.port.sent.filter((message) => message.kind === "status");
    return statuses.at(-1)?.status.state;
  }

  /** @param {Live.FromHub["kind"]} kind */
  heard(kind) {
    return this.port.sent.filter((message) => message.kind === kind).length;
  }
}

/** @param {number | null} position */
function tabAt(position) {
  const tab = new Tab();
  hub.welcome(tab.port);
  tab.join(position);
  return tab;
}

async function goLive() {
  world.source.connect(hub.stream?.position ?? null);
  await world.pass(300);
}

/** @param {number[]} ids */
const send = (...ids) => ids.forEach((id) => world.source.send("thing.made", id));

test("all tabs share one stream, and each gets each event once", async () => {
  const [a, b] = [tabAt(10), tabAt(10)];
  await goLive();
  send(11, 12);
  assert.equal(world.sources.length, 1);
  assert.deepEqual(a.seen(), ["thing.made 11", "thing.made 12"]);
  assert.deepEqual(b.seen(), a.seen());
  assert.equal(b.state(), "live");
});

test("a tab that joins later gets what came since its page was made", async () => {
  tabAt(10);
  await goLive();
  send(11, 12, 13);
  const late = tabAt(11);
  assert.deepEqual(late.seen(), ["thing.made 12", "thing.made 13"]);
  send(14);
  assert.deepEqual(late.seen().at(-1), "thing.made 14");
  assert.equal(world.sources.length, 1);
});

test("a tab ahead of the stream gets only what is newer than its page", async () => {
  const first = tabAt(10);
  await goLive();
  const ahead = tabAt(12);
  send(11, 12, 13);
  assert.deepEqual(ahead.seen(), ["thing.made 13"]);
  assert.equal(first.seen().length, 3);
});

test("a tab older than the memory is reset, alone", async () => {
  const first = tabAt(10);
  await goLive();
  send(11);
  const old = tabAt(9);
  assert.deepEqual(old.seen(), ["reset 11"]);
  send(12);
  assert.deepEqual(old.seen(), ["reset 11", "thing.made 12"]);
  assert.deepEqual(first.seen(), ["thing.made 11", "thing.made 12"]);
});

test("memory is bounded, and what it forgot is a reset", async () => {
  tabAt(0);
  await goLive();
  for (let id = 1; id <= 1001; id += 1) send(id);
  assert.equal(hub.recent.length, 1000);
  assert.equal(tabAt(1).seen().length, 1000);
  assert.deepEqual(tabAt(0).seen(), ["reset 1001"]);
});

test("memory is bounded in bytes too: of long events there are fewer, and the rest is a reset", async () => {
  tabAt(0);
  await goLive();
  const text = "x".repeat(100_000); // at most 400 kB, so 8 MB hold 20
  for (let id = 1; id <= 100; id += 1) world.source.send("thing.made", id, { text });
  assert.equal(hub.recent.length, 19);
  assert.deepEqual(tabAt(80).seen(), ["reset 100"]);
  assert.equal(tabAt(81).seen().length, 19);
  for (let id = 101; id <= 1200; id += 1) send(id);
  assert.equal(hub.recent.length, 1000);
  assert.ok(hub.size < 10_000, String(hub.size));
});

/** @param {number[]} ids */
const pass = (...ids) =>
  ids.forEach((id) => world.source.send("thing.made", id, { passing: `matter:${id % 2}` }));

test("of a passing matter a tab that joins gets the newest only, and all if it was there", async () => {
  const first = tabAt(10);
  await goLive();
  pass(11, 12, 13);
  send(14);
  pass(15);
  assert.equal(first.seen().length, 5);
  assert.deepEqual(tabAt(10).seen(), ["thing.made 12", "thing.made 14", "thing.made 15"]);
  assert.equal(hub.size, hub.recent.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0));
});

test("what is passing is over after a minute", async () => {
  tabAt(10);
  await goLive();
  pass(11);
  send(12);
  world.jump(40_000);
  pass(14);
  world.jump(30_000);
  assert.deepEqual(tabAt(10).seen(), ["thing.made 12", "thing.made 14"]);
});

test("after a reset nobody is served from before it", async () => {
  const first = tabAt(10);
  await goLive();
  send(11);
  world.source.send("reset", 20, { reason: "access" });
  assert.equal(first.seen().at(-1), "reset 20");
  assert.deepEqual(tabAt(11).seen(), ["reset 20"]);
  assert.deepEqual(tabAt(20).seen(), []);
});

test("a reset to a lower position still lets the events after it through", async () => {
  const tab = tabAt(100);
  await goLive();
  world.source.send("reset", 5, { reason: "ahead" });
  send(6);
  assert.deepEqual(tab.seen(), ["reset 5", "thing.made 6"]);
});

test("what was remembered before a reset to a lower position is forgotten", async () => {
  tabAt(100);
  await goLive();
  send(101);
  world.source.send("reset", 5, { reason: "ahead" });
  assert.deepEqual(tabAt(5).seen(), []);
});

test("heartbeats reach every tab", async () => {
  const [a, b] = [tabAt(10), tabAt(12)];
  await goLive();
  world.source.send("heartbeat", 10);
  assert.deepEqual([a.seen(), b.seen()], [["heartbeat 10"], ["heartbeat 10"]]);
});

test("every tab hears the server's time when the stream opens, also before a reset", async () => {
  const [a, b] = [tabAt(10), tabAt(12)];
  world.source.connect(null, { server_time: "2026-11-22T12:00:00.000Z" });
  const time = { kind: "time", time: "2026-11-22T12:00:00.000Z" };
  for (const tab of [a, b]) {
    assert.deepEqual(tab.port.sent.filter(({ kind }) => kind === "time"), [time]);
  }
});

test("a page that shows nothing of the log does not decide where the stream starts", async () => {
  const plain = tabAt(null);
  const board = tabAt(10);
  assert.equal(world.open.length, 1);
  assert.equal(world.source.query.lastEventId, "10");
  await goLive();
  send(11);
  assert.deepEqual(board.seen(), ["thing.made 11"]);
  assert.deepEqual(plain.seen(), ["thing.made 11"]);
});

test("a stream started by a page without position knows what it covers", async () => {
  tabAt(null);
  world.source.connect(50);
  send(51);
  assert.deepEqual(tabAt(50).seen(), ["thing.made 51"]);
  assert.deepEqual(tabAt(49).seen(), ["reset 51"]);
});

test("the last tab to leave closes the stream; the next page starts where it stands", async () => {
  const [a, b] = [tabAt(10), tabAt(10)];
  await goLive();
  a.say("leave");
  assert.equal(world.open.length, 1);
  b.say("leave");
  assert.equal(world.open.length, 0);
  assert.equal(world.timers.size, 0);
  tabAt(30);
  assert.equal(world.source.query.lastEventId, "30");
});

test("a tab that died is dropped, the others are not", async () => {
  const [alive, dead] = [tabAt(10), tabAt(10)];
  await goLive();
  for (let ping = 0; ping < 20; ping += 1) {
    await world.pass(5000);
    alive.say("pong");
    world.source.send("heartbeat", 10);
  }
  assert.deepEqual([...hub.tabs].map(({ port }) => port), [alive.port]);
  assert.equal(dead.heard("dropped"), 1);
  assert.equal(alive.heard("dropped"), 0);
});

test("a night asleep drops nobody", async () => {
  tabAt(10);
  world.jump(8 * 3600_000);
  await world.pass(10_000);
  assert.equal(hub.tabs.size, 1);
});

test("a dropped tab that thaws joins again and misses nothing", async () => {
  const [other, frozen] = [tabAt(10), tabAt(10)];
  await goLive();
  for (let ping = 0; ping < 14; ping += 1) {
    await world.pass(5000);
    other.say("pong");
    world.source.send("heartbeat", 10);
  }
  send(11);
  frozen.join(10);
  assert.equal(frozen.seen().at(-1), "thing.made 11");
});

test("a page opened after the sign-in revives the stream for all tabs", async () => {
  const old = tabAt(10);
  world.probeStatus = 401;
  world.source.refuse();
  await world.pass(2100);
  world.source.refuse();
  await world.pass(10);
  assert.equal(old.state(), "signed-out");
  tabAt(20);
  assert.equal(world.source.query.lastEventId, "10");
  await goLive();
  assert.equal(old.state(), "live");
});

test("a click in any tab brings a replaced stream back", async () => {
  const [a, b] = [tabAt(10), tabAt(10)];
  await goLive();
  world.source.send("goodbye", null, { reason: "replaced" });
  assert.equal(a.state(), "replaced");
  b.say("resume");
  await goLive();
  assert.equal(a.state(), "live");
});
