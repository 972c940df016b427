import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { timesIn } from "../../live/static/live/times.js";

// At 13:00 on the server, whatever the clock of this computer says.
const SERVER = Date.parse("2026-11-22T13:00:00Z");
const live = { now: () => SERVER };
Object.assign(globalThis, { window: { live } });
Date.now = () => SERVER - 90 * 60_000;
const { age, ago, due, exact, initials, tint } = await import("../../static/tickets/wording.js");
const { steps } = await import("../../static/tickets/steps.js");
const { noted, saidBy, tag } = await import("../../static/tickets/speakers.js");
const { worded } = await import("../../static/tickets/mailed.js");

// The same table is put to tickets/templatetags/wording.py.
const table = JSON.parse(readFileSync(new URL("../tickets/wording.json", import.meta.url), "utf8"));
/** @param {number} seconds */
const before = (seconds) => new Date(SERVER - seconds * 1000).toISOString();

test("ages go by the server's clock, in the server's words", () => {
  for (const [seconds, words] of table.ages) assert.equal(age(before(seconds)), words);
  for (const [seconds, words] of table.agos) assert.equal(ago(before(seconds)), words);
});

test("what is due is said until it is resolved", () => {
  for (const [seconds, words] of table.due) assert.equal(due(before(-seconds), "open"), words);
  assert.equal(due(before(720), "resolved"), "");
  assert.equal(due(before(720), "closed"), "");
  assert.equal(due(null, "open"), "");
});

test("times are told as the server tells them, in the zone in which it rendered the page", () => {
  for (const [moment, zone, words] of table.times) {
    Object.assign(live, timesIn(zone));
    assert.equal(exact(moment), words);
  }
});

test("the day stands with a time where it is not today, in that zone", () => {
  const { clock } = timesIn("Asia/Kathmandu");
  const now = Date.parse("2026-11-22T18:10:00Z"); // 23:55
  assert.equal(clock(now - 60_000, now), "23:54");
  assert.equal(clock(now - 60_000, now + 600_000), "22 Nov, 23:54");
});

test("a zone that the browser does not know costs no page", () => {
  assert.match(timesIn("Mars/Olympus").exact(SERVER), /^\d+ \w+ 2026, \d\d:\d\d$/);
});

test("initials and tints are the server's", () => {
  for (const [name, letters] of table.initials) assert.equal(initials(name), letters);
  for (const [name, number] of table.tints) assert.equal(tint(name), number);
});

test("what has become of a reply's mail is said as by the server", () => {
  for (const [mail, words] of table.mails) assert.equal(worded(mail), words);
});

test("whose words they are is said as by the server", () => {
  for (const [{ author = null, ...said }, requester, by, how, mark] of table.speakers) {
    const comment = { ...said, author: author && { id: 1, name: author } };
    assert.equal(saidBy(comment, requester), by);
    assert.equal(noted(comment), how);
    assert.equal(tag(comment), mark);
  }
});

test("what a merge did is said as by the server", () => {
  for (const [field, values, deed, shown] of table.steps) {
    assert.deepEqual(steps({ changes: { [field]: values }, actor: null }), [[deed, shown]]);
  }
});

test("changes read as in the timeline", () => {
  const bob = { id: 2, name: "bob" };
  const carol = { id: 3, name: "carol" };
  /** @type {(changes: Desk.Changes, actor?: Desk.Named | null) => string[][]} */
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
  assert.deepEqual(changed({ tags: [[], ["refund", "vip"]] }), [["set tags", "nothing → refund, vip"]]);
});
