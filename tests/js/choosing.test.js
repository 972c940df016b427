import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, listWord, matching, moved, slashWord } from "../../static/tickets/choosing.js";

/**
 * @param {string} text with | where the cursor is
 */
function slashAt(text) {
  const cursor = text.indexOf("|");
  const word = slashWord(text.replace("|", ""), cursor);
  return word && [word.query, text.slice(0, cursor).slice(word.start, word.end)];
}

/**
 * @param {string} text with | where the cursor is
 */
function listedAt(text) {
  const { start, end, query } = listWord(text.replace("|", ""), text.indexOf("|"));
  return [text.replace("|", "").slice(start, end), query];
}

test("a slash at the beginning of the text or of a word looks for what follows it", () => {
  assert.deepEqual(slashAt("/|"), ["", "/"]);
  assert.deepEqual(slashAt("/ref|"), ["ref", "/ref"]);
  assert.deepEqual(slashAt("/re|fund"), ["re", "/re"]);
  assert.deepEqual(slashAt("Hello\n/ref|"), ["ref", "/ref"]);
  assert.deepEqual(slashAt("Hello /é|"), ["é", "/é"]);
  assert.deepEqual(slashAt("a/b /c/d|"), ["c/d", "/c/d"]);
});

test("a slash within a word, behind it or far away looks for nothing", () => {
  for (const text of ["|/", "a/|", "https://x|", "and/or|", "/ref |", "/ref\n|", "", "x|", "(/ref|"]) {
    assert.equal(slashAt(text.includes("|") ? text : `${text}|`), null, text);
  }
  assert.equal(slashWord(`/${"x".repeat(61)}`, 62), null);
  assert.deepEqual(slashWord(`/${"x".repeat(60)}`, 61)?.query.length, 60);
  // What it looks at begins within a word: the slash there is no beginning.
  const word = `${"y".repeat(40)}/${"x".repeat(61)}`;
  for (let cursor = 41; cursor <= word.length; cursor += 1) assert.equal(slashWord(word, cursor), null);
});

test("to find it takes no time, however long the text is", () => {
  const long = `${"/ ".repeat(25_000)}/x`;
  const began = performance.now();
  for (let times = 0; times < 1000; times += 1) slashWord(long, long.length);
  assert.ok(performance.now() - began < 1000);
});

test("in a list with commas it is what stands around the cursor", () => {
  assert.deepEqual(listedAt("|"), ["", ""]);
  assert.deepEqual(listedAt("vi|"), ["vi", "vi"]);
  assert.deepEqual(listedAt("v|ip, refund"), ["vip", "vip"]);
  assert.deepEqual(listedAt("vip, re|"), ["re", "re"]);
  assert.deepEqual(listedAt("vip,| "), ["", ""]);
  assert.deepEqual(listedAt("a,  late payer |, b"), ["late payer", "late payer"]);
});

/** @param {string[][]} entries */
const offers = (...entries) => entries.map(([name, text = ""]) => ({ name, hint: "", text }));
/** @param {import("../../static/tickets/choosing.js").Offer[]} found */
const names = (found) => found.map(({ name }) => name);

test("what begins so comes before what has it, and that before what says it", () => {
  const all = offers(["Says", "about a refund"], ["A refund"], ["Refund"], ["Other", "no"]);
  assert.deepEqual(names(matching(all, "ref")), ["Refund", "A refund", "Says"]);
  assert.deepEqual(names(matching(all, "")), ["Says", "A refund", "Refund", "Other"]);
  assert.deepEqual(names(matching(all, "zzz")), []);
});

test("case and accents do not count, nor does a text that is not there", () => {
  const all = [...offers(["Ärger"], ["ÉCOLE"]), { name: "Long", hint: "", text: null }];
  assert.deepEqual(names(matching(all, "arg")), ["Ärger"]);
  assert.deepEqual(names(matching(all, "Éc")), ["ÉCOLE"]);
  assert.deepEqual(names(matching(all, "long")), ["Long"]);
  assert.equal(fold("ÄÖé"), "aoe");
});

test("no more are shown than a list bears", () => {
  const many = Array.from({ length: 700 }, (_, n) => ({ name: `n${n}`, hint: "", text: "" }));
  assert.equal(matching(many, "n").length, 50);
});

test("arrows go round, and begin at either end", () => {
  assert.equal(moved(-1, 1, 3), 0);
  assert.equal(moved(-1, -1, 3), 2);
  assert.equal(moved(2, 1, 3), 0);
  assert.equal(moved(0, -1, 3), 2);
  assert.equal(moved(0, 1, 1), 0);
});
