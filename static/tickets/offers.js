/** A field that offers something while one types in it says so by `data-offers`. The rest is loaded
 * once it is asked for: in a text by a slash, elsewhere by going there. */

/** @param {Event & {data?: string}} event */
function follow({ target, data }) {
  if (!(target instanceof HTMLElement) || !target.dataset.offers) return;
  if (target.matches("textarea") && data !== "/") return;
  import("./choices.js").then(({ offer }) => offer(target)).catch(console.warn);
}
for (const name of ["focusin", "input"]) document.addEventListener(name, follow);
