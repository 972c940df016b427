import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Stream } from "../../live/static/live/stream.js";
import { backOff } from "../../live/static/live/world.js";
import { FakeWorld } from "./fakes.js";

/** @type {FakeWorld} */
let world;
/** @type {Stream} */
let stream;
/** @type {Live.Frame[]} */
let frames;
/** @type {string[]} */
let states;

beforeEach(() => {
  world = new FakeWorld();
  frames = [];
  states = [];
  stream = new Stream(
    {
      url: "/stream",
      user: "7",
      client: "c1",
      events: ["thing.made", "thing.gone"],
      position: 10,
      deliver: (frame) => frames.push(frame),
      changed: ({ state, reason }) => states.push(reason ? `${state} ${reason}` : state),
    },
    world,
  );
  stream.open();
});

const seen = () => frames.map(({ type, id }) => `${type} ${id}`);

async function goLive() {
  world.source.connect(stream.position);
  await world.pass(300);
  assert.equal(stream.status.state, "live");
}

test("asks for what followed the position of the page, in the name of this browser", () => {
  assert.deepEqual(world.source.query, { client: "c1", lastEventId: "10" });
});

test("without a position starts where the server says", async () => {
  stream.close();
  stream.position = null;
  stream.open();
  assert.deepEqual({ ...world.source.query }, { client: "c1" });
  world.source.connect(55);
  world.source.end();
  await world.pass(2000);
  assert.equal(world.source.query.lastEventId, "55");
});

test("delivers each event once and in order, whatever is sent again", async () => {
  await goLive();
  for (const id of [11, 12, 11, 12, 13]) world.source.send("thing.made", id);
  assert.deepEqual(seen(), ["connected 10", "thing.made 11", "thing.made 12", "thing.made 13"]);
});

test("resumes from the last id seen, heartbeats included", async () => {
  await goLive();
  world.source.send("thing.made", 11);
  world.source.send("heartbeat", 40);
  world.source.end();
  await world.pass(2000);
  assert.equal(world.sources.length, 2);
  assert.equal(world.source.query.lastEventId, "40");
});

test("never leaves an ended EventSource open beside its successor", async () => {
  await goLive();
  world.source.end();
  await world.pass(2000);
  assert.equal(world.open.length, 1);
});

test("a reset moves the position, also backwards, and is passed on", async () => {
  await goLive();
  world.source.send("reset", 4, { reason: "expired" });
  world.source.send("thing.made", 5);
  assert.deepEqual(seen().slice(1), ["reset 4", "thing.made 5"]);
});

test("connected without an id is not live before the reset that follows", async () => {
  world.source.connect(null);
  await world.pass(1000);
  assert.notEqual(stream.status.state, "live");
  world.source.send("reset", 30, { reason: "unknown" });
  assert.equal(stream.status.state, "live");
  assert.deepEqual(seen(), ["reset 30"]);
});

test("comes back after every refusal, with growing waits of at most 10 s", async () => {
  const waits = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const before = world.sources.length;
    const since = world.clock;
    world.source.refuse();
    while (world.sources.length === before) await world.pass(100);
    waits.push(world.clock - since);
  }
  assert.deepEqual([...waits].sort((a, b) => a - b), waits);
  assert.ok(waits[0] < 2000 && waits[5] > 4000 && waits[5] <= 10_100, waits.join());
});

test("waits are spread, never zero and never above 10 s", () => {
  assert.ok(backOff(0, () => 0) > 0);
  assert.ok(backOff(50, () => 0.999) <= 10_000);
  assert.notEqual(backOff(1, () => 0.1), backOff(1, () => 0.9));
});

test("a stream that opens and dies at once does not reset the back-off", async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    await goLive();
    world.source.end();
    await world.pass(10_000);
  }
  assert.ok(stream.tries >= 5);
  await goLive();
  await world.pass(11_000);
  world.source.end();
  assert.equal(stream.tries, 1);
});

test("only a 401, twice, means signed out", async () => {
  world.probeStatus = 401;
  world.source.refuse();
  await world.pass(1900);
  assert.equal(world.sources.length, 1);
  await world.pass(200);
  assert.equal(world.sources.length, 2);
  world.source.refuse();
  await world.pass(60_000);
  assert.equal(stream.status.state, "signed-out");
  assert.equal(world.sources.length, 2);
  assert.equal(world.timers.size, 0);
});

async function beSignedOut() {
  world.probeStatus = 401;
  for (let turn = 0; turn < 2; turn += 1) {
    world.source.refuse();
    await world.pass(2500);
  }
  assert.equal(stream.status.state, "signed-out");
  states.length = 0;
}

test("signed out, it looks again when somebody may have signed in, and says what it finds", async () => {
  await beSignedOut();
  stream.nudge();
  world.source.refuse();
  await world.pass(60_000);
  assert.deepEqual([...new Set(states)], ["signed-out"], "still so: nothing else was said meanwhile");

  stream.nudge();
  world.source.connect(10, { user: 8 });
  assert.equal(stream.status.state, "other-user");

  states.length = 0;
  stream.nudge();
  assert.deepEqual(states, []);
  await goLive();
});

test("a changed password, which brings a new session, is survived", async () => {
  await goLive();
  world.source.send("goodbye", null, { reason: "session-ended" });
  await world.pass(2000);
  world.probeStatus = 401;
  world.source.refuse();
  await world.pass(2500);
  await goLive();
  assert.ok(!states.includes("signed-out"));
});

