/** The line "You were away 42 min: 5 new, 3 changed", each with a link. */
import { part } from "./elements.js";
import { remember } from "./of-browser.js";
import { fetchPart } from "./page.js";

const KEPT = 30 * 60_000; // ms

/** @param {[number, number]} away since when and until when, by the clock of this computer */
export async function tellMissed([since, until]) {
  if (Date.now() - until > KEPT) return;
  const ahead = window.live.now() - Date.now(); // The server counts by its own clock.
  const { away } = part(document, "#bell", HTMLElement).dataset;
  const url = `${away}?since=${since + ahead}&until=${until + ahead}`;
  const page = await fetchPart(url).catch(console.warn);
  if (!page) return;
  drop();
  part(document, "#main", HTMLElement).prepend(...document.importNode(page.body, true).childNodes);
}

const drop = () => document.getElementById("away")?.remove();

document.addEventListener("click", ({ target }) => {
  if (!(/** @type {Element} */ (target).closest("#away button"))) return;
  remember("away", null);
  drop();
});
