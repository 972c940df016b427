/** Says at the foot of the page what the reader has just done, and offers to take it back. */
import { changeMany } from "./api.js";
import { copyOf, part } from "./elements.js";

const SECONDS = 10;
const MOST = 500; // tickets of one request

/** Each ticket that was changed, and the version that this made.
 *
 * @typedef {Record<string, number>} Versions
 */

/**
 * @param {string} words
 * @param {Versions} [versions]
 */
export function toast(words, versions = {}) {
  const place = part(document, "#toasts", HTMLElement);
  const shown = copyOf("toast-template", HTMLDivElement);
  const button = part(shown, "button", HTMLButtonElement);
  const left = part(shown, "[data-left]", HTMLElement);
  part(shown, "span", HTMLElement).textContent = words;
  button.hidden = Object.keys(versions).length === 0;
  button.addEventListener("click", () => takeBack(versions));
  let seconds = SECONDS;
  const timer = setInterval(() => {
    if (!shown.isConnected) return clearInterval(timer);
    if (shown.matches(":hover, :focus-within")) return;
    seconds -= 1;
    left.textContent = `${seconds} s`;
    if (seconds <= 0) shown.remove();
  }, 1000);
  place.replaceChildren(shown);
}

/** @param {Versions} versions */
async function takeBack(versions) {
  const { undo = "" } = part(document, "#toasts", HTMLElement).dataset;
  const all = Object.entries(versions);
  const results = [];
  toast("Taking it back…");
  try {
    for (let at = 0; at < all.length; at += MOST) {
      const batch = Object.fromEntries(all.slice(at, at + MOST));
      results.push(...(await changeMany(undo, { versions: batch })));
    }
  } catch (error) {
    return toast(/** @type {Error} */ (error).message);
  }
  const refused = results.filter(({ ok }) => !ok);
  if (refused.length === 0) return toast("Taken back.");
  const [{ id, error }] = refused;
  const more = refused.length > 1 ? ` And ${refused.length - 1} more.` : "";
  toast(`${all.length - refused.length} of ${all.length} taken back. #${id}: ${error}${more}`);
}
