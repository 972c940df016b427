/** Writes by the JSON API, as the person for whom the page was made. */
import { freshKey, ownHeaders } from "./token.js";

const PATIENCE = 30_000;
const NO_ANSWER = "There was no answer, so it may have been done or not: look, then do it again.";

/** @typedef {{id: number, ok: boolean, error?: string, version?: number}} Result */

/** What became of each ticket. An error is a sentence for the reader.
 *
 * @param {string} url
 * @param {object} body
 * @returns {Promise<Result[]>}
 */
export async function changeMany(url, body) {
  const json = { "Content-Type": "application/json", "Idempotency-Key": freshKey() };
  const headers = { ...ownHeaders(), ...json };
  let answer;
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(url, { method: "POST", body: JSON.stringify(body), headers, signal });
    answer = await response.json();
  } catch (error) {
    console.warn(`${url} gave no answer:`, error);
    throw new Error(NO_ANSWER, { cause: error });
  }
  if (!answer.results) throw new Error(answer.error);
  return answer.results;
}
