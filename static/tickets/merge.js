/** Merges a ticket in a dialog over its page, by the forms of the page that does it without scripts. */
import { openDialog } from "./dialog.js";
import { part } from "./elements.js";
import { fetchPart } from "./page.js";
import { SentForm } from "./sent-form.js";

/** A step of it: the answer is the next one, or leads to where the conversation goes on. */
class Step extends SentForm {
  /** @type {SentForm["refused"]} */
  refused(outcome) {
    if (outcome.is !== "answered") return super.refused(outcome);
    const answer = new DOMParser().parseFromString(outcome.page, "text/html");
    if (answer.querySelector("#merge")) show(answer);
    else this.say(`The server could not take this (${outcome.status}).`);
  }
}

/** Into which. */
export async function ask() {
  const page = await fetchPart(part(document, "#merge-into", HTMLAnchorElement).href);
  openDialog({ id: "merging" }).setAttribute("aria-labelledby", "merge-title");
  show(page);
}

/** @param {Document} page */
function show(page) {
  const dialog = part(document, "#merging", HTMLDialogElement);
  const form = document.importNode(part(page, "#merge", HTMLFormElement), true);
  form.className = "";
  dialog.replaceChildren(form);
  part(form, "[data-cancel]", HTMLElement).addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  new Step(form);
  part(form, "input:not([type=hidden]), button", HTMLElement).focus();
}
