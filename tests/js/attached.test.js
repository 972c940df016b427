import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inWords } from "../../static/tickets/attached.js";

// The same table is put to tickets/attachments/limits.py.
const table = JSON.parse(readFileSync(new URL("../tickets/wording.json", import.meta.url), "utf8"));

test("sizes are said as the server says them", () => {
  for (const [size, words] of table.sizes) assert.equal(inWords(size), words);
});
