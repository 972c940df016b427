/** Whether the reader is busy with the list: then nothing in it may move under their hand. */
const STILL = 800; // ms without a movement

let movedAt = -Infinity;
for (const type of ["pointermove", "pointerdown", "keydown", "wheel"]) {
  document.addEventListener(type, () => (movedAt = performance.now()), { passive: true });
}

/** Whether the reader is idle at the top of the page: they point at nothing in the list and have no
 * focus in it, nothing is selected, and no menu is open.
 *
 * @param {Element} list
 */
export function isIdleAtTop(list) {
  return (
    window.scrollY < 8 &&
    performance.now() - movedAt > STILL &&
    !list.matches(":hover, :focus-within, :has([data-select]:checked)") &&
    (document.getSelection()?.isCollapsed ?? true) &&
    !document.querySelector("main details[open], .topbar details[open], dialog[open], :popover-open")
  );
}
