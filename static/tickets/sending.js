/** Sends a form without leaving its page, and says what became of it. */

const PATIENCE = 60_000;

/**
 * @typedef {{is: "taken", url: string, said?: Desk.Message[]}
 *   | {is: "signed-out", sentence: string}
 *   | {is: "unknown", sentence: string}
 *   | {is: "refused", sentence: string}
 *   | Answered} Outcome
 *   Whether the server has taken it is "unknown" where no answer came.
 *
 * @typedef {{is: "answered", page: string, status: number}} Answered
 * @typedef {Exclude<Outcome, Answered> | Answered & typeof import("./refusal.js")} Read
 *   with the script that reads such a page, which is loaded only then
 */

/** What a page of the site holds that refuses a form because of its token. */
const TOKEN_REFUSED = "data-token-refused";

const SIGNED_OUT = "You are signed out. Nothing was sent; what you wrote is kept here.";
const OLD_TOKEN =
  "The server did not know this form any more. Nothing was sent; what you wrote is kept here.";
const NO_NETWORK = "There is no connection to the server. What you wrote is kept here: send it again.";
const NO_ANSWER =
  "The server has not answered for a minute, so it may have taken this or not." +
  " What you wrote is kept here: sent again, it is not done twice.";

/**
 * @param {{action: string, body: BodyInit, user: string, login: string, stays?: boolean}} form
 * @param {typeof globalThis.fetch} [fetch]
 * @returns {Promise<Read>}
 */
export async function send({ action, body, user, login, stays }, fetch = globalThis.fetch) {
  try {
    const response = await fetch(action, {
      method: "POST",
      body,
      headers: { "X-Sent-For": user, ...(stays ? { "X-Stays": "1" } : {}) },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const outcome = outcomeOf(response, await response.text(), login);
    return outcome.is === "answered" ? { ...outcome, ...(await import("./refusal.js")) } : outcome;
  } catch (error) {
    console.warn("The form got no answer:", error);
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    return { is: "unknown", sentence: isLate ? NO_ANSWER : NO_NETWORK };
  }
}

/**
 * @param {Pick<Response, "status" | "ok" | "redirected" | "url" | "headers">} response
 * @param {string} text
 * @param {string} login where one logs in
 * @returns {Outcome}
 */
export function outcomeOf({ status, ok, redirected, url: here, headers }, text, login) {
  if (status === 401) return { is: "signed-out", sentence: SIGNED_OUT };
  if (headers.get("Content-Type")?.startsWith("application/json")) {
    const { leads_to: url, error, ...said } = JSON.parse(text);
    return url ? { is: "taken", url, ...said } : { is: "refused", sentence: error };
  }
  if (status === 403 && text.includes(TOKEN_REFUSED)) return { is: "signed-out", sentence: OLD_TOKEN };
  if (redirected && new URL(here).pathname === login) return { is: "signed-out", sentence: SIGNED_OUT };
  // A process of an older release leads on instead of telling where.
  if (redirected && ok) return { is: "taken", url: here };
  return { is: "answered", page: text, status };
}
