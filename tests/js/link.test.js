import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Link } from "../../live/static/live/link.js";
import { FakeTabPort, FakeWorld } from "./fakes.js";

const config = { url: "/stream", user: "7", client: "c1", events: ["thing.made"] };
/** @type {Live.Status} */
const live = { state: "live", since: 0 };

/** @type {FakeWorld} */
let world;
/** @type {FakeTabPort[]} the ports of the workers that were asked for */
let ports;
/** @type {(() => void)[]} what tells the link that the worker has failed */
let failures;
/** @type {Live.News[]} */
let heard;
/** @type {number} */
let silences;
/** @type {Link} */
let link;
/** @type {number} */
let position;

beforeEach(() => {
  world = new FakeWorld();
  [ports, failures, heard, silences, position] = [[], [], [], 0, 10];
  link = linkTo((failed) => {
    const port = new FakeTabPort();
    ports.push(port);
    failures.push(failed);
    return port;
  });
});

/** @param {(failed: () => void) => Live.TabPort} connect */
const linkTo = (connect) =>
  new Link(
    {
      connect,
      join: () => ({ config, position }),
      heard: (message) => heard.push(message),
      silent: () => (silences += 1),
    },
    world,
  );

const worker = () => ports[ports.length - 1];
/** @param {Live.FromHub} message */
const answer = (message) => worker().hear(message);
/** @param {FakeTabPort} port */
const said = (port) => port.sent.map(({ kind }) => kind);
const joinedAt = () => {
  const [first] = worker().sent;
  return first.kind === "join" ? first.position : undefined;
};

test("joins the worker with the page's position and passes on what it says", () => {
  link.open();
  assert.deepEqual(worker().sent, [{ kind: "join", config, position: 10 }]);
  answer({ kind: "status", status: live });
  assert.deepEqual(heard, [{ kind: "status", status: live }]);
});

test("answers pings", () => {
  link.open();
  answer({ kind: "ping" });
  assert.deepEqual(said(worker()), ["join", "pong"]);
});

test("each ping is a tick for the page, whose own timers a browser slows down", () => {
  let ticks = 0;
  const port = new FakeTabPort();
  const quiet = { connect: () => port, join: () => ({ config, position }), heard: () => {}, silent: () => {} };
  link = new Link({ ...quiet, ticked: () => (ticks += 1) }, world);
  link.open();
  port.hear({ kind: "ping" });
  port.hear({ kind: "ping" });
  port.hear({ kind: "status", status: live });
  assert.equal(ticks, 2);
});

test("without SharedWorker the tab has a stream of its own", async (context) => {
  context.mock.method(console, "warn", () => {});
  link = linkTo(() => {
    throw new ReferenceError("SharedWorker is not defined");
  });
  link.open();
  await world.pass(0);
  assert.equal(world.source.query.lastEventId, "10");
  world.source.connect(10);
  world.source.send("thing.made", 11);
  await world.pass(300);
  assert.ok(heard.some((message) => message.kind === "frame" && message.frame.id === 11));
  const last = heard.at(-1);
  assert.equal(last?.kind === "status" && last.status.state, "live");
});

test("a worker that does not answer within 5 s is given up, for good", async () => {
  link.open();
  await world.pass(4000);
  assert.equal(world.sources.length, 0);
  await world.pass(3000);
  assert.equal(world.sources.length, 1);
  assert.deepEqual(said(ports[0]), ["join", "leave"]);
  assert.equal(ports[0].onmessage, null);
  link.open();
  assert.equal(ports.length, 1);
});

test("a worker whose script fails is given up at once, and once", async () => {
  link.open();
  failures[0]();
  failures[0]();
  await world.pass(100);
  assert.equal(world.open.length, 1);
});

test("a worker that fails after the page has gone opens nothing", async () => {
  link.open();
  link.close();
  failures[0]();
  await world.pass(100);
  assert.equal(world.sources.length, 0);
});

test("a worker that falls silent is reported, and joined anew where the page stands", async () => {
  link.open();
  answer({ kind: "status", status: live });
  await world.pass(19_000);
  assert.equal(silences, 0);
  position = 15;
  await world.pass(3000);
  assert.equal(silences, 1);
  assert.equal(ports.length, 2);
  assert.equal(joinedAt(), 15);
});

test("a tab dropped while it was frozen joins again where it stands", () => {
  link.open();
  position = 12;
  answer({ kind: "dropped" });
  assert.equal(ports.length, 2);
  assert.equal(joinedAt(), 12);
});

test("a page that goes says so, and its own stream ends with it", async (context) => {
  context.mock.method(console, "warn", () => {});
  link.open();
  link.close();
  assert.deepEqual(said(ports[0]), ["join", "leave"]);
  assert.equal(world.timers.size, 0);

  const alone = linkTo(() => {
    throw new Error("none");
  });
  alone.open();
  await world.pass(0);
  assert.equal(world.open.length, 1);
  alone.close();
  assert.equal(world.open.length, 0, "at once: the page may be frozen in this very moment");
});

test("a page back from the bfcache joins again where it stood", () => {
  link.open();
  link.close();
  position = 11;
  link.open();
  assert.equal(joinedAt(), 11);
});
