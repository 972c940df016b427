import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ANA, ME, ticket } from "./tickets.js";

const page = new EventTarget();
Object.assign(globalThis, { document: page });
Object.assign(page, { body: { dataset: { user: "7" } } });
const { Store } = await import("../../static/tickets/store.js");

/** @type {(() => void)[]} */
let frames = [];
/** @type {import("../../static/tickets/store.js").Store} */
let store;
/** @type {Record<string, string[]>[]} what the view was told, in each frame */
let told = [];

beforeEach(() => {
  [frames, told] = [[], []];
  store = new Store((task) => frames.push(task));
  store.reader = ME.id;
  store.watch((changes) => {
    told.push(Object.fromEntries([...changes].map(([id, what]) => [id, [...what]])));
  });
});

function frame() {
  for (const task of frames.splice(0)) task();
  return told.splice(0);
}

const reset = () => page.dispatchEvent(new Event("live:reset"));

/**
 * @param {number} position
 * @param {Partial<Desk.Known>} fields
 * @param {Desk.Changes} [changes]
 * @param {Desk.Named | null} [actor]
 */
const change = (position, fields, changes = { status: ["new", "open"] }, actor = ANA) =>
  store.hear({
    type: Object.keys(changes).length > 0 ? "ticket.updated" : "ticket.created",
    id: position,
    data: { ticket: ticket(fields), changes, actor, at: "" },
  });

/**
 * @param {number} position
 * @param {Partial<Desk.Activity>} moved
 * @param {Desk.Named} [actor]
 * @param {number} [id] of the comment
 */
function say(position, moved, actor = ANA, id = position) {
  const { last_activity_at, last_activity_by, updated_at } = ticket(moved);
  store.hear({
    type: "comment.created",
    id: position,
    data: {
      ticket: { id: moved.id ?? 1, last_activity_at, last_activity_by, updated_at },
      comment: {
        id,
        author: actor,
        requester: false,
        via: "page",
        body: "",
        internal: false,
        created_at: "",
      },
      actor,
      at: "",
    },
  });
}

/** @param {number} position */
const remove = (position) =>
  store.hear({ type: "ticket.removed", id: position, data: { ticket: { id: 1 } } });

/** @param {number} comment */
const open = (comment) =>
  store.hear({ type: "ticket.seen", id: 99, data: { ticket: { id: 1 }, comment } });

test("views are told once per frame, of each ticket in what it has changed", () => {
  store.take([ticket(), ticket({ id: 2 })], 10);
  frame();
  change(11, { version: 2, status: "open" });
  change(12, { version: 3, priority: "high" }, { priority: ["normal", "high"] });
  change(13, { id: 8 }, {});
  say(14, { id: 2, last_activity_at: "2026-01-02T10:00:00Z" });
  assert.deepEqual(frame(), [{ 1: ["status", "priority"], 2: ["comment"], 8: ["created"] }]);
  assert.deepEqual(frame(), []);
});

test("a list that tells nothing new is no news", () => {
  store.take([ticket()], 10);
  assert.deepEqual(frame(), [{ 1: ["listed"] }]);
  store.take([ticket()], 11);
  assert.deepEqual(frame(), []);
});

test("between resets the version says which state of the fields is newer", () => {
  change(11, { version: 5, status: "pending" });
  change(12, { version: 4, status: "open" });
  assert.equal(store.get(1)?.status, "pending");
  store.take([ticket({ version: 3, status: "new" })], 13);
  assert.equal(store.get(1)?.status, "pending");
  store.take([ticket({ version: 6, status: "closed" })], 9); // read later than the log was
  assert.equal(store.get(1)?.status, "closed");
});

test("of the last activity the later position counts, whatever the version", () => {
  const [early, late, later] = [2, 3, 4].map((day) => `2026-01-0${day}T10:00:00Z`);
  store.take([ticket({ version: 9, last_activity_at: early })], 10);
  say(12, { last_activity_at: late, last_activity_by: "agent", updated_at: late });
  assert.equal(store.get(1)?.last_activity_at, late);
  assert.equal(store.get(1)?.updated_at, late);
  assert.equal(store.get(1)?.version, 9);
  store.take([ticket({ version: 9, last_activity_at: early })], 11); // the list is older
  assert.equal(store.get(1)?.last_activity_at, late);
  assert.equal(store.get(1)?.last_activity_by, "agent");
  store.take([ticket({ version: 9, last_activity_at: later })], 14);
  say(13, { last_activity_at: late }); // the list held it already
  assert.equal(store.get(1)?.last_activity_at, later);
});

test("a state that a comment follows keeps what the comment moved", () => {
  const late = "2026-01-03T10:00:00Z";
  store.take([ticket()], 10);
  say(12, { last_activity_at: late });
  store.take([ticket({ version: 2, status: "open" })], 11);
  assert.equal(store.get(1)?.status, "open");
  assert.equal(store.get(1)?.last_activity_at, late);
});