for (const status of [200, 204, 403, 404, 429, 500, 502, 503, null]) {
  test(`refused with ${status ?? "no answer"}: tries again, and is not signed out`, async () => {
    world.probeStatus = status;
    for (let turn = 0; turn < 3; turn += 1) {
      world.source.refuse();
      await world.pass(10_000);
    }
    assert.equal(world.sources.length, 4);
    assert.equal(stream.status.state, "reconnecting");
  });
}

test("the probe is a diagnosis stream, and is let go at once", async () => {
  world.probeStatus = 200;
  world.source.refuse();
  await world.pass(10);
  assert.equal(world.probes[0].url, "/stream?heartbeat=60");
  assert.ok(world.probes[0].signal.aborted);
});

test("a probe that never ends is given up", async () => {
  world.probeStatus = "never";
  world.source.refuse();
  await world.pass(12_000);
  assert.equal(world.sources.length, 2);
});

test("a resume by hand overtakes a probe under way", async () => {
  world.probeStatus = "never";
  world.source.refuse();
  await world.pass(10);
  stream.resume();
  await goLive();
  await world.pass(11_000);
  assert.equal(stream.status.state, "live");
  assert.equal(world.sources.length, 2);
});

test("silence of 2.5 heartbeats is a loss, and any frame a sign of life", async () => {
  await goLive();
  await world.pass(30_000);
  world.source.send("heartbeat", 10);
  await world.pass(37_000);
  assert.equal(stream.status.state, "live");
  await world.pass(2000);
  assert.deepEqual(states.at(-1), "reconnecting silent");
});

test("goes by the heartbeat the server announces", async () => {
  world.source.connect(10, { heartbeat: 2 });
  await world.pass(4900);
  assert.equal(stream.status.state, "live");
  await world.pass(1500);
  assert.equal(stream.status.reason, "silent");
});

test("a stream that never says connected is given up too", async () => {
  await world.pass(45_000);
  assert.equal(world.sources.length, 2);
});

test("after a sleep the wall clock tells, at the next look", async () => {
  await goLive();
  world.jump(8 * 3600_000);
  assert.equal(stream.status.state, "live");
  stream.nudge();
  assert.equal(stream.status.reason, "silent");
  await world.pass(2000);
  assert.equal(world.sources.length, 2);
});

test("a clock set back neither drops the stream nor blinds the watchdog", async () => {
  await goLive();
  world.jump(-3600_000);
  await world.pass(20_000);
  assert.equal(stream.status.state, "live");
  await world.pass(20_000);
  assert.equal(stream.status.reason, "silent");
});

test("a nudge ends the waiting, a second one does not open a second stream", async () => {
  await goLive();
  world.source.end();
  stream.nudge();
  stream.nudge();
  assert.equal(world.sources.length, 2);
  await world.pass(10_000);
  assert.equal(world.open.length, 1);
  assert.equal(world.sources.length, 2);
});

test("degraded is not live though the socket is open, until the next heartbeat", async () => {
  await goLive();
  const sign = stream.status.lastSign;
  await world.pass(5000);
  world.source.send("degraded", null, { reason: "database" });
  assert.equal(states.at(-1), "reconnecting degraded");
  assert.equal(stream.status.lastSign, sign);
  await world.pass(15_000);
  world.source.send("heartbeat", 10);
  assert.equal(stream.status.state, "live");
  assert.equal(world.sources.length, 1);
});

test("degraded right after connected is never taken for live", async () => {
  world.source.connect(10);
  world.source.send("degraded", null, { reason: "database" });
  await world.pass(20_000);
  assert.ok(!states.includes("live"));
  assert.equal(stream.status.lastSign, null);
});

for (const reason of ["max-age", "shutdown", "session-ended"]) {
  test(`goodbye, ${reason}: comes back soon`, async () => {
    await goLive();
    world.source.send("goodbye", null, { reason });
    assert.equal(world.open.length, 0);
    await world.pass(2000);
    assert.equal(world.open.length, 1);
  });
}

test("replaced waits for a click", async () => {
  await goLive();
  world.source.send("goodbye", null, { reason: "replaced" });
  stream.nudge();
  await world.pass(3600_000);
  assert.equal(stream.status.state, "replaced");
  assert.equal(world.sources.length, 1);
  stream.resume();
  await goLive();
});

test("another user's stream is closed unread", async () => {
  world.source.connect(10, { user: 8 });
  world.source.send("thing.made", 11);
  await world.pass(60_000);
  assert.equal(stream.status.state, "other-user");
  assert.deepEqual(frames, []);
  assert.equal(world.open.length, 0);
});

test("nothing passes before it is known whose stream it is", () => {
  world.source.send("thing.made", 11);
  world.source.send("reset", 12, { reason: "x" });
  assert.deepEqual(frames, []);
  assert.equal(stream.position, 10);
});

for (const junk of ["{", "null", '"text"', "<html>"]) {
  test(`an unreadable frame (${junk}) starts over instead of being skipped`, async (context) => {
    context.mock.method(console, "error", () => {});
    await goLive();
    world.source.send("thing.made", 11, junk);
    assert.equal(stream.status.reason, "garbled");
    await world.pass(2000);
    assert.equal(world.source.query.lastEventId, "10");
  });
}

test("closed means closed", async () => {
  await goLive();
  const { source } = world;
  stream.close();
  source.readyState = 1;
  source.connect(10);
  source.send("thing.made", 11);
  await world.pass(60_000);
  assert.deepEqual(seen(), ["connected 10"]);
  assert.equal(world.timers.size, 0);
});
