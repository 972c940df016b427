/** Asks the server for pages, for parts of them, and for data, as they are now. */
import { part } from "./elements.js";
import { askSinceReset } from "./since-reset.js";

const PATIENCE = 20_000;

/** There is no such page, or not for this user. */
export class Gone extends Error {}

/**
 * @param {string} url
 * @returns {Promise<Desk.Fetched>}
 */
export async function fetchPage(url) {
  const page = await fetchPart(url);
  return { page, head: Number(part(page, "#live", HTMLElement).dataset.head) };
}

/** A page, or a part of one.
 *
 * @param {string} url
 */
export const fetchPart = (url) =>
  askSinceReset(async () => {
    const response = await ask(url);
    if (response.status === 404) throw new Gone(url);
    const text = await response.text();
    check(response);
    return new DOMParser().parseFromString(text, "text/html");
  });

/** What scripts are told in JSON; null without a session: the stream says so too, and what to do.
 *
 * @param {string} url
 */
export const fetchData = (url) =>
  askSinceReset(async () => {
    const response = await ask(url);
    if (response.status === 401) return null;
    check(response);
    return response.json();
  });

/** @param {string} url */
const ask = (url) => fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });

/** @param {Response} response */
function check({ ok, redirected, status, url }) {
  if (!ok || redirected) throw new Error(`The server answered ${status}, ${url}`);
}
