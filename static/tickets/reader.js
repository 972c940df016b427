/** Whether the reader is busy with the list: then nothing in it may move under their hand. */
const STILL = 800; // ms without a movement

let movedAt = -Infinity;
// To ask for these in the midst of changes would have the page laid out each time.
let isAtTop = window.scrollY < 8;
document.addEventListener("scroll", () => (isAtTop = window.scrollY < 8), { passive: true });
let isSelecting = false;
document.addEventListener("selectionchange", () => {
  isSelecting = document.getSelection()?.isCollapsed === false;
});

/** Whether the reader is idle at the top of the page: they point at nothing in the list and have no
 * focus in it, nothing is selected, and no menu is open.
 *
 * @param {Element} list
 */
export function isIdleAtTop(list) {
  return (
    isAtTop &&
    performance.now() - movedAt > STILL &&
    !list.matches(":hover, :focus-within, :has([data-select]:checked)") &&
    !isSelecting &&
    !document.querySelector("main details[open], .topbar details[open], dialog[open], :popover-open")
  );
}
