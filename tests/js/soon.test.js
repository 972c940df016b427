import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { soon } from "../../static/js/soon.js";

const settle = () => new Promise((resolve) => setImmediate(resolve));

function clock(context) {
  let now = 0;
  context.mock.timers.enable({ apis: ["setTimeout"] });
  context.mock.method(performance, "now", () => now);
  context.mock.method(Math, "random", () => 0.5);
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
  let finish;
  const task = mock.fn(() => new Promise((resolve) => (finish = resolve)));
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
