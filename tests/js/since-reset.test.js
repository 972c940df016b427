import assert from "node:assert/strict";
import { test } from "node:test";

const page = new EventTarget();
Object.assign(globalThis, { document: page });
const { askSinceReset, isCurrent, isOvertaken, positionOf, readNow } = await import(
  "../../static/tickets/since-reset.js"
);

const reset = () => page.dispatchEvent(new Event("live:reset"));
/** @param {DOMStringMap} dataset */
const element = (dataset) => /** @type {HTMLElement} */ ({ dataset });

test("after a reset what is known counts for nothing, until it is read anew", () => {
  const ticket = { version: 7 };
  assert.equal(isCurrent(ticket), true);
  reset();
  assert.equal(isCurrent(ticket), false);
  assert.equal(isCurrent(readNow(ticket)), true);
  reset();
  assert.equal(isCurrent(ticket), false);
});

test("after a reset no element stands at a position of the former log", () => {
  const comment = readNow(element({ position: "900" }));
  assert.equal(positionOf(comment), 900);
  reset();
  assert.equal(positionOf(comment), 0);
  assert.equal(positionOf(readNow(element({ comment: "3" }))), 0, "the server rendered it");
});

test("of two answers the later one counts, until a reset", () => {
  const list = element({});
  assert.equal(isOvertaken(list, 900), false);
  assert.equal(isOvertaken(list, 899), true);
  assert.equal(isOvertaken(list, 900), false, "nothing has happened in between");
  reset();
  assert.equal(isOvertaken(list, 3), false, "the log is another one");
  assert.equal(isOvertaken(list, 2), true);
});

test("what was asked before a reset is asked again", async () => {
  /** @type {((answer: string) => void)[]} */
  const questions = [];
  /** @returns {Promise<string>} */
  const ask = () => new Promise((resolve) => questions.push(resolve));
  const answer = askSinceReset(ask);
  reset();
  questions[0]("the lost world");
  await new Promise(setImmediate);
  assert.equal(questions.length, 2);
  questions[1]("the database");
  assert.equal(await answer, "the database");
});

test("what was asked after the reset is asked once", async () => {
  reset();
  let asked = 0;
  assert.equal(await askSinceReset(async () => (asked += 1)), 1);
});
