/** The sheet of keys: those of the page's own elements, and those of its list of tickets. */
import { footer, openDialog } from "./dialog.js";
import { make } from "./elements.js";

const OF_LIST = [
  ["j k", "Next, previous ticket"],
  ["↵", "Open it"],
  ["x", "Select it; with Shift all from the last one"],
  ["Esc", "Clear the selection"],
  ["a s p q", "Assignee, status, priority, queue of the selected"],
];
const ALWAYS = [["?", "This sheet"]];

/** What the element does, in its own words.
 *
 * @param {HTMLElement} element
 */
function labelOf(element) {
  const { labels = null } = /** @type {{labels?: NodeListOf<Element> | null}} */ (element);
  const said = element.dataset.keyLabel ?? element.ariaLabel ?? labels?.[0]?.textContent;
  return (said ?? element.textContent).trim();
}

/**
 * @param {string} heading
 * @param {string[][]} lines
 */
function group(heading, lines) {
  const shown = lines.flatMap(([keys, label]) => {
    const names = keys.split(" ").flatMap((key) => [make("kbd", {}, key), " "]);
    return [make("dt", {}, ...names), make("dd", {}, label)];
  });
  return lines.length > 0 ? [make("h2", {}, heading), make("dl", {}, ...shown)] : [];
}

/** @param {Map<string, HTMLElement>} ofPage */
export function sheet(ofPage) {
  const isInMain = (/** @type {Element} */ element) => element.closest("main") !== null;
  const keys = [...ofPage];
  const [here, everywhere] = [true, false].map((wanted) =>
    keys
      .filter(([, element]) => isInMain(element) === wanted)
      .map(([key, element]) => [key, labelOf(element)]),
  );
  openDialog(
    { ariaLabel: "Keys" },
    make("h1", {}, "Keys"),
    ...group("The list", document.querySelector("[data-select]") ? OF_LIST : []),
    ...group("This page", here),
    ...group("Everywhere", [...everywhere, ...ALWAYS]),
    footer(),
  );
}
