import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { ServerClock } from "../../live/static/live/clock.js";

const NOON = Date.parse("2026-11-22T12:00:00.000Z");
const MINUTE = 60_000;

/** The steady clock. */
let steady = 0;
/** @type {ServerClock} */
let clock;
/** @param {number} time */
const iso = (time) => new Date(time).toISOString();

beforeEach(() => {
  steady = 500;
  clock = new ServerClock(NOON, 500, () => steady);
});

afterEach(() => mock.restoreAll());

test("it goes on from the page's time, whatever is done to the clock of the computer", () => {
  steady += MINUTE;
  mock.method(Date, "now", () => NOON + 90 * MINUTE);
  assert.equal(clock.now(), NOON + MINUTE);
  mock.method(Date, "now", () => NOON - 90 * MINUTE);
  assert.equal(clock.now(), NOON + MINUTE);
});

test("it follows the newest time that the server told, forwards and back", () => {
  clock.hear(iso(NOON + 60 * MINUTE)); // The computer slept, and the steady clock with it.
  assert.equal(clock.now(), NOON + 60 * MINUTE);
  clock.hear(iso(NOON + 2 * MINUTE)); // The server's clock was ahead and was put right.
  steady += MINUTE;
  assert.equal(clock.now(), NOON + 3 * MINUTE);
});

test("a message without a time, or with junk, changes nothing", () => {
  clock.hear(undefined);
  clock.hear("noon");
  assert.equal(clock.now(), NOON);
});
