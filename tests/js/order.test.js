import assert from "node:assert/strict";
import { test } from "node:test";
import { stayers } from "../../static/tickets/order.js";

/**
 * @param {number[]} before
 * @param {number[]} after
 */
const moved = (before, after) => {
  const stay = stayers(before, after);
  return after.filter((id) => !stay.has(id));
};

test("no row moves but the one whose place has changed, up or down", () => {
  assert.deepEqual(moved([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]), []);
  assert.deepEqual(moved([1, 2, 3, 4, 5], [4, 1, 2, 3, 5]), [4]);
  assert.deepEqual(moved([1, 2, 3, 4, 5], [2, 3, 4, 5, 1]), [1]);
  assert.deepEqual(moved([1, 2, 3, 4, 5, 6], [6, 1, 3, 4, 5, 2]), [6, 2]);
});

test("rows that come are placed, and those that go move no other", () => {
  assert.deepEqual(moved([5, 3, 1], [6, 5, 4, 1]), [6, 4]);
  assert.deepEqual(moved([], [2, 1]), [2, 1]);
  assert.deepEqual(moved([2, 1], []), []);
});
