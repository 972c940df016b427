/** What is being written below a ticket: a reply, a note, or what the requester said. It is sent in
 * one step with what is chosen in the panel, and not unseen after what others have written since. */
import { part, parts } from "./elements.js";
import { isShortened } from "./folds.js";
import { KeptForm } from "./kept-form.js";

const own = () => parts(document, `[data-author="${document.body.dataset.user}"]`, HTMLElement);
/** @param {HTMLElement} item */
const idOf = (item) => Number(item.dataset.comment);
/** @param {HTMLElement} item */
const textOf = (item) => part(item, ".said-text", HTMLElement).textContent.trim();

export class Composer extends KeptForm {
  /**
   * @param {HTMLFormElement} form
   * @param {import("./panel.js").Panel} panel
   */
  constructor(form, panel) {
    super(form);
    this.panel = panel;
    this.body = part(form, "textarea", HTMLTextAreaElement);
    this.files = form.attached;
    // Pressed, not moved to with the arrow keys: then the focus is to stay.
    part(form, ".kinds", HTMLElement).addEventListener("click", ({ target }) => {
      if (!(target instanceof HTMLInputElement)) setTimeout(() => this.body.focus());
    });
  }

  get inUse() {
    return this.body.value !== "" || document.activeElement === this.body;
  }

  /** Its writer has seen the comments up to this one. What comes while they write counts only once
   * they have said so: their text was not written in its knowledge.
   *
   * @param {number} comment
   */
  saw(comment) {
    const seen = part(this.form, '[name="seen"]', HTMLInputElement);
    seen.value = String(Math.max(Number(seen.value), comment));
  }

  /** A date in the panel that is half typed must not be taken for none.
   *
   * @param {HTMLElement | null} [pressed]
   */
  async submit(pressed) {
    if (this.panel.form.reportValidity()) await super.submit(pressed);
  }

  /** @type {KeptForm["fields"]} */
  fields(pressed) {
    const fields = super.fields(pressed);
    if (this.panel.chosen.length > 0) {
      for (const [name, value] of new FormData(this.panel.form)) {
        if (!fields.has(name)) fields.append(name, value);
      }
    }
    fields.set("version", this.panel.version.value);
    return fields;
  }

  /** @returns {import("./sent-form.js").SentForm[]} */
  get together() {
    return [this, this.panel];
  }

  begin() {
    super.begin();
    this.panel.sent = JSON.stringify(this.panel.typed());
  }

  taken() {
    super.taken();
    this.panel.taken();
  }

  /** That it would be a note is no draft yet. */
  typed() {
    return this.body.value || this.files.value ? super.typed() : null;
  }

  asSent() {
    return { ...super.asSent(), sentAfter: Math.max(0, ...own().map(idOf)) };
  }

  /** The text may have arrived although the answer did not.
   *
   * @param {import("./draft.js").Kept} draft
   */
  static isSaid({ values, sentAfter }) {
    if (sentAfter === undefined) return false;
    const since = own().filter((item) => idOf(item) > sentAfter);
    const text = values.body.trim();
    return since.some((item) =>
      isShortened(item) ? text.startsWith(textOf(item)) : text === textOf(item),
    );
  }
}