test("after a reset whatever is told wins, and positions of the former log count for nothing", () => {
  change(900, { version: 7, status: "closed" });
  remove(901);
  reset();
  assert.equal(store.positionOf(1), 0);
  store.take([ticket({ version: 5, status: "open" })], 40);
  assert.equal(store.get(1)?.status, "open");
  change(41, { version: 6, status: "pending" });
  assert.equal(store.get(1)?.status, "pending");
  reset();
  change(12, { version: 2, status: "new" });
  assert.equal(store.get(1)?.status, "new");
});

test("until it is read anew a page goes on to show what it showed before the reset", () => {
  change(11, { version: 7 });
  reset();
  assert.equal(store.get(1)?.version, 7);
});

test("a ticket that has left this reader's sight is not known, until it is back", () => {
  store.take([ticket()], 10);
  frame();
  remove(12);
  assert.equal(store.get(1), null);
  assert.deepEqual(frame(), [{ 1: ["removed"] }]);
  store.take([ticket()], 11); // read before it left
  assert.equal(store.get(1), null);
  change(13, { version: 4 }, {});
  assert.equal(store.get(1)?.version, 4);
});

test("that a ticket left is no news where a newer list holds it", () => {
  store.take([ticket({ version: 3 })], 12);
  remove(11);
  assert.equal(store.get(1)?.version, 3);
});

test("a ticket that others have opened is unread, and one that came by a move is not", () => {
  change(11, { id: 1 }, {}, ANA);
  change(12, { id: 2 }, {}, ME);
  change(13, { id: 3, version: 4 }, {}, ANA);
  assert.deepEqual(
    [1, 2, 3].map((id) => Boolean(store.get(id)?.unread)),
    [true, false, false],
  );
});

test("it is known who was the last to change each field", () => {
  change(11, { version: 2 }, { status: ["new", "open"] }, ANA);
  change(12, { version: 3 }, { priority: ["normal", "high"] }, ME);
  assert.equal(store.actorOf(1, "status"), ANA);
  assert.equal(store.actorOf(1, "priority"), ME);
  assert.equal(store.actorOf(1, "queue"), undefined);
});

test("what others say is unread until this reader has opened it, in whatever tab", () => {
  store.take([ticket()], 10);
  say(11, {}, ME, 50);
  assert.equal(store.get(1)?.unread, false, "one's own words");
  say(12, {}, ANA, 51);
  assert.equal(store.get(1)?.unread, true);
  open(50);
  assert.equal(store.get(1)?.unread, true, "the newest was not seen");
  open(51);
  assert.equal(store.get(1)?.unread, false);
  assert.deepEqual(frame().at(-1), { 1: ["listed", "comment", "unread"] });
});

test("a list says what is unread, unless an event is later than the list", () => {
  store.take([ticket({ unread: true })], 10);
  assert.equal(store.get(1)?.unread, true);
  store.take([ticket()], 11);
  assert.equal(store.get(1)?.unread, false);
  say(13, {});
  store.take([ticket()], 12);
  assert.equal(store.get(1)?.unread, true);
});

test("a comment on a ticket that is not known is told all the same: a search may find it", () => {
  say(11, {});
  assert.equal(store.get(1), null);
  assert.deepEqual(frame(), [{ 1: ["comment"] }]);
});

test("a page that is open for weeks forgets what no view shows, the oldest first", () => {
  store.isShown = (id) => id === 1;
  for (let id = 1; id <= 5000; id += 1) change(id, { id }, {});
  assert.ok(store.entries.size <= 2000, `${store.entries.size} are kept`);
  assert.equal(store.get(1)?.id, 1);
  assert.equal(store.get(2), null);
  assert.equal(store.get(5000)?.id, 5000);
});

test("it hears the page's stream", () => {
  store.listen();
  page.dispatchEvent(
    new CustomEvent("live:event", {
      detail: { type: "ticket.created", id: 3, data: { ticket: ticket(), changes: {}, actor: null } },
    }),
  );
  assert.equal(store.get(1)?.subject, "Printer on fire");
});

test("many tickets are told of over several frames, but at once to a page that is hidden", () => {
  for (const id of [1, 2, 3, 4, 5, 6, 7]) change(10 + id, { id });
  assert.deepEqual(Object.keys(frame()[0]), ["1", "2", "3", "4", "5"]);
  change(20, { id: 8 });
  assert.deepEqual(Object.keys(frame()[0]), ["6", "7", "8"]);
  assert.deepEqual(frame(), []);
  Object.assign(page, { hidden: true });
  for (const id of [1, 2, 3, 4, 5, 6, 7]) change(30 + id, { id });
  assert.equal(Object.keys(frame()[0]).length, 7);
  Object.assign(page, { hidden: false });
});
