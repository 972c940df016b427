/** A picture of the conversation, as large as the window allows. Escape closes it, and the focus is
 * back on the small one. */

import { footer, openDialog } from "./dialog.js";
import { make } from "./elements.js";

/** @param {HTMLAnchorElement} link */
export function enlarge(link) {
  const { href } = link;
  const alt = link.querySelector("img")?.alt ?? "Picture";
  const alone = make("a", { href, target: "_blank", rel: "noopener" }, "Open alone");
  const image = make("img", { src: href, alt });
  const dialog = openDialog({ className: "keys picture", ariaLabel: alt }, image, footer(" ", alone));
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // Beside it.
}
