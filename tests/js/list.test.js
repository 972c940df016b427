import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ANA, BOB, ME, NETWORK, ticket } from "./tickets.js";

const page = new EventTarget();
Object.assign(globalThis, { document: page });
const { Store } = await import("../../static/tickets/store.js");
const { Filter } = await import("../../static/tickets/filter.js");
const { List } = await import("../../static/tickets/list.js");
const { reasonOf } = await import("../../static/tickets/reasons.js");

/** @type {import("../../static/tickets/store.js").Store} */
let store;
/** @type {import("../../static/tickets/list.js").List} */
let list;
/** @type {import("../../static/tickets/filter.js").Filter} */
let filter;
let now = 0;
let head = 0;
let isUnsure = false;

beforeEach(() => {
  [now, head, isUnsure] = [0, 10, false];
});

/** The board as it was loaded.
 *
 * @param {number[]} ids
 * @param {{wanted?: DOMStringMap, query?: string, page?: number, pages?: number, size?: number}} [how]
 */
function open(ids, { wanted = {}, query = "", page = 1, pages = 1, size = 4 } = {}) {
  store = new Store(() => {});
  store.reader = ME.id;
  filter = new Filter({ statuses: "new open", priority: "", queue: "", assignee: "", ...wanted }, query);
  list = new List(store, filter, size, () => now);
  store.watch((changes) => (isUnsure = list.change(changes)));
  load(ids, { page, pages });
  list.shown = ids;
}

/** The list is loaded afresh.
 *
 * @param {number[]} ids
 * @param {{page?: number, pages?: number, at?: number}} [how]
 */
function load(ids, { page = list.page, pages = list.pages, at = head } = {}) {
  const results = ids.map((id) => store.get(id) ?? ticket({ id }));
  store.take(results, at);
  store.tell();
  list.take({ results, count: ids.length, page, pages, head: at });
}

/**
 * @param {number} id
 * @param {Partial<Desk.Known>} fields
 * @param {Desk.Changes} [changes]
 * @param {Desk.Named} [actor]
 */
function change(id, fields, changes, actor = ANA) {
  const before = store.get(id) ?? ticket({ id, version: 0 });
  const names = Object.keys(fields);
  changes ??= Object.fromEntries(names.map((name) => [name, []]));
  const told = { ...before, ...fields, version: before.version + 1 };
  const type = names.length > 0 ? "ticket.updated" : "ticket.created";
  store.hear({ type, id: (head += 1), data: { ticket: told, changes, actor, at: "" } });
  store.tell();
}

const create = (/** @type {number} */ id) => change(id, {});

/** @param {number} id */
function remove(id) {
  store.hear({ type: "ticket.removed", id: (head += 1), data: { ticket: { id } } });
  store.tell();
}

const reason = (/** @type {number} */ id) => reasonOf(id, store, filter, false);

test("what comes waits, and stands in its place once it is released", () => {
  open([7, 5]);
  create(8);
  create(6);
  assert.deepEqual(list.shown, [7, 5]);
  assert.deepEqual(list.waiting.fresh, [8, 6]);
  list.release();
  assert.deepEqual(list.shown, [8, 7, 6, 5]);
  assert.deepEqual(list.waiting, { fresh: [], left: [], isMoved: false });
});

test("what leaves stays and is marked, goes with the release, and is back if it comes back", () => {
  open([3, 2, 1]);
  change(2, { status: "resolved" });
  change(3, { status: "closed" });
  assert.deepEqual(list.shown, [3, 2, 1]);
  assert.deepEqual(list.waiting.left, [2, 3]);
  change(3, { status: "open" });
  assert.deepEqual(list.waiting.left, [2]);
  list.release();
  assert.deepEqual(list.shown, [3, 1]);
});

test("who watches only can read for a while what has left; it stays behind the row it followed", () => {
  open([3, 2, 1]);
  change(2, { status: "resolved" });
  now = 1000;
  create(9);
  list.release(3000);
  assert.deepEqual(list.shown, [9, 3, 2, 1]);
  now = 3000;
  list.release(3000);
  assert.deepEqual(list.shown, [9, 3, 1]);
});

test("rows over the size of the page are dropped at the release, and not before", () => {
  open([4, 3, 2, 1]);
  create(5);
  create(6);
  assert.deepEqual(list.shown, [4, 3, 2, 1]);
  assert.deepEqual(list.waiting, { fresh: [6, 5], left: [], isMoved: false });
  list.release();
  assert.deepEqual(list.shown, [6, 5, 4, 3]);
});

