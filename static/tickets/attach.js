/** Uploads files beside what is being written, one after the other, and shows each with how far it is
 * and a button that removes it. They wait on the server until the text is sent that takes them along.
 * The form names them in a control, which is part of its draft, so a text that is refused and a page
 * that is loaded again keep them. */
import { dim, inWords, isolated } from "./attached.js";
import { make, part, parts } from "./elements.js";
import { ownHeaders } from "./token.js";

const NO_CONNECTION = "there is no connection to the server.";
const ON_ITS_WAY = "A file is still on its way: send again once it is there.";
/** @type {Promise<unknown>} */
let last = Promise.resolve(); // the upload that the next one waits for

/**
 * @param {HTMLFormElement} form that takes the files along
 * @param {File[]} files
 */
export function attach(form, files) {
  const list = listOf(form);
  const [largest, most] = [Number(list.dataset.largest), Number(list.dataset.most)];
  const kept = keptBy(form);
  const isNew = list.querySelector("[aria-label]") === null; // The page has just been loaded.
  if (isNew) for (const one of kept) new Chip(form, one.name, one.size).keep(one);
  let size = kept.reduce((sum, one) => sum + one.size, 0);
  for (const file of files) {
    size += file.size;
    const chip = new Chip(form, file.name, file.size);
    if (list.childElementCount <= most && size <= largest) chip.upload(file);
    else chip.say(`Not added: up to ${most} files, of ${inWords(largest)} together, go with one text.`);
    if (list.childElementCount > most) break;
  }
  chooserOf(form).value = "";
}

/** @param {HTMLFormElement} form */
const listOf = (form) => part(form, "[data-files]", HTMLUListElement);
/** @param {HTMLFormElement} form */
const chooserOf = (form) => part(form, "[type=file]", HTMLInputElement);
/** @param {HTMLFormElement} form */
const controlOf = (form) => part(form, "[name=attached]", HTMLInputElement);

/** What was uploaded and not sent.
 *
 * @param {HTMLFormElement} form
 * @returns {Desk.Kept[]}
 */
const keptBy = (form) => JSON.parse(controlOf(form).value || "[]");

/**
 * @param {HTMLFormElement} form
 * @param {Desk.Kept[]} kept
 */
function setKept(form, kept) {
  const control = controlOf(form);
  control.value = kept.length > 0 ? JSON.stringify(kept) : "";
  control.dispatchEvent(new Event("input", { bubbles: true })); // The draft is kept.
}

/** Nothing is sent, and the page is not left unasked, while a file is on its way.
 *
 * @param {HTMLFormElement} form
 */
function watch(form) {
  const isUnderWay = form.querySelector("progress") !== null;
  chooserOf(form).setCustomValidity(isUnderWay ? ON_ITS_WAY : "");
  if (isUnderWay) window.addEventListener("beforeunload", ask);
  else window.removeEventListener("beforeunload", ask);
}

/** @param {Event} event */
const ask = (event) => event.preventDefault();

/**
 * @param {string} textContent
 * @param {() => void} onclick
 */
const button = (textContent, onclick) =>
  make("button", { type: "button", className: "link", textContent, onclick });

class Chip {
  /**
   * @param {HTMLFormElement} form
   * @param {string} name
   * @param {number} size
   */
  constructor(form, name, size) {
    this.form = form;
    this.name = name;
    this.id = 0; // until it is uploaded
    this.request = new XMLHttpRequest();
    this.state = dim(inWords(size));
    const remove = button("Remove", () => this.takeAway());
    remove.ariaLabel = `Remove ${name}`;
    this.item = make("li", {}, isolated(name), " ", this.state, " ", remove);
    listOf(form).append(this.item);
  }

  /** @param {File} file */
  upload(file) {
    const progress = make("progress", { ariaLabel: `Uploading ${this.name}` });
    this.state.replaceChildren(progress);
    this.state.removeAttribute("role");
    watch(this.form);
    last = last.then(() => this.send(file, progress));
  }

  /**
   * @param {File} file
   * @param {HTMLProgressElement} progress
   */
  async send(file, progress) {
    if (!this.item.isConnected) return; // It was removed while it waited.
    const { form, request } = this;
    const body = new FormData();
    body.append("files", file);
    request.open("POST", listOf(form).dataset.upload ?? "");
    for (const [name, value] of Object.entries(ownHeaders())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      Object.assign(progress, { max: total, value: loaded });
    });
    const ended = new Promise((resolve) => request.addEventListener("loadend", resolve));
    request.send(body);
    await ended;
    if (!this.item.isConnected) return;
    if (request.status === 201) this.arrived(request.response[0]);
    else this.failed(file);
    watch(form);
  }

  /** @param {Desk.Kept} kept */
  arrived({ id, name, size }) {
    this.keep({ id, name, size });
    setKept(this.form, [...keptBy(this.form), { id, name, size }]);
    part(document, "#announcer", HTMLElement).textContent = `${name} is attached.`;
  }

  /** @param {Desk.Kept} kept */
  keep({ id, size }) {
    this.id = id;
    this.state.textContent = inWords(size);
  }

  /** @param {File} file */
  failed(file) {
    const { status, response } = this.request;
    const refused = status ? `the server refused it (${status}).` : NO_CONNECTION;
    const again = button("Try again", () => {
      chooserOf(this.form).focus(); // The button goes.
      this.upload(file);
    });
    this.say(`Not uploaded: ${response?.error ?? refused} `, again);
  }

  /** @param {...(string | Node)} words */
  say(...words) {
    this.state.replaceChildren(...words);
    this.state.setAttribute("role", "alert");
  }

  takeAway() {
    const { form, id, item } = this;
    const buttons = parts(listOf(form), "button", HTMLButtonElement);
    const next = buttons.filter((button) => !item.contains(button)).at(-1);
    item.remove();
    (next ?? chooserOf(form)).focus();
    this.request.abort();
    watch(form);
    if (!id) return;
    setKept(form, keptBy(form).filter((kept) => kept.id !== id));
    const url = `${listOf(form).dataset.upload}${id}/`;
    // Where that fails, the server removes by itself what was not sent within a day.
    fetch(url, { method: "DELETE", headers: ownHeaders() }).catch(console.warn);
  }
}
