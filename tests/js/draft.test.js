import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Draft } from "../../static/tickets/draft.js";

/** A tab's storage.
 *
 * @param {number} [room] characters
 */
function storage(room = Infinity) {
  /** @type {Map<string, string>} */
  const items = new Map();
  const fake = {
    get length() {
      return items.size;
    },
    key: (/** @type {number} */ index) => [...items.keys()][index] ?? null,
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem(/** @type {string} */ key, /** @type {string} */ value) {
      if (value.length > room) throw new DOMException("full", "QuotaExceededError");
      items.set(key, value);
    },
    removeItem: (/** @type {string} */ key) => void items.delete(key),
    clear: () => items.clear(),
  };
  return /** @type {Storage} */ (fake);
}

test("what was typed is there again for the same user and form, and for no other", () => {
  const tab = storage();
  new Draft("7", "/tickets/5/comment/", tab).keep({ body: "Hello" }, { sentAs: "k" });
  const kept = new Draft("7", "/tickets/5/comment/", tab).read();
  assert.deepEqual([kept?.values, kept?.sentAs], [{ body: "Hello" }, "k"]);
  assert.equal(new Draft("8", "/tickets/5/comment/", tab).read(), null);
  assert.equal(new Draft("7", "/tickets/6/comment/", tab).read(), null);
  assert.equal(new Draft("7", "/help/tickets/5/comment/", tab).read(), null);
});

test("what the server took is dropped", () => {
  const draft = new Draft("7", "/tickets/new/", storage());
  draft.keep({ subject: "Toner" });
  draft.drop();
  assert.equal(draft.read(), null);
});

test("of many drafts the newest twenty are kept, and nothing of others is touched", (context) => {
  let now = 0;
  context.mock.method(Date, "now", () => now++);
  const tab = storage();
  tab.setItem("another", "thing");
  const drafts = Array.from({ length: 25 }, (_, number) => new Draft("7", `/${number}/`, tab));
  for (const draft of drafts) draft.keep({ body: "Hello" });
  const kept = drafts.map((draft) => draft.read() !== null);
  assert.deepEqual(kept, drafts.map((_, number) => number >= 5));
  assert.equal(tab.getItem("another"), "thing");
});

for (const { why, tab, body } of [
  { why: "is too long", tab: storage(), body: "x".repeat(200_001) },
  { why: "finds no room", tab: storage(100), body: "x".repeat(200) },
  { why: "may not be kept", tab: undefined, body: "Hello" },
]) {
  test(`a draft that ${why} is said not to be kept, and no older one comes back`, (context) => {
    context.mock.method(console, "warn", () => {});
    const draft = new Draft("7", "/", tab);
    draft.keep({ body: "older" });
    assert.equal(draft.keep({ body }), false);
    assert.equal(draft.read(), null);
  });
}

for (const junk of ["{", "null", "7", '{"values": 7}']) {
  test(`junk in the storage is no draft: ${junk}`, () => {
    mock.method(console, "warn", () => {});
    const tab = storage();
    tab.setItem("draft-7-/", junk);
    assert.equal(new Draft("7", "/", tab).read(), null);
    mock.restoreAll();
  });
}
