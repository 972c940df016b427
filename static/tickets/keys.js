/** Single keys: an element says by `data-key` which one is its own. It is clicked, or it gets the
 * focus where one types or chooses in it. Nothing happens while one types, and nothing where the
 * reader has switched single keys off: <html data-keys="off">. */
import { parts } from "./elements.js";

const FIELD = "input:not([type=checkbox], [type=radio]), select, textarea";
const TYPING = `${FIELD}, [contenteditable], dialog, [role=listbox]`;

/** Whether a key that was pressed there is meant for the page, and not for what has the focus.
 *
 * @param {KeyboardEvent} event
 */
function isForPage({ target, ctrlKey, metaKey, altKey, isComposing, defaultPrevented }) {
  if (ctrlKey || metaKey || altKey || isComposing || defaultPrevented) return false;
  if (document.documentElement.dataset.keys === "off") return false;
  return !(target instanceof Element && target.closest(TYPING)) && !document.querySelector("dialog[open]");
}

/** What can be used now, the first of each key. What stands in a row is for who is in that row.
 *
 * @returns {Map<string, HTMLElement>}
 */
function keysOfPage() {
  /** @type {Map<string, HTMLElement>} */
  const found = new Map();
  for (const element of parts(document, "[data-key]", HTMLElement)) {
    const { key = "" } = element.dataset;
    const row = element.closest("tr");
    if (found.has(key) || (row && !row.contains(document.activeElement))) continue;
    const isUsable = element.checkVisibility() && !element.matches(":disabled, [aria-disabled=true]");
    if (isUsable) found.set(key, element);
  }
  return found;
}

async function showSheet() {
  const { sheet } = await import("./keys-sheet.js");
  sheet(keysOfPage());
}

document.addEventListener("keydown", (event) => {
  if (!isForPage(event)) return;
  const element = keysOfPage().get(event.key);
  if (event.key === "?") showSheet();
  else if (element?.matches(FIELD)) element.focus();
  else if (element && !event.repeat) element.click();
  else return;
  event.preventDefault();
});
document.addEventListener("click", ({ target }) => {
  if (target instanceof Element && target.closest("[data-keys-sheet]")) showSheet();
});
