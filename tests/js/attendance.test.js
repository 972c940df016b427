/** Since when nobody has seen the current state: after a sleep, a lost network, a long break. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Attendance } from "../../static/tickets/attendance.js";

const MINUTE = 60_000;
const TICK = MINUTE / 6;

/** A browser with a clock, and what its tabs share. */
class Browser {
  now = 1_000_000_000;
  /** @type {number | null} */
  attended = null;

  tab() {
    const shared = {
      read: () => this.attended,
      write: (/** @type {number} */ time) => (this.attended = time),
    };
    return new Attendance(shared, this.now);
  }

  /** Time goes by, and tabs that are awake look every ten seconds; returns what they told.
   *
   * @param {number} minutes
   * @param {[Attendance, boolean][]} tabs each with whether its state is seen
   */
  pass(minutes, ...tabs) {
    const told = [];
    for (const end = this.now + minutes * MINUTE; this.now < end; ) {
      this.now += TICK;
      for (const [tab, isSeen] of tabs) told.push(tab.look(this.now, isSeen));
    }
    return told.filter(Boolean);
  }
}

test("a page that is in sight and live tells nothing, however long", () => {
  const browser = new Browser();
  assert.deepEqual(browser.pass(600, [browser.tab(), true]), []);
});

test("a page that was hidden, or not live, for over five minutes tells since when, once", () => {
  const browser = new Browser();
  const tab = browser.tab();
  browser.pass(10, [tab, true]);
  const left = browser.now;
  assert.deepEqual(browser.pass(42, [tab, false]), []);
  assert.deepEqual(browser.pass(10, [tab, true]), [left]);
});

test("five minutes are no long time", () => {
  const browser = new Browser();
  const tab = browser.tab();
  browser.pass(1, [tab, true]);
  browser.pass(4.5, [tab, false]);
  assert.deepEqual(browser.pass(1, [tab, true]), []);
});

test("a computer that slept looks at nothing meanwhile, and tells when it is awake", () => {
  const browser = new Browser();
  const tab = browser.tab();
  browser.pass(1, [tab, true]);
  const fellAsleep = browser.now;
  browser.now += 42 * MINUTE;
  assert.equal(tab.look(browser.now, false), 0); // its stream is not back yet
  assert.deepEqual(browser.pass(1, [tab, true]), [fellAsleep]);
});

test("who works in another tab is not away, and of several tabs one tells", () => {
  const browser = new Browser();
  const [first, second] = [browser.tab(), browser.tab()];
  assert.deepEqual(browser.pass(20, [first, true], [second, false]), []);
  assert.deepEqual(browser.pass(1, [first, false], [second, true]), []);
  const left = browser.now;
  browser.pass(30, [first, false], [second, false]);
  assert.deepEqual(browser.pass(1, [first, true], [second, true]), [left]);
});

test("a browser that is opened again knows when it was closed, and a new one tells nothing", () => {
  const browser = new Browser();
  assert.deepEqual(browser.pass(1, [browser.tab(), true]), []);
  const closed = browser.now;
  browser.now += 900 * MINUTE;
  assert.deepEqual(browser.pass(1, [browser.tab(), true]), [closed]);
});

test("a clock that is put back makes nobody away", () => {
  const browser = new Browser();
  const tab = browser.tab();
  browser.pass(1, [tab, true]);
  browser.now -= 60 * MINUTE;
  assert.deepEqual(browser.pass(10, [tab, true]), []);
  const left = browser.now;
  browser.pass(10, [tab, false]);
  assert.deepEqual(browser.pass(1, [tab, true]), [left]);
});
