/** A form that is sent by script. What is in it stays until the server has said that it took it, it
 * is sent once at a time, and its button shows that it is under way. */
import { make, part, parts } from "./elements.js";
import { send } from "./sending.js";
import { freshKey, renewToken } from "./token.js";

const UNDER_WAY = "Sending…";

export class SentForm {
  static isLeaving = false; // The next page is on its way, and nothing is lost by that.

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.isUnderWay = false;
    this.isTaken = false;
    /** @type {((messages: Desk.Message[]) => void) | null} where the page stays once it is taken */
    this.said = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.isUnderWay) this.submit(event.submitter);
    });
    // The browser may show again the page as it was left, with a form that is done with.
    window.addEventListener("pageshow", ({ persisted }) => {
      if (persisted && this.isTaken) location.reload();
    });
  }

  /** @param {HTMLElement | null} [pressed] the button; none where a key sent it */
  async submit(pressed) {
    renewToken(this.form);
    if (this.key && !this.key.value) this.key.value = freshKey();
    const body = this.fields(pressed);
    const button = pressed ?? part(this.form, "button", HTMLButtonElement);
    this.begin();
    this.showUnderWay(true, button);
    const outcome = await send({
      action: this.form.action,
      body,
      user: document.body.dataset.user ?? "",
      login: new URL(loginUrl(), location.href).pathname,
      stays: this.said !== null,
    });
    if (outcome.is === "taken") {
      this.isTaken = true; // It stays under way until the next page is there.
      this.taken();
      if (!this.said || !outcome.said) return leadTo(outcome.url);
      this.isTaken = false; // The next page is this one.
      this.showUnderWay(false, button);
      return this.said(outcome.said);
    }
    this.showUnderWay(false, button);
    this.refused(outcome);
  }

  /** What is sent.
   *
   * @param {HTMLElement | null} [pressed]
   */
  fields(pressed) {
    return new FormData(this.form, pressed);
  }

  /** The field that makes two sendings one deed. A row that the script made has none in it yet. */
  get key() {
    const [field] = parts(this.form, '[name="idempotency_key"]', HTMLInputElement);
    return field;
  }

  /** It is about to be sent. */
  begin() {
    this.say("");
  }

  /** The server has said yes. */
  taken() {}

  /** @param {Exclude<import("./sending.js").Read, {is: "taken"}>} outcome */
  refused(outcome) {
    if (outcome.is === "answered") return this.say(outcome.takeRefusal(this.together, outcome));
    this.say(outcome.sentence, outcome.is === "signed-out" ? logInElsewhere() : "");
  }

  /** The forms that are sent together with it. @returns {SentForm[]} */
  get together() {
    return [this];
  }

  /** Takes tokens and keys from the same form on the page that answers.
   *
   * @param {HTMLFormElement} theirs
   */
  takeHidden(theirs) {
    for (const { name, value } of parts(theirs, "input[type=hidden]", HTMLInputElement)) {
      const field = this.form.elements.namedItem(name);
      if (field instanceof HTMLInputElement) field.value = value;
    }
  }

  /**
   * @param {boolean} isUnderWay
   * @param {HTMLElement} pressed
   */
  showUnderWay(isUnderWay, pressed) {
    this.isUnderWay = isUnderWay;
    this.form.setAttribute("aria-busy", String(isUnderWay));
    for (const button of [pressed, ...parts(this.form, "button:not([type=reset])", HTMLElement)]) {
      button.setAttribute("aria-disabled", String(isUnderWay)); // "disabled" would lose the focus
    }
    pressed.setAttribute("aria-busy", String(isUnderWay));
    if (isUnderWay) this.label = [...pressed.childNodes];
    pressed.replaceChildren(...(isUnderWay ? [UNDER_WAY] : (this.label ?? [])));
    part(document, "#announcer", HTMLElement).textContent = isUnderWay ? UNDER_WAY : "";
  }

  /** Tells it beside the form, or at the top of the page where a form has no place for it.
   *
   * @param {...(string | Node)} words
   */
  say(...words) {
    const place = this.form.querySelector("[data-says]") ?? part(document, "#says", HTMLElement);
    const line = make("div", { role: "alert" }, ...words);
    place.replaceChildren(...(line.textContent ? [line] : []));
    if (line.textContent) place.scrollIntoView({ block: "nearest" });
  }
}

function loginUrl() {
  return part(document, "#live", HTMLElement).dataset.login ?? "";
}

function logInElsewhere() {
  const url = new URL(loginUrl(), location.href);
  url.searchParams.set("next", location.pathname);
  const words = "Log in in another tab, then send it again here";
  const link = make("a", { href: url.href, target: "_blank", rel: "noopener" }, words);
  return make("span", {}, " ", link, ".");
}

/** Goes on as the browser would have. The address of this very page has to be loaded by force.
 *
 * @param {string} url
 */
function leadTo(url) {
  SentForm.isLeaving = true;
  const target = new URL(url, location.href);
  if (target.pathname !== location.pathname || target.search !== location.search) {
    return location.assign(target.href);
  }
  history.pushState(null, "", target.href);
  location.reload();
}
