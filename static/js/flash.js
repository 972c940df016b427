/** Mark what has just changed; how, and under reduced motion how else, is said in base.css. */
const LASTS = 4000;
const timers = new WeakMap();

export function flash(element) {
  clearTimeout(timers.get(element));
  element.removeAttribute("data-fresh");
  void element.offsetWidth; // restarts the animation
  element.setAttribute("data-fresh", "");
  timers.set(element, setTimeout(() => element.removeAttribute("data-fresh"), LASTS));
}
