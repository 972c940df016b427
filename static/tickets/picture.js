/** A picture of the conversation, as large as the window allows. Escape closes it, and the focus is
 * back on the small one. */

/** @param {HTMLAnchorElement} link */
export function enlarge(link) {
  const { href: url } = link;
  const small = link.querySelector("img");
  const dialog = document.createElement("dialog");
  const image = document.createElement("img");
  const close = document.createElement("button");
  const alone = document.createElement("a");
  dialog.className = "keys picture";
  dialog.setAttribute("aria-label", small?.alt ?? "Picture");
  Object.assign(image, { src: url, alt: small?.alt ?? "" });
  Object.assign(close, { type: "button", className: "button", textContent: "Close", autofocus: true });
  Object.assign(alone, { href: url, target: "_blank", rel: "noopener", textContent: "Open alone" });
  const foot = document.createElement("p");
  foot.append(close, " ", alone);
  dialog.append(image, foot);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // Beside it.
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
