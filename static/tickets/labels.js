/** The tags of a ticket as small labels, as the templates show them. */
import { make } from "./elements.js";

const MOST = 3;

/**
 * @param {HTMLElement} place `data-list` is where its labels lead to; it shows them all then
 * @param {string[]} tags
 */
export function show(place, tags) {
  const { list } = place.dataset;
  const rest = list ? 0 : tags.length - MOST;
  const words = rest > 0 ? [...tags.slice(0, MOST), `+${rest}`] : tags;
  const labels = words.flatMap((textContent) => {
    const label = { className: "label", textContent };
    const href = list + encodeURIComponent(textContent);
    return [list ? make("a", { ...label, href }) : make("span", label), " "];
  });
  place.replaceChildren(...labels);
}
