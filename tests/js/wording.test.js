import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// The page, at 13:00 on the server, on a computer whose clock is an hour and a half behind.
const SERVER = Date.parse("2026-11-22T13:00:00Z");
const BEHIND = 90 * 60_000;
globalThis.document = { body: { dataset: { now: new Date(SERVER).toISOString() } } };
globalThis.performance = {
  timeOrigin: SERVER - BEHIND,
  getEntriesByType: () => [{ responseStart: 0 }],
};
Date.now = () => SERVER - BEHIND;
const { age, ago, due, initials, steps, tint } = await import("../../static/js/wording.js");

// The same table is put to tickets/templatetags/wording.py.
const table = JSON.parse(readFileSync(new URL("../wording.json", import.meta.url), "utf8"));
const before = (seconds) => new Date(SERVER - seconds * 1000).toISOString();

test("ages go by the server's clock, in the server's words", () => {
  for (const [seconds, words] of table.ages) assert.equal(age(before(seconds)), words);
  assert.equal(ago(before(120)), "2 min ago");
  assert.equal(ago(before(3)), "now");
});

test("what is due is said until it is resolved", () => {
  for (const [seconds, words] of table.due) assert.equal(due(before(-seconds), "open"), words);
  assert.equal(due(before(720), "resolved"), "");
  assert.equal(due(before(720), "closed"), "");
  assert.equal(due(null, "open"), "");
});

test("initials and tints are the server's", () => {
  for (const [name, letters] of table.initials) assert.equal(initials(name), letters);
  for (const [name, number] of table.tints) assert.equal(tint(name), number);
});

test("changes read as in the timeline", () => {
  const bob = { id: 2, name: "bob" };
  const carol = { id: 3, name: "carol" };
  const changed = (changes, actor = bob) => steps({ changes, actor });
  assert.deepEqual(changed({ status: ["new", "open"] }), [["set status", "new → open"]]);
  assert.deepEqual(changed({ assignee: [null, bob] }), [["took the ticket", ""]]);
  assert.deepEqual(changed({ assignee: [carol, bob] }), [["took the ticket", "from carol"]]);
  assert.deepEqual(changed({ assignee: [bob, null] }), [["set assignee", "bob → nobody"]]);
  assert.deepEqual(changed({ assignee: [null, carol] }, null), [["set assignee", "nobody → carol"]]);
  assert.deepEqual(changed({ description: [] }), [["changed the description", ""]]);
  assert.deepEqual(changed({ requester_name: ["", "Zoë"] }), [["set requester name", "nothing → Zoë"]]);
  assert.deepEqual(changed({ queue: [{ id: 1, name: "Billing" }, { id: 2, name: "Network" }] }), [
    ["set queue", "Billing → Network"],
  ]);
});
