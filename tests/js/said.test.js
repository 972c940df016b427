import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { paragraphs } from "../../static/tickets/said.js";

// The same table is put to tickets/links.py.
const table = JSON.parse(readFileSync(new URL("../tickets/links.json", import.meta.url), "utf8"));

test("addresses are found as the server finds them, and nothing else", () => {
  for (const [text, pieces] of table) assert.deepEqual(paragraphs(text), [pieces]);
});

test("paragraphs put together are the text", () => {
  const text = "\n one\ntwo\r\n\r\n \n http://a.example\n\n\nthree \n";
  const found = paragraphs(text);
  assert.equal(found.length, 3);
  assert.equal(found.flat().map(([words]) => words).join(""), text);
});

test("the end of a text that is cut is no address", () => {
  assert.deepEqual(paragraphs("see http://a.exam", true), [[["see ", false], ["http://a.exam", false]]]);
});

test("of a text of nothing else only so many are links", () => {
  for (const unit of ["http://a ", "a\n\n", "mailto:", "http://a\n\n"]) {
    const text = unit.repeat(5000);
    const found = paragraphs(text);
    assert.ok(found.length <= 200);
    assert.ok(found.flat().filter(([, isAddress]) => isAddress).length <= 200);
    assert.equal(found.flat().map(([words]) => words).join(""), text);
  }
});
