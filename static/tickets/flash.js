/** Marks what has just changed. base.css says how a mark looks, also where motion is unwelcome. */
const STANDS = 1600;
const FADES = 2400;
/** @type {WeakMap<Element, ReturnType<typeof setTimeout>>} */
const timers = new WeakMap();

/** @param {HTMLElement} element */
export function flash(element) {
  const fade = () => {
    element.dataset.fresh = "fades";
    timers.set(element, setTimeout(() => element.removeAttribute("data-fresh"), FADES));
  };
  clearTimeout(timers.get(element));
  element.dataset.fresh = "";
  timers.set(element, setTimeout(fade, STANDS));
}
