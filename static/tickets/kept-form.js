/** A form that is sent by script and whose draft is kept until the server has said yes. */
import { Draft } from "./draft.js";
import { parts } from "./elements.js";
import { controlsOf, fill, isTyped, valuesOf } from "./fields.js";
import { SentForm } from "./sent-form.js";
import { freshKey } from "./token.js";

const KEPT = "Draft kept in this tab · Ctrl ↵ sends";
const RESTORED = "Draft restored: it has not been sent.";
const NOT_KEPT = "This is not kept as a draft: do not leave the page before it is sent.";

export class KeptForm extends SentForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    super(form);
    this.draft = new Draft(document.body.dataset.user ?? "", new URL(form.action).pathname);
    /** @type {{sentAs?: string, sentAfter?: number}} a sending of which the answer is not known */
    this.open = {};
    form.autocomplete = "off"; // The draft brings it back, and only to the one who wrote it.
    form.addEventListener("input", () => this.keep());
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    form.addEventListener("reset", (event) => this.discard(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.isAtRisk && !SentForm.isLeaving) event.preventDefault(); // The browser asks.
    });
  }

  /** What this person typed or chose; null if there is nothing to keep.
   *
   * @returns {Record<string, string> | null}
   */
  typed() {
    return controlsOf(this.form).some(isTyped) ? valuesOf(this.form) : null;
  }

  /** Whether leaving the page would lose it, so that its user is asked first. */
  get isAtRisk() {
    return this.isKept === false;
  }

  /** @param {Record<string, string>} values */
  fill(values) {
    fill(this.form, values);
  }

  showMarks() {
    for (const control of controlsOf(this.form)) control.toggleAttribute("data-unsaved", isTyped(control));
  }

  /** Brings back what was not sent.
   *
   * @param {(draft: import("./draft.js").Kept) => boolean} [isSaid] whether it has arrived after all
   */
  restore(isSaid = () => false) {
    const kept = this.draft.read();
    if (kept && isSaid(kept)) this.draft.drop();
    else if (this.typed()) this.keep(); // Somebody was quicker than this script.
    else if (kept) this.bringBack(kept);
    else this.tell(KEPT);
    this.showState();
  }

  /** @param {import("./draft.js").Kept} draft */
  bringBack({ values, sentAs, sentAfter }) {
    this.fill(values);
    if (!this.typed()) return this.draft.drop(); // It has become what the server shows.
    this.open = sentAs === undefined ? {} : { sentAs, sentAfter };
    if (this.key && sentAs) this.key.value = sentAs; // Sent again it is the same deed.
    this.tell(RESTORED);
  }

  keep() {
    const typed = this.typed();
    if (!typed && !this.isUnderWay) this.endDeed();
    this.isKept = typed ? this.draft.keep(typed, this.open) : this.draft.drop();
    this.showState();
    this.tell(this.isKept === false ? NOT_KEPT : KEPT);
  }

  /** What was sent without an answer is gone from the form, so what comes next is another deed. */
  endDeed() {
    if (this.open.sentAs && this.key) this.key.value = freshKey();
    this.open = {};
  }

  showState() {
    this.showMarks();
    for (const button of parts(this.form, "button[type=reset]", HTMLButtonElement)) {
      button.hidden = this.typed() === null;
    }
  }

  /** The browser empties the form by itself, after this event.
   *
   * @param {Event} reset
   */
  discard(reset) {
    if (!reset.defaultPrevented) setTimeout(() => this.keep());
  }

  /** @param {string} words */
  tell(words) {
    for (const state of parts(this.form, "[data-draft-state]", HTMLElement)) {
      if (state.textContent !== words) state.textContent = words;
    }
  }

  begin() {
    super.begin();
    this.sent = JSON.stringify(this.typed());
    this.open = this.asSent();
    this.keep();
  }

  /** What has to be known of a sending that gets no answer.
   *
   * @returns {{sentAs?: string, sentAfter?: number}}
   */
  asSent() {
    return { sentAs: this.key?.value ?? "" };
  }

  /** What was typed after it was sent is a draft still. */
  taken() {
    this.open = {};
    if (JSON.stringify(this.typed()) === this.sent) this.draft.drop();
    else this.keep();
  }

  /** @type {SentForm["refused"]} */
  refused(outcome) {
    super.refused(outcome);
    if (!isUncertain(outcome)) this.open = {}; // It was not done, so it is no deed yet.
    this.keep();
  }
}

/** A server that failed may have done it before, and one in front may not know.
 *
 * @param {Parameters<SentForm["refused"]>[0]} outcome
 */
function isUncertain(outcome) {
  return outcome.is === "unknown" || (outcome.is === "answered" && outcome.status >= 500);
}
