/** What the page has read since the last reset. The rest counts for nothing beside it.
 *
 * Between resets the version of a ticket says which of two states is newer, and a position of the log
 * which of two answers. A restore from a backup takes both back. After a reset, therefore, whatever
 * the server says now is newer than all that the page shows, and what was asked before the reset is
 * asked again. */
let resets = 0;
/** @type {WeakMap<object, number>} after which reset a thing was read; not here: before any */
const readAfter = new WeakMap();

// The scripts of the pages import this one, so it hears of a reset before they do.
document.addEventListener("live:reset", () => (resets += 1));

/** The thing, an element or a record, holds what the server says since the last reset. Returns it.
 *
 * @template {object} T
 * @param {T} thing
 * @returns {T}
 */
export function readNow(thing) {
  readAfter.set(thing, resets);
  return thing;
}

/** @param {object} thing */
export const isCurrent = (thing) => (readAfter.get(thing) ?? 0) === resets;

/** The position of the log that the element stands for; 0 if it has none, or a reset came since.
 *
 * @param {HTMLElement} element
 */
export const positionOf = (element) =>
  isCurrent(element) ? Number(element.dataset.position ?? 0) : 0;

/** Whether the element shows a later answer than one that was read at this position. If not, it
 * stands for this one from now on.
 *
 * @type {(element: HTMLElement, head: number) => boolean}
 */
export function isOvertaken(element, head) {
  if (head < positionOf(element)) return true;
  readNow(element).dataset.position = String(head);
  return false;
}

/** The answer to a question that was asked since the last reset.
 *
 * @template T
 * @param {() => Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function askSinceReset(ask) {
  for (;;) {
    const before = resets;
    const answer = await ask();
    if (before === resets) return answer;
  }
}
