/** The form beside the ticket follows what others change, but not while this person is using it. A
 * control shows what the ticket has, or is marked as this person's own choice. */
import { part, parts, setText } from "./elements.js";
import { controlsOf, offers } from "./fields.js";
import { flash } from "./flash.js";
import { KeptForm } from "./kept-form.js";

// No ticket gets to this version. The server shows whoever sends it how the ticket is, before it
// saves.
const NEVER = "2147483647";

/** The name of a choice beside its value, for one that has come after the page was made.
 *
 * @typedef {{value: string, name: string}} Choice
 */

export class Panel extends KeptForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    super(form);
    this.latest = seenIn(form);
    form.addEventListener("focusout", () => setTimeout(() => this.settle()));
    form.addEventListener("change", () => this.settle());
  }

  get controls() {
    return controlsOf(this.form);
  }

  get version() {
    return versionIn(this.form);
  }

  /** @param {import("./fields.js").Control} control */
  initialOf(control) {
    return part(this.form, `[name="initial-${control.name}"]`, HTMLInputElement);
  }

  /** @param {import("./fields.js").Control} control */
  isDirty(control) {
    return control.value !== this.initialOf(control).value;
  }

  get inUse() {
    return (
      this.isUnderWay ||
      this.controls.some((control) => control === document.activeElement || this.isDirty(control))
    );
  }

  typed() {
    if (this.chosen.length === 0) return null;
    const choices = this.chosen.map((control) => [control.name, control.value]);
    return { ...Object.fromEntries(choices), version: this.version.value };
  }

  get chosen() {
    return this.controls.filter((control) => this.isDirty(control));
  }

  /** A draft comes back to who looks at this ticket again, but a choice in it is easily forgotten. */
  get isAtRisk() {
    return !this.isUnderWay && this.chosen.length > 0;
  }

  /** The version comes back with the choices: if the ticket has changed since they were made, the
   * server shows the change before it saves them.
   *
   * @param {Record<string, string>} values
   */
  fill({ version, ...choices }) {
    super.fill(choices);
    if (this.typed()) this.version.value = version;
  }

  showMarks() {
    for (const control of this.controls) control.toggleAttribute("data-unsaved", this.isDirty(control));
    const names = this.chosen.map(({ labels }) => labels?.[0].textContent.toLowerCase());
    const also = names.length > 0 ? `It saves your choices too: ${names.join(", ")}.` : "";
    setText(part(document, "[data-also]", HTMLElement), also);
  }

  /** @param {Event} reset */
  discard(reset) {
    reset.preventDefault(); // The browser would show what the ticket was when the page was made.
    for (const control of this.controls) control.value = this.initialOf(control).value;
    super.discard(reset);
    this.settle();
  }

  /** The ticket has become this.
   *
   * @param {Desk.Ticket} ticket
   */
  follow(ticket) {
    this.become(seenOf(ticket));
  }

  /** @param {ReturnType<typeof seenOf>} seen */
  become({ version, choices }) {
    this.latest = { version, choices: { ...this.latest.choices, ...choices } };
    for (const control of this.controls) {
      const isSaved = control.value === this.latest.choices[control.name].value;
      const isOwn = control === document.activeElement || this.isDirty(control);
      if (isSaved || !isOwn) this.set(control);
    }
    this.settle();
  }

  /** The version says what this person has seen. While a choice is unsaved the form keeps the old
   * version, so that the server shows what has changed before it saves. */
  settle() {
    if (!this.inUse) {
      for (const control of this.controls) this.set(control);
      this.version.value = this.latest.version;
    }
    this.keep();
  }

  /** @param {import("./fields.js").Control} control */
  set(control) {
    const { value, name } = this.latest.choices[control.name];
    if (control.value === value && this.initialOf(control).value === value) return;
    if (control instanceof HTMLSelectElement && !offers(control, value)) {
      control.add(new Option(name, value));
    }
    control.value = value;
    this.initialOf(control).value = value;
    flash(control);
  }

  /** Takes the form of a fetched page, for names change, and people and queues come and go. While
   * this person uses the form, it takes over only the controls that are not in use.
   *
   * @param {Document} page
   */
  take(page) {
    const theirs = part(page, `#${this.form.id}`, HTMLFormElement);
    const seen = seenIn(theirs);
    if (this.inUse) {
      if (this.isOutrun(theirs)) this.version.value = NEVER;
      return this.become(seen);
    }
    this.form.replaceChildren(...document.importNode(theirs, true).childNodes);
    this.latest = seen;
    this.showState();
  }

  /** The page that answers a conflict shows what has changed, so from here on this person has seen
   * its version. What they did not choose becomes what it is by now.
   *
   * @param {HTMLFormElement} theirs
   */
  takeHidden(theirs) {
    const untouched = this.controls.filter((control) => !this.isDirty(control));
    super.takeHidden(theirs);
    const seen = seenIn(theirs);
    if (Number(seen.version) >= Number(this.latest.version)) this.latest = seen;
    for (const control of untouched) this.set(control);
  }

  /** Whether this person has seen another state under the number of the fetched one, or of one that
   * is still to come: a restore from a backup takes versions back.
   *
   * @param {HTMLFormElement} theirs
   */
  isOutrun(theirs) {
    const [seen, is] = [this.form, theirs].map((form) => Number(versionIn(form).value));
    return seen > is || (seen === is && initialsIn(this.form) !== initialsIn(theirs));
  }
}

/** @param {HTMLFormElement} form */
const versionIn = (form) => part(form, '[name="version"]', HTMLInputElement);

/** @param {HTMLFormElement} form */
const initialsIn = (form) =>
  parts(form, '[name^="initial-"]', HTMLInputElement)
    .map(({ name, value }) => `${name}=${value}`)
    .join();

/** What a form shows of the ticket, by its hidden fields.
 *
 * @param {HTMLFormElement} form
 */
function seenIn(form) {
  /** @type {Record<string, Choice>} */
  const choices = {};
  for (const control of controlsOf(form)) {
    const { value } = part(form, `[name="initial-${control.name}"]`, HTMLInputElement);
    const options = control instanceof HTMLSelectElement ? [...control.options] : [];
    const option = options.find((option) => option.value === value);
    choices[control.name] = { value, name: option?.text ?? value };
  }
  return { version: versionIn(form).value, choices };
}

/** Without the time that it is due: only the server knows in which time zone the form shows it.
 *
 * @param {Desk.Ticket} ticket
 */
function seenOf({ version, queue, assignee, tags, ...ticket }) {
  /** @type {Record<string, Choice>} */
  const choices = {
    queue: { value: String(queue.id), name: queue.name },
    assignee: { value: String(assignee?.id ?? ""), name: assignee?.name ?? "" },
  };
  const { status, priority, subject, requester_name, requester_email } = ticket;
  const words = { status, priority, subject, requester_name, requester_email, tags: tags.join(", ") };
  for (const [name, text] of Object.entries(words)) {
    const value = text.replace(/[\r\n]/g, "");
    choices[name] = { value, name: value };
  }
  return { version: String(version), choices };
}
