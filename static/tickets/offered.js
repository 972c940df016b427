/** Files that somebody chooses, drops on the page, or pastes into what they write. */

/** Those that the event brings; the browser does nothing else with them.
 *
 * @param {Event} event
 * @returns {File[]}
 */
export function filesIn(event) {
  const { target } = event;
  if (event.type === "change") return target instanceof HTMLInputElement ? [...(target.files ?? [])] : [];
  const { dataTransfer, clipboardData } = /** @type {DragEvent & ClipboardEvent} */ (event);
  const data = dataTransfer ?? clipboardData;
  // What is copied from a text or a table has a picture of itself beside its text.
  if (!data?.types.includes("Files") || (clipboardData && data.types.includes("text/plain"))) return [];
  event.preventDefault();
  return [...data.files];
}

/** Opens a picture in place; where its script does not come, the browser shows it.
 *
 * @param {MouseEvent} event
 */
export function openPicture(event) {
  const { target, ctrlKey, metaKey, shiftKey } = event;
  const link = target instanceof Element ? target.closest("a[data-picture]") : null;
  if (!(link instanceof HTMLAnchorElement) || ctrlKey || metaKey || shiftKey) return;
  event.preventDefault();
  import("./picture.js").then(
    ({ enlarge }) => enlarge(link),
    () => location.assign(link.href),
  );
}
