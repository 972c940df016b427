/** Takes over from the page that answers a refused form what it says of that form. What was typed
 * meanwhile is never touched. */
import { parts } from "./elements.js";

/** Shows the errors beside their fields, and returns what else there is to say.
 *
 * @param {{form: HTMLFormElement, takeHidden: (theirs: HTMLFormElement) => void}[]} forms
 * @param {{page: string, status: number}} answer
 */
export function takeRefusal(forms, { page, status }) {
  const answer = new DOMParser().parseFromString(page, "text/html");
  for (const sent of forms) {
    clearErrors(sent.form);
    const theirs = sent.form.id ? answer.getElementById(sent.form.id) : null;
    if (!(theirs instanceof HTMLFormElement)) continue;
    sent.takeHidden(theirs);
    takeErrors(sent.form, theirs);
  }
  const isShown = takeNotices(answer) || forms.some(({ form }) => focusError(form));
  return isShown ? "" : sentenceOf(answer) || `The server could not take this (${status}).`;
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLFormElement} theirs
 */
function takeErrors(form, theirs) {
  for (const errors of theirs.querySelectorAll(".errorlist")) {
    let before = errors.previousElementSibling;
    while (before?.matches("[type=hidden]")) before = before.previousElementSibling;
    const control = before?.id ? form.querySelector(`#${CSS.escape(before.id)}`) : null;
    const list = document.importNode(errors, true);
    if (control) control.after(list);
    else form.prepend(list);
    control?.setAttribute("aria-invalid", "true");
    if (control && list.id) control.setAttribute("aria-describedby", list.id);
  }
}

/** @param {HTMLFormElement} form */
function clearErrors(form) {
  for (const errors of form.querySelectorAll(".errorlist")) errors.remove();
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
  }
}

/** @param {HTMLFormElement} form */
function focusError(form) {
  const control = form.querySelector("[aria-invalid=true]");
  if (control instanceof HTMLElement) control.focus();
  return form.querySelector(".errorlist") !== null;
}

/** Such as who changed what meanwhile.
 *
 * @param {Document} answer
 */
function takeNotices(answer) {
  const place = document.querySelector("#refusals");
  const theirs = answer.querySelector("#refusals");
  if (!(place instanceof HTMLElement) || !theirs) return false;
  place.replaceChildren(...document.importNode(theirs, true).children);
  if (place.childElementCount === 0) return false;
  place.focus();
  place.scrollIntoView({ block: "nearest" });
  return true;
}

/** What a page says of itself: its alerts, or else its heading and first sentence.
 *
 * @param {Document} answer
 */
function sentenceOf(answer) {
  const alerts = parts(answer, "main [role=alert]:not([hidden])", HTMLElement);
  const said = alerts.length > 0 ? alerts : parts(answer, "main.alone :is(h1, p)", HTMLElement).slice(0, 2);
  return said
    .map((element) => element.textContent.trim())
    .filter(Boolean)
    .join(". ");
}
