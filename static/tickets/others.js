/** The other tickets of the requester, beside one of them: the server lists them again. */
import { tellTimes } from "./clock.js";
import { part, parts, renew } from "./elements.js";
import { flash } from "./flash.js";
import { fetchPart } from "./page.js";
import { isOvertaken } from "./since-reset.js";

const here = () => part(document, "#others", HTMLElement);
/** @param {ParentNode} root */
const rows = (root) => parts(root, "[data-other]", HTMLElement);
/** @param {HTMLElement} row */
const words = (row) => [row.querySelector("a"), row.querySelector(".status")].map((it) => it?.textContent);

export async function refresh() {
  take(await fetchPart(here().dataset.url ?? ""));
}

/** A row that is new, or says something else than before, flashes.
 *
 * @param {Document} page that has them too
 */
export function take(page) {
  const ours = here();
  const theirs = part(page, "#others", HTMLElement);
  if (isOvertaken(ours, Number(theirs.dataset.head))) return;
  const before = new Map(rows(ours).map((row) => [row.dataset.other, words(row).join()]));
  ours.hidden = theirs.hidden;
  renew(ours, theirs);
  tellTimes(ours);
  for (const row of rows(ours)) {
    if (before.get(row.dataset.other) !== words(row).join()) flash(row);
  }
}
