import assert from "node:assert/strict";
import { test } from "node:test";
import { Filter } from "../../static/tickets/filter.js";
import { ANA, NETWORK, ticket } from "./tickets.js";

/**
 * @param {DOMStringMap} [wanted]
 * @param {string} [query]
 */
const filter = (wanted = {}, query = "") =>
  new Filter({ statuses: "", priority: "", queue: "", assignee: "", ...wanted }, query);

/**
 * @param {string} sort
 * @param {Partial<Desk.Known>[]} tickets
 */
const sorted = (sort, ...tickets) => {
  const order = filter({}, `?sort=${sort}`);
  return tickets
    .map((fields) => ticket(fields))
    .sort((one, other) => order.compare(one, other))
    .map(({ id }) => id);
};
const day = (/** @type {number} */ number) => `2026-01-0${number}T10:00:00Z`;

test("a list lets in what all of its filters let in, and names the one that does not", () => {
  const open = { statuses: "new open pending", assignee: "0" };
  assert.equal(filter(open).letsIn(ticket()), true);
  assert.equal(filter(open).keptOutBy(ticket({ status: "closed" })), "status");
  assert.equal(filter(open).keptOutBy(ticket({ assignee: ANA })), "assignee");
  assert.equal(filter({ queue: "3" }).letsIn(ticket({ queue: NETWORK })), false);
  assert.equal(filter({ assignee: "5" }).letsIn(ticket({ assignee: ANA })), true);
  assert.equal(filter({ priority: "high" }).letsIn(ticket()), false);
  assert.equal(filter().letsIn(null), false, "it has left the reader's sight");
});

test("a list of a tag lets in who has the very tag, and follows each change of tags", () => {
  const vip = filter({ tags: "late payer" }, "?tag=Late%20payer");
  assert.equal(vip.letsIn(ticket({ tags: ["late payer", "vip"] })), true);
  assert.equal(vip.letsIn(ticket({ tags: ["late"] })), false);
  assert.equal(vip.keptOutBy(ticket()), "tags");
  assert.equal(filter().letsIn(ticket({ tags: ["vip"] })), true);
  assert.equal(vip.looksAt(new Set(["tags"])), true);
  const older = { ...ticket(), tags: undefined };
  assert.equal(vip.letsIn(/** @type {any} */ (older)), false, "an older release sends none");
});

test("only the server can say whether a search finds a ticket, unless a filter keeps it out", () => {
  const search = filter({ statuses: "new" }, "?q=toner&status=new");
  assert.equal(search.letsIn(ticket()), undefined);
  assert.equal(search.letsIn(ticket({ status: "open" })), false);
  assert.equal(filter({}, "?due=overdue").letsIn(ticket()), undefined);
  assert.equal(filter({}, "?q=&sort=due&page=2").letsIn(ticket()), true);
});

test("each order is the server's: equal tickets stand by their numbers", () => {
  const three = [{ id: 1 }, { id: 3 }, { id: 2 }];
  assert.deepEqual(sorted("", ...three), [3, 2, 1]);
  assert.deepEqual(sorted("id", ...three), [1, 2, 3]);
  assert.deepEqual(sorted("updated", ...three), [1, 2, 3]);
  assert.deepEqual(sorted("-updated", ...three), [3, 2, 1]);
  assert.deepEqual(sorted("age", ...three), [3, 2, 1]);
  assert.deepEqual(sorted("-age", ...three), [1, 2, 3]);
});

test("tickets stand by what the list is sorted by", () => {
  const activity = [1, 3, 2].map((id) => ({ id, last_activity_at: day(id) }));
  assert.deepEqual(sorted("-activity", ...activity), [3, 2, 1]);
  const created = [1, 3, 2].map((id) => ({ id, created_at: day(id) }));
  assert.deepEqual(sorted("age", ...created), [3, 2, 1], "the youngest first");
  const urgency = ["urgent", "low", "high", "normal"].map((priority, id) => ({ id, priority }));
  assert.deepEqual(sorted("priority", ...urgency), [1, 3, 2, 0]);
  assert.deepEqual(sorted("-priority", ...urgency), [0, 2, 3, 1]);
});

test("what is due on no day stands last, whichever way the list is sorted", () => {
  const due = [{ id: 1, due_at: day(2) }, { id: 2 }, { id: 3, due_at: day(1) }, { id: 4 }];
  assert.deepEqual(sorted("due", ...due), [3, 1, 2, 4]);
  assert.deepEqual(sorted("-due", ...due), [1, 3, 4, 2]);
});

test("a list looks at the changes that can change it, and at nothing that it was told by a list", () => {
  const what = (/** @type {string[]} */ ...names) => new Set(names);
  assert.equal(filter().looksAt(what("status")), true);
  assert.equal(filter().looksAt(what("subject", "comment")), false);
  assert.equal(filter({}, "?sort=due").looksAt(what("due_at")), true);
  assert.equal(filter({}, "?sort=-activity").looksAt(what("comment")), true);
  assert.equal(filter({}, "?q=toner").looksAt(what("comment")), true);
  assert.equal(filter({}, "?q=toner").looksAt(what("listed", "unread")), false);
  assert.equal(filter({}, "?sort=-updated").looksAt(what("listed")), false);
});
