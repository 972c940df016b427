import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { soon } from "../../static/tickets/soon.js";

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** @param {import("node:test").TestContext} context */
function clock(context) {
  let now = 0;
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(performance, "now", () => now);
  context.mock.method(Math, "random", () => 0.5);
  /** @param {number} milliseconds */
  return async (milliseconds) => {
    now += milliseconds;
    context.mock.timers.tick(milliseconds);
    await settle();
  };
}

test("many who ask at once are served by one run, somewhere within the spread", async (context) => {
  const pass = clock(context);
  const task = mock.fn();
  const ask = soon(task, { apart: 1000, spread: 800 });
  for (let n = 0; n < 100; n++) ask();
  await pass(399);
  assert.equal(task.mock.callCount(), 0);
  await pass(1);
  assert.equal(task.mock.callCount(), 1);
  await pass(10_000);
  assert.equal(task.mock.callCount(), 1);
});

test("runs are apart", async (context) => {
  const pass = clock(context);
  const task = mock.fn();
  const ask = soon(task, { apart: 1000, spread: 0 });
  ask();
  await pass(0);
  ask();
  await pass(999);
  assert.equal(task.mock.callCount(), 1);
  await pass(1);
  assert.equal(task.mock.callCount(), 2);
});

test("who asks during a run gets another one, for this one may not know", async (context) => {
  const pass = clock(context);
  let finish = () => {};
  const task = mock.fn(async () => {
    await new Promise((/** @type {(done: void) => void} */ resolve) => (finish = resolve));
  });
  const ask = soon(task, { apart: 1000, spread: 0 });
  ask();
  await pass(0);
  ask();
  await pass(5000);
  assert.equal(task.mock.callCount(), 1);
  finish();
  await settle();
  await pass(0);
  assert.equal(task.mock.callCount(), 2);
});

for (const { how, fail } of [
  { how: "rejects", fail: () => Promise.reject(new Error("502")) },
  { how: "throws", fail: () => { throw new Error("502"); } },
]) {
  test(`a task that ${how} is said, and stops none that come after it`, async (context) => {
    const pass = clock(context);
    const said = context.mock.method(console, "error", () => {});
    const task = mock.fn(async () => {});
    task.mock.mockImplementationOnce(fail);
    const ask = soon(task, { apart: 1000, spread: 0 });
    ask();
    await pass(0);
    assert.equal(said.mock.callCount(), 1);
    ask();
    await pass(1000);
    assert.equal(task.mock.callCount(), 2);
  });
}

test("who asks during a run that fails gets another one", async (context) => {
  const pass = clock(context);
  context.mock.method(console, "error", () => {});
  /** @type {(error: Error) => void} */
  let fail = () => {};
  const task = mock.fn(() => new Promise((_, reject) => (fail = reject)));
  const ask = soon(task, { apart: 1000, spread: 0 });
  ask();
  await pass(0);
  ask();
  fail(new Error("502"));
  await settle();
  await pass(1000);
  assert.equal(task.mock.callCount(), 2);
});
