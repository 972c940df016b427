/** A list of what can be chosen while one types: canned replies in the box of a ticket, tags in their
 * field. The focus stays in the field, which names the entry that Enter or Tab would take. */
import { make, part, setText } from "./elements.js";
import { listWord, matching, moved, slashWord } from "./choosing.js";
import { fetchData } from "./page.js";

/** @typedef {import("./choosing.js").Offer} Offer */
/** @typedef {HTMLInputElement | HTMLTextAreaElement} Field */

const HINT = 100; // characters
/** @type {WeakSet<Field>} */
const followed = new WeakSet();
let lists = 0;

/** From now on the field offers what it has to offer.
 *
 * @param {HTMLElement} field
 */
export function offer(field) {
  const takesText = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
  if (!takesText || followed.has(field)) return;
  followed.add(field);
  const list = field instanceof HTMLInputElement ? new Tags(field) : new Replies(field);
  if (field.value) list.follow();
}

class Offered {
  label = "";
  isEager = false; // An entry is taken by Enter without being gone to.
  isWriting = false;
  /** @type {Promise<Offer[]> | undefined} */
  loaded;

  /** @param {Field} field */
  constructor(field) {
    this.field = field;
    /** @type {Offer[]} those in the list; none while it is closed */
    this.found = [];
    this.active = -1;
    this.dismissed = -1; // where the word begins of which the reader wants no list
    const id = `offered-${(lists += 1)}`;
    this.list = make("div", { id, className: "popover offered", role: "listbox" });
    field.after(this.list);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.list.id);
    field.setAttribute("aria-haspopup", "listbox");
    field.addEventListener("input", () => this.follow());
    field.addEventListener("keydown", (event) => this.press(/** @type {KeyboardEvent} */ (event)));
    field.addEventListener("blur", () => this.close());
    this.open(false);
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // The focus stays.
    this.list.addEventListener("click", ({ target }) => {
      const option = target instanceof Element && target.closest("[role=option]");
      if (option) this.take(this.found[[...this.list.children].indexOf(option)]);
    });
  }

  /** What is being typed. @returns {import("./choosing.js").Word | null} */
  get word() {
    return null;
  }

  /** @returns {Promise<Offer[]>} */
  load() {
    this.loaded ??= fetchData(this.field.dataset.offers ?? "").then((answer) =>
      (answer?.results ?? []).map(this.asOffer),
    );
    this.loaded.catch(() => (this.loaded = undefined));
    return this.loaded;
  }

  /** What the server gives of each. @param {any} offered @returns {Offer} */
  asOffer(offered) {
    return offered;
  }

  /** @param {Offer} offer @returns {Promise<string>} */
  async textOf(offer) {
    return offer.text ?? "";
  }

  async follow() {
    const { word } = this;
    if (this.isWriting) return;
    if (word?.start !== this.dismissed) this.dismissed = -1;
    if (!word || this.dismissed >= 0) return this.close();
    let offers;
    try {
      offers = await this.load();
    } catch (error) {
      console.warn("What is offered here could not be loaded:", error);
      return this.close();
    }
    const now = this.word; // More was typed meanwhile.
    if (!now || now.start !== word.start || document.activeElement !== this.field) return;
    this.show(this.offering(offers, now.query));
  }

  /**
   * @param {Offer[]} offers
   * @param {string} query
   */
  offering(offers, query) {
    return matching(offers, query);
  }

  /** @param {Offer[]} found */
  show(found) {
    if (found.length === 0) return this.close();
    this.found = found;
    this.list.setAttribute("aria-label", this.label);
    this.list.replaceChildren(...found.map((offer, index) => this.optionOf(offer, index)));
    this.open(true);
    this.goTo(this.isEager ? 0 : -1);
    const count = `${found.length} ${found.length === 1 ? "entry" : "entries"}`;
    setText(part(document, "#announcer", HTMLElement), `${this.label}: ${count}`);
  }

  /**
   * @param {Offer} offer
   * @param {number} index
   */
  optionOf({ name, hint }, index) {
    const dim = make("span", { className: "dim" }, hint);
    const id = `${this.list.id}-${index}`;
    return make("div", { id, role: "option", dir: "auto" }, make("strong", {}, name), " ", dim);
  }

  /** @param {boolean} isOpen */
  open(isOpen) {
    this.list.hidden = !isOpen;
    if (this.field instanceof HTMLInputElement) {
      this.field.setAttribute("role", "combobox"); // which a box of many lines cannot be
      this.field.setAttribute("aria-expanded", String(isOpen));
    }
  }

  close() {
    this.found = [];
    this.active = -1;
    this.field.removeAttribute("aria-activedescendant");
    this.list.replaceChildren();
    this.open(false);
  }

  /** @param {number} active */
  goTo(active) {
    this.active = active;
    [...this.list.children].forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === active));
      if (index === active) option.scrollIntoView({ block: "nearest" });
    });
    if (active < 0) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `${this.list.id}-${active}`);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { key, isComposing, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (isComposing || ctrlKey || metaKey || altKey) return;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    if (this.found.length === 0) {
      if (step && this.field instanceof HTMLInputElement) this.follow();
      return;
    }
    if (step) this.goTo(moved(this.active, step, this.found.length));
    else if (key === "Escape") this.dismiss();
    else if ((key === "Enter" || (key === "Tab" && !shiftKey)) && this.active >= 0) {
      this.take(this.found[this.active]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  dismiss() {
    this.dismissed = this.word?.start ?? -1;
    this.close();
  }

  /** It is written as if it were typed, so that the browser's own undo takes it back.
   *
   * @param {Offer} offer
   */
  async take(offer) {
    const { word, field } = this;
    this.close();
    if (!word) return;
    const typed = field.value;
    let text;
    try {
      text = await this.textOf(offer);
    } catch (error) {
      console.warn("The text could not be loaded:", error);
      return setText(part(document, "#announcer", HTMLElement), `${offer.name} could not be loaded.`);
    }
    if (field.value !== typed || field.readOnly) return; // More was typed meanwhile.
    this.dismissed = word.start;
    this.isWriting = true;
    field.focus();
    field.setSelectionRange(word.start, word.end);
    if (!document.execCommand("insertText", false, text)) {
      field.setRangeText(text, word.start, word.end, "end");
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    this.isWriting = false;
  }
}

class Replies extends Offered {
  label = "Canned replies";
  isEager = true;
  start = -1; // of the word for which they were loaded

  get word() {
    return slashWord(this.field.value, this.field.selectionEnd ?? 0);
  }

  /** Anew for each slash: what they say on the ticket may have changed. */
  load() {
    const { word } = this;
    if (word && this.start !== word.start) this.loaded = undefined;
    this.start = word?.start ?? -1;
    return super.load();
  }

  /** @param {{id: number, name: string, text: string | null}} reply */
  asOffer({ id, name, text }) {
    const hint = (text ?? "").slice(0, HINT).replace(/\s+/g, " ");
    return { id, name, hint, text };
  }

  close() {
    super.close();
    if (!this.word) this.start = -1;
  }

  /** @type {Offered["textOf"]} */
  async textOf({ id, text }) {
    if (text !== null) return text;
    const url = new URL(this.field.dataset.offers ?? "", location.href);
    url.pathname += `${id}/`;
    const answer = await fetchData(url.href);
    if (!answer) throw new Error("There is no session any more");
    return answer.text;
  }
}

class Tags extends Offered {
  label = "Tags in use";

  get word() {
    return listWord(this.field.value, this.field.selectionEnd ?? 0);
  }

  /** @param {string} tag */
  asOffer(tag) {
    return { name: tag, hint: "", text: tag };
  }

  /** Without those that the ticket has.
   *
   * @param {Offer[]} offers
   * @param {string} query
   */
  offering(offers, query) {
    const has = this.field.value.split(",").map((tag) => tag.trim().toLowerCase());
    return matching(offers.filter(({ name }) => !has.includes(name)), query);
  }
}
