/** What becomes of the page of a ticket that has been merged into another one. */
import { part } from "./elements.js";

/** Says where its conversation goes on. What is being written here cannot be sent any more.
 *
 * @param {Desk.Ticket} ticket
 * @param {import("./composer.js").Composer} composer
 */
export function lead({ merged_into: into }, composer) {
  const notice = part(document, "#merged", HTMLElement);
  const link = part(notice, "a", HTMLAnchorElement);
  link.setAttribute("href", (link.getAttribute("href") ?? "").replace(/\d+\/$/, `${into}/`));
  link.textContent = `#${into}`;
  notice.hidden = false;
  part(document, "#merge-into", HTMLElement).hidden = true;
  const { body, form } = composer;
  form.hidden = part(notice, "span", HTMLElement).hidden = body.value === "";
  body.readOnly = true;
  for (const control of form.querySelectorAll("button, input[type=radio]")) {
    control.toggleAttribute("disabled", true);
  }
}
