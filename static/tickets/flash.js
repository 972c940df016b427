/** Marks what has just changed. base.css says how a mark looks, also where motion is unwelcome. */
const LASTS = 4000;
/** @type {WeakMap<Element, ReturnType<typeof setTimeout>>} */
const timers = new WeakMap();

/** @param {HTMLElement} element */
export function flash(element) {
  clearTimeout(timers.get(element));
  element.dataset.fresh = element.dataset.fresh === "" ? "again" : ""; // The animation begins anew.
  timers.set(element, setTimeout(() => element.removeAttribute("data-fresh"), LASTS));
}
