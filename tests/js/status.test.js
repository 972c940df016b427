import assert from "node:assert/strict";
import { test } from "node:test";
import { appearance, news } from "../../live/static/live/status.js";
import { timesIn } from "../../live/static/live/times.js";

const { clock } = timesIn();

const NOW = new Date(2026, 10, 22, 12, 4, 0).getTime();

/**
 * @param {object} page
 * @param {Live.State} [page.state]
 * @param {string} [page.reason]
 * @param {Live.Shown} [page.shown] what the line shows so far
 * @param {number} [page.lasted] seconds since the state began
 * @param {number} [page.silent] seconds since the last sign
 */
function look({ state = "reconnecting", reason = "ended", shown = "live", ...times }) {
  const { lasted = 0, silent = lasted } = times;
  const since = NOW - lasted * 1000;
  return appearance({ state, reason, since, lastSign: NOW - silent * 1000 }, NOW, shown, clock);
}

/** @param {Parameters<typeof look>[0]} page */
function show(page) {
  const shown = look(page);
  assert.ok(shown, "the line stays as it is");
  return shown;
}

/** @param {Live.Appearance} shown */
const text = ({ word, age }) => [word, age].join(" ").trim();

test("live has a word and an age that grows", () => {
  assert.equal(text(show({ state: "live", silent: 2 })), "Live · checked just now");
  assert.equal(text(show({ state: "live", silent: 12 })), "Live · checked 12 s ago");
  assert.equal(text(show({ state: "live", silent: 150 })), "Live · checked 2 min ago");
  assert.equal(text(show({ state: "live", silent: 9000 })), "Live · checked 2 h ago");
  assert.equal(text(show({ state: "live", silent: -5 })), "Live · checked just now");
});

test("a blip of up to 3 s changes nothing", () => {
  assert.equal(look({ lasted: 3 }), null);
  assert.equal(look({ lasted: 2, reason: "degraded" }), null);
  assert.equal(look({ lasted: 1, shown: "connecting" }), null);
});

test("then it says so, and offers to try", () => {
  assert.equal(text(show({ lasted: 4 })), "Reconnecting…");
  assert.equal(show({ lasted: 4 }).action, "Try now");
});

test("a loss noticed late is no blip", () => {
  assert.equal(show({ lasted: 0, silent: 38, reason: "silent" }).shown, "reconnecting");
  assert.equal(show({ lasted: 1, silent: 1800, reason: "restored" }).shown, "reconnecting");
});

test("once shown, it stays until the page is live again", () => {
  assert.equal(show({ lasted: 1, shown: "not-live" }).shown, "reconnecting");
});

test("after 15 s it gives the time of the last update", () => {
  const shown = show({ lasted: 16, silent: 120 });
  assert.equal(shown.shown, "not-live");
  assert.match(text(shown), /^Not live, last update .*12:02/);
});

test("the time of the last update is the server's, for how long ago it was the computer's", () => {
  const times = { since: NOW - 16_000, lastSign: NOW - 120_000 };
  const lastUpdate = new Date(2026, 10, 22, 13, 32, 0).getTime();
  const status = /** @type {Live.PageStatus} */ ({ state: "reconnecting", ...times, lastUpdate });
  const shown = appearance(status, NOW, "live", clock);
  assert.match(shown?.age ?? "", /^last update 0?1:32|^last update 13:32/);
});

test("another day's update carries the day", () => {
  assert.match(show({ lasted: 16, silent: 3 * 86_400 }).age, /19/);
});

test("listeners hear of a loss and of the return, not of the first connection", () => {
  assert.equal(news("connecting", "live"), "");
  assert.equal(news("live", "reconnecting"), "This page is no longer live.");
  assert.equal(news("reconnecting", "not-live"), news("live", "reconnecting"), "said once");
  assert.equal(news("not-live", "live"), "Reconnected.");
  assert.equal(news("live", "signed-out"), "", "said as an alarm");
  assert.equal(news("signed-out", "other-user"), "", "said as an alarm");
});

test("degraded is not called reconnecting, for the connection stands", () => {
  assert.equal(show({ lasted: 4, reason: "degraded" }).shown, "not-live");
});

test("what waits for a person is said at once, with what to do", () => {
  /** @type {[Live.State, string, string][]} */
  const table = [
    ["signed-out", "Signed out", "Log in"],
    ["replaced", "Replaced: open in another window", "Use here"],
    ["other-user", "Signed in as someone else", "Reload"],
    ["stale", "Out of date", "Reload"],
  ];
  for (const [state, word, action] of table) {
    const waiting = show({ state, lasted: 0 });
    assert.deepEqual([waiting.shown, waiting.word, waiting.action], [state, word, action]);
  }
});
