/**
 * The admin's forms: what its reader chose and has not saved is marked (data-unsaved).
 *
 * A page that the browser kept whole comes back as it was left. If nothing on it is unsaved, it is
 * loaded again, so that it shows what the database says. Else it stays with its marks. The
 * form of a ticket carries the version that its reader saw, so it overwrites nothing unseen.
 */
import { part } from "./elements.js";

/** @param {Element} control */
function isChanged(control) {
  if (control instanceof HTMLSelectElement) {
    const options = [...control.options];
    const first = options.filter((option) => option.defaultSelected);
    const shown = first.length > 0 || control.multiple ? first : options.slice(0, 1);
    return options.some((option) => option.selected !== shown.includes(option));
  }
  if (control instanceof HTMLTextAreaElement) return control.value !== control.defaultValue;
  if (!(control instanceof HTMLInputElement) || control.type === "hidden") return false;
  if (control.type === "checkbox") return control.checked !== control.defaultChecked;
  return control.value !== control.defaultValue;
}

const form = part(document, "#content-main form", HTMLFormElement);
// What the server marked after a refusal is not saved either.
const refused = new Set(form.querySelectorAll("[data-unsaved]"));

function mark() {
  for (const control of form.elements) {
    control.toggleAttribute("data-unsaved", refused.has(control) || isChanged(control));
  }
}

form.addEventListener("input", mark);
form.addEventListener("change", mark);
// What is chosen by typing a name is told to jQuery alone; it shows in the page, though.
new MutationObserver(mark).observe(form, { childList: true, subtree: true });
addEventListener("pageshow", (event) => {
  mark();
  if (event.persisted && !form.querySelector("[data-unsaved]")) location.reload();
});