test("a list that is sorted is sorted again at the release only", () => {
  const day = (/** @type {number} */ number) => `2026-02-0${number}T10:00:00Z`;
  open([3, 2, 1], { query: "?sort=-updated" });
  change(1, { updated_at: day(2), status: "open" });
  assert.equal(list.waiting.isMoved, true);
  assert.deepEqual(list.shown, [3, 2, 1]);
  list.release();
  assert.deepEqual(list.shown, [1, 3, 2]);
  assert.equal(list.waiting.isMoved, false);
});

test("what may stand on the next page is no news, and what has left is made up for by the server", () => {
  open([9, 8, 7, 6], { pages: 2 });
  change(2, { status: "open" });
  assert.deepEqual(list.waiting.fresh, []);
  assert.equal(isUnsure, false);
  change(8, { status: "closed" });
  assert.equal(isUnsure, true);
  load([9, 7, 6, 5]);
  assert.deepEqual(list.waiting, { fresh: [], left: [8], isMoved: true });
  list.release();
  assert.deepEqual(list.shown, [9, 7, 6, 5]);
});

test("a later page does not shift, and says of no row that it has left which only moved on", () => {
  open([4, 3, 2, 1], { page: 2, pages: 3 });
  create(20);
  assert.equal(isUnsure, true);
  load([6, 5, 4, 3]);
  assert.deepEqual(list.shown, [4, 3, 2, 1]);
  assert.deepEqual(list.waiting, { fresh: [], left: [], isMoved: true });
  list.release();
  assert.deepEqual(list.shown, [6, 5, 4, 3]);
  change(5, { status: "closed" });
  assert.deepEqual(list.waiting.left, [5]);
});

test("a page of a search loses what the search finds no more, and keeps what moved to another page", () => {
  open([9, 8, 7, 6], { query: "?q=toner", pages: 2 });
  change(8, { subject: "ink" });
  assert.equal(isUnsure, true);
  load([11, 9, 7]);
  assert.deepEqual(list.waiting.left, [8]);
  assert.equal(reason(8), "not among these any more");
});

test("an event that is later than the list that was loaded counts more", () => {
  open([3, 2, 1]);
  create(4);
  change(1, { status: "closed" });
  load([3, 2, 1], { at: 10 });
  assert.deepEqual(list.waiting.fresh, [4]);
  assert.deepEqual(list.waiting.left, [1]);
  load([3, 2], { at: head });
  assert.deepEqual(list.waiting.fresh, []);
});

test("after a reset the list that was loaded counts alone, whatever the positions", () => {
  open([3, 2, 1]);
  create(4);
  page.dispatchEvent(new Event("live:reset"));
  load([3, 2], { at: 1 });
  assert.deepEqual(list.waiting, { fresh: [], left: [1], isMoved: false });
});

test("a comment on a ticket that is not known may bring it to the top of a list sorted so", () => {
  open([9, 8, 7, 6], { query: "?sort=-activity", pages: 2 });
  const { last_activity_at, last_activity_by, updated_at } = ticket();
  store.hear({
    type: "comment.created",
    id: (head += 1),
    data: /** @type {Desk.Said} */ ({
      ticket: { id: 2, last_activity_at, last_activity_by, updated_at },
      comment: { id: 1 },
      actor: null,
    }),
  });
  store.tell();
  assert.equal(isUnsure, true);
});

test("thousands that come behind a reader's back take no room", () => {
  open([4, 3, 2, 1]);
  for (let id = 10; id < 5000; id += 1) create(id);
  assert.ok(list.members.size <= 16);
  list.release();
  assert.deepEqual(list.shown, [4999, 4998, 4997, 4996]);
});

test("the reason says what became of the ticket and by whom", () => {
  open([8, 7, 6, 5, 4, 3, 2, 1], { wanted: { assignee: "0", queue: "3", priority: "normal" }, size: 9 });
  change(1, { assignee: ANA });
  change(2, { assignee: BOB });
  change(3, { assignee: ME }, undefined, ME);
  change(4, { queue: NETWORK });
  change(5, { status: "resolved" }, undefined, BOB);
  change(5, { priority: "low" });
  change(6, { status: "pending" });
  change(7, { priority: "urgent" });
  remove(8);
  assert.equal(reason(1), "taken by Ana");
  assert.equal(reason(2), "assigned to bob by Ana");
  assert.equal(reason(3), "taken by you");
  assert.equal(reason(4), "moved to Network by Ana");
  assert.equal(reason(5), "resolved by bob");
  assert.equal(reason(6), "set to pending by Ana");
  assert.equal(reason(7), "urgent priority by Ana");
  assert.equal(reason(8), "moved away, or deleted");
  assert.equal(reasonOf(8, store, filter, true), "deleted");
});

test("what is given back has left the list of whoever had it", () => {
  open([1], { wanted: { assignee: "7" } });
  store.take([ticket({ assignee: ME })], 11);
  change(1, { assignee: null }, undefined, ME);
  assert.equal(reason(1), "given back by you");
});
