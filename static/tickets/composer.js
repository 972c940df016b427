/** What is being written below a ticket: a reply, a note, or what the requester said. It is sent in
 * one step with what is chosen in the panel, and not unseen after what others have written since. */
import { part, parts } from "./elements.js";
import { valuesOf } from "./fields.js";
import { isShortened } from "./folds.js";
import { KeptForm } from "./kept-form.js";
import { filesIn } from "./offered.js";

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
    /** @type {Desk.Kept[]} files that were uploaded and go with the text */
    this.attached = [];
    this.body = part(form, "textarea", HTMLTextAreaElement);
    // Pressed, not moved to with the arrow keys: then the focus is to stay.
    part(form, ".kinds", HTMLElement).addEventListener("click", ({ target }) => {
      if (!(target instanceof HTMLInputElement)) setTimeout(() => this.body.focus());
    });
    const attach = (/** @type {Event} */ event) => this.attach(filesIn(event));
    for (const name of ["change", "paste"]) form.addEventListener(name, attach);
    for (const name of ["dragover", "drop"]) document.addEventListener(name, attach);
  }

  get inUse() {
    return this.typed() !== null || document.activeElement === this.body;
  }

  /** Uploads files at once, by a script that is loaded when there is one.
   *
   * @param {File[]} files
   */
  async attach(files) {
    if (files.length === 0) return;
    const chooser = part(this.form, "[type=file]", HTMLInputElement);
    try {
      (await import("./attach.js")).upload(this, files);
      chooser.value = "";
    } catch (error) {
      console.warn("The script that uploads files did not come:", error);
      this.say("The file was not uploaded, for there is no connection to the server: choose it again.");
    }
  }

  get isUploading() {
    return this.form.querySelector("progress") !== null;
  }

  get isAtRisk() {
    return super.isAtRisk || this.isUploading;
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
    if (this.isUploading) return this.say("A file is still on its way: send again once it is there.");
    if (this.panel.form.reportValidity()) await super.submit(pressed);
  }

  /** @type {KeptForm["fields"]} */
  fields(pressed) {
    const fields = super.fields(pressed);
    fields.delete("files"); // They were uploaded before.
    for (const { id } of this.attached) fields.append("attachments", String(id));
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
    if (this.attached.length === 0) return this.body.value ? super.typed() : null;
    return { ...valuesOf(this.form), attached: JSON.stringify(this.attached) };
  }

  /** @type {KeptForm["fill"]} */
  fill(values) {
    super.fill(values);
    this.attached = JSON.parse(values.attached ?? "[]");
    if (this.attached.length > 0) import("./attach.js").then(({ showKept }) => showKept(this), console.warn);
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
