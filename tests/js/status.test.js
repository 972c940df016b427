import assert from "node:assert/strict";
import { test } from "node:test";
import { appearance, news } from "../../static/live/status.js";

const NOW = new Date(2026, 10, 22, 12, 4, 0).getTime();

function show({ state = "reconnecting", reason = "ended", shown = "live", ...times }) {
  const { lasted = 0, silent = lasted } = times;
  const since = NOW - lasted * 1000;
  return appearance({ state, reason, since, lastSign: NOW - silent * 1000 }, NOW, shown);
}

const text = (look) => [look.word, look.age].join(" ").trim();

test("live has a word and an age that grows", () => {
  assert.equal(text(show({ state: "live", silent: 2 })), "Live · last sign 2 s ago");
  assert.equal(text(show({ state: "live", silent: 150 })), "Live · last sign 2 min ago");
  assert.equal(text(show({ state: "live", silent: 9000 })), "Live · last sign 2 h ago");
  assert.equal(text(show({ state: "live", silent: -5 })), "Live · last sign 0 s ago");
});

test("a blip of up to 3 s changes nothing", () => {
  assert.equal(show({ lasted: 3 }), null);
  assert.equal(show({ lasted: 2, reason: "degraded" }), null);
  assert.equal(show({ lasted: 1, shown: "connecting" }), null);
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
  const look = show({ lasted: 16, silent: 120 });
  assert.equal(look.shown, "not-live");
  assert.match(text(look), /^Not live, last update .*12:02/);
});

test("another day's update carries the day", () => {
  assert.match(show({ lasted: 16, silent: 3 * 86_400 }).age, /19/);
});

test("listeners hear of a loss and of the return, not of the first connection", () => {
  assert.equal(news("connecting", "live"), "");
  assert.equal(news("live", "reconnecting"), "This page is no longer live.");
  assert.equal(news("reconnecting", "not-live"), news("live", "reconnecting"), "said once");
  assert.equal(news("not-live", "live"), "Reconnected.");
  assert.equal(news("live", "signed-out"), "");
});

test("degraded is not called reconnecting, for the connection stands", () => {
  assert.equal(show({ lasted: 4, reason: "degraded" }).shown, "not-live");
});

test("what waits for a person is said at once, with what to do", () => {
  for (const [state, word, action] of [
    ["signed-out", "Signed out", "Log in"],
    ["replaced", "Replaced: open in another window", "Use here"],
    ["other-user", "Signed in as someone else", "Reload"],
    ["stale", "Out of date", "Reload"],
  ]) {
    const look = show({ state, lasted: 0 });
    assert.deepEqual([look.shown, look.word, look.action], [state, word, action]);
  }
});
