/** The other tickets of the requester, beside one of them: the server lists them again. */
import { tellTimes } from "./clock.js";
import { part, parts } from "./elements.js";
import { flash } from "./flash.js";
import { fetchPart } from "./page.js";

const here = () => part(document, "#others", HTMLElement);
/** @param {ParentNode} root */
const rows = (root) => parts(root, "[data-other]", HTMLElement);
/** @param {HTMLElement} row */
const words = (row) => [row.querySelector("a"), row.querySelector(".status")].map((it) => it?.textContent);

export async function refresh() {
  take(await fetchPart(here().dataset.url ?? ""));
}

/** A row that is new, or says something else than before, flashes. The link that has the focus keeps
 * it.
 *
 * @param {Document} page that has them too
 */
export function take(page) {
  const ours = here();
  const before = new Map(rows(ours).map((row) => [row.dataset.other, words(row).join()]));
  const focused = ours.contains(document.activeElement) && document.activeElement?.getAttribute("href");
  const theirs = document.importNode(part(page, "#others", HTMLElement), true);
  ours.replaceWith(theirs);
  tellTimes(theirs);
  for (const row of rows(theirs)) {
    if (before.get(row.dataset.other) !== words(row).join()) flash(row);
  }
  if (focused) parts(theirs, "a", HTMLElement).find((link) => link.getAttribute("href") === focused)?.focus();
}
