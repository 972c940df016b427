/** The form beside the ticket: follows what others change, but never under the reader's hand. */
import { flash } from "./flash.js";

export class Panel {
  constructor(form) {
    Object.assign(this, { form, latest: null });
    form.addEventListener("focusout", () => setTimeout(() => this.settle()));
    form.addEventListener("change", () => this.settle());
  }

  get controls() {
    return [...this.form.querySelectorAll("select")];
  }

  initialOf(control) {
    return this.form.elements[`initial-${control.name}`];
  }

  isDirty(control) {
    return control.value !== this.initialOf(control).value;
  }

  get inUse() {
    return this.controls.some((one) => one === document.activeElement || this.isDirty(one));
  }

  /** The ticket is this by now. */
  follow(ticket) {
    this.latest = ticket;
    for (const control of this.controls) {
      if (control !== document.activeElement && !this.isDirty(control)) this.set(control, ticket);
    }
    this.settle();
  }

  /** The version says what this person has seen: an unsaved choice keeps the old one, so that the
   * server shows what changed before it saves. */
  settle() {
    if (!this.latest || this.inUse) return;
    for (const control of this.controls) this.set(control, this.latest);
    this.form.elements.version.value = this.latest.version;
  }

  set(control, ticket) {
    const value = ticket[control.name];
    const id = String(value?.id ?? value ?? "");
    if (control.value === id && this.initialOf(control).value === id) return;
    if (![...control.options].some((option) => option.value === id)) {
      control.add(new Option(value?.name ?? id, id)); // joined after the page was made
    }
    control.value = id;
    this.initialOf(control).value = id;
    flash(control);
  }

  /** Names may have changed, people and queues come: from a fetched page, unless it is in use. */
  take(page) {
    if (this.inUse) return;
    const theirs = document.importNode(page.getElementById(this.form.id), true);
    this.form.replaceChildren(...theirs.childNodes);
    this.latest = null;
  }

  close() {
    for (const element of this.form.elements) element.disabled = true;
  }
}
