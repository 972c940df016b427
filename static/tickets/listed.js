/** A page whose lists are always those that the server has now: an element with `data-listed` and an
 * id becomes the one of the page that is fetched again after each event. */
import { parts } from "./elements.js";
import { fetchPage } from "./page.js";
import { isOvertaken } from "./since-reset.js";
import { soon } from "./soon.js";
import "./token.js";

const refresh = soon(load, { apart: 1000, spread: 500 });
document.addEventListener("live:event", refresh);
document.addEventListener("live:reset", ({ detail }) => detail.waitUntil(load()));

async function load() {
  const { page, head } = await fetchPage(location.href);
  for (const ours of parts(document, "[data-listed]", HTMLElement)) {
    if (isOvertaken(ours, head)) continue;
    const theirs = page.getElementById(ours.id);
    if (theirs?.textContent === ours.textContent) continue; // Only the forms' tokens are others.
    const focused = ours.contains(document.activeElement) && document.activeElement?.id;
    ours.replaceChildren(...(theirs ? document.importNode(theirs, true).childNodes : []));
    if (focused) document.getElementById(focused)?.focus();
  }
  return head;
}
