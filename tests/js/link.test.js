import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Link } from "../../static/live/link.js";
import { FakePort, FakeWorld } from "./fakes.js";

const config = { url: "/stream", user: "7", client: "c1", events: ["thing.made"] };
let world, ports, failures, heard, silences, link, position;

beforeEach((context) => {
  world = new FakeWorld();
  [ports, failures, heard, silences, position] = [[], [], [], 0, 10];
  link = linkTo((failed) => {
    ports.push(new FakePort());
    failures.push(failed);
    return ports.at(-1);
  });
});

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

const worker = () => ports.at(-1);
const answer = (message) => worker().onmessage({ data: message });
const said = (port) => port.sent.map(({ kind }) => kind);

test("joins the worker with the page's position and passes on what it says", () => {
  link.open();
  assert.deepEqual(worker().sent, [{ kind: "join", config, position: 10 }]);
  answer({ kind: "status" });
  assert.deepEqual(heard, [{ kind: "status" }]);
});

test("answers pings", () => {
  link.open();
  answer({ kind: "ping" });
  assert.deepEqual(said(worker()), ["join", "pong"]);
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
  assert.equal(heard.at(-1).status.state, "live");
  assert.ok(heard.some(({ frame }) => frame?.id === 11));
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
  answer({ kind: "status" });
  await world.pass(19_000);
  assert.equal(silences, 0);
  position = 15;
  await world.pass(3000);
  assert.equal(silences, 1);
  assert.equal(ports.length, 2);
  assert.equal(worker().sent[0].position, 15);
});

test("a tab dropped while it was frozen joins again where it stands", () => {
  link.open();
  position = 12;
  answer({ kind: "dropped" });
  assert.equal(ports.length, 2);
  assert.equal(worker().sent[0].position, 12);
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
  assert.equal(worker().sent[0].position, 11);
});
