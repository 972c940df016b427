/** Shows something over the page. Escape closes it, and so does a button of a form whose method is
 * "dialog"; the focus is back where it was then. */
import { make } from "./elements.js";

/**
 * @param {Partial<HTMLDialogElement>} properties
 * @param {...(string | Node)} inside
 */
export function openDialog(properties, ...inside) {
  const dialog = make("dialog", { className: "keys", ...properties }, ...inside);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** The foot of a dialog, with the button that closes it.
 *
 * @param {...(string | Node)} beside
 */
export const footer = (...beside) =>
  make("form", { method: "dialog" }, make("button", { className: "button", textContent: "Close" }), ...beside);
