import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomeOf, send } from "../../static/tickets/sending.js";
import { tokenIn } from "../../static/tickets/token.js";

const LOGIN = "/accounts/login/";
const HTML = "text/html; charset=utf-8";
const JSON_TYPE = "application/json";
const FORM = { action: "/tickets/5/comment/", body: new URLSearchParams(), user: "7", login: LOGIN };

/**
 * @param {number} status
 * @param {string} type
 * @param {string} [url] where a redirect led
 */
function response(status, type, url = "") {
  const headers = new Headers({ "Content-Type": type });
  return { status, ok: status < 300, redirected: url !== "", url, headers };
}

test("what the server took leads on", () => {
  const answer = outcomeOf(response(200, JSON_TYPE), '{"leads_to": "/tickets/5/"}', LOGIN);
  assert.deepEqual(answer, { is: "taken", url: "/tickets/5/" });
});

test("a process of an older release leads on by itself", () => {
  const url = "http://desk.example/tickets/5/";
  assert.deepEqual(outcomeOf(response(200, HTML, url), "<html>", LOGIN), { is: "taken", url });
});

for (const { what, answer, text } of [
  { what: "without a session", answer: response(401, JSON_TYPE), text: '{"error": "out"}' },
  {
    what: "led to the log-in",
    answer: response(200, HTML, `http://desk.example${LOGIN}?next=/`),
    text: "<html>",
  },
  { what: "with an old token", answer: response(403, HTML), text: "<main data-token-refused>" },
]) {
  test(`${what} one has to log in, and nothing was taken`, () => {
    const outcome = outcomeOf(answer, text, LOGIN);
    assert.equal(outcome.is, "signed-out");
    assert.match("sentence" in outcome ? outcome.sentence : "", /Nothing was sent/);
  });
}

test("a sentence in JSON is told as it is", () => {
  const outcome = outcomeOf(response(403, JSON_TYPE), '{"error": "Somebody else."}', LOGIN);
  assert.deepEqual(outcome, { is: "refused", sentence: "Somebody else." });
});

test("a page that answers is handed on, whatever people wrote on it", () => {
  const page = "<p>data-token-refused</p>";
  const outcome = outcomeOf(response(409, HTML), page, LOGIN);
  assert.deepEqual(outcome, { is: "answered", page, status: 409 });
});

test("the server is told for whom the page was made", async () => {
  let sent = new Headers();
  /** @type {typeof fetch} */
  const fake = async (_, options) => {
    sent = new Headers(options?.headers);
    return new Response('{"leads_to": "/"}', { headers: { "Content-Type": JSON_TYPE } });
  };
  assert.deepEqual(await send(FORM, fake), { is: "taken", url: "/" });
  assert.equal(sent.get("X-Sent-For"), "7");
});

for (const { why, error, words } of [
  { why: "no network", error: new TypeError("Failed to fetch"), words: /no connection/ },
  { why: "no answer", error: new DOMException("late", "TimeoutError"), words: /not answered/ },
]) {
  test(`with ${why} nobody knows whether it was taken, and that is said`, async (context) => {
    context.mock.method(console, "warn", () => {});
    const outcome = await send(FORM, () => Promise.reject(error));
    assert.equal(outcome.is, "unknown");
    assert.match("sentence" in outcome ? outcome.sentence : "", words);
  });
}

test("the token is that of the cookie by its name", () => {
  const cookies = "sessionid=1; xcsrftoken=2; csrftoken=3; csrftoken=4";
  assert.equal(tokenIn(cookies, "csrftoken"), "3");
  assert.equal(tokenIn(cookies, "other"), undefined);
  assert.equal(tokenIn("", ""), undefined);
  assert.equal(tokenIn("csrftoken=", "csrftoken"), undefined);
});
