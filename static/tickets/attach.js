/** Uploads files beside what is being written, one after the other, and shows each with how far it is
 * and a button that removes it. They wait on the server until the text is sent that takes them along,
 * so a text that is refused, or a page that is loaded again, keeps them. */
import { dim, inWords, isolated } from "./attached.js";
import { part, parts } from "./elements.js";
import { ownHeaders } from "./token.js";

const NO_CONNECTION = "there is no connection to the server.";
/** @type {Promise<unknown>} */
let last = Promise.resolve(); // the upload that the next one waits for

/** @param {Desk.Writing} writing what takes the files along */
export function showKept(writing) {
  for (const kept of writing.attached) new Chip(writing, kept.name, kept.size).arrived(kept);
}

/**
 * @param {Desk.Writing} writing
 * @param {File[]} files
 */
export function upload(writing, files) {
  const list = listOf(writing);
  const [largest, most] = [Number(list.dataset.largest), Number(list.dataset.most)];
  let size = writing.attached.reduce((sum, kept) => sum + kept.size, 0);
  for (const file of files) {
    size += file.size;
    if (list.children.length >= most || size > largest) {
      const limit = `up to ${most} files, of ${inWords(largest)} together, go with one text.`;
      return writing.say(isolated(file.name), ` was not added: ${limit}`);
    }
    new Chip(writing, file.name, file.size).upload(file);
  }
}

/** @param {Desk.Writing} writing */
const listOf = ({ form }) => part(form, "[data-files]", HTMLUListElement);

class Chip {
  /**
   * @param {Desk.Writing} writing
   * @param {string} name
   * @param {number} size
   */
  constructor(writing, name, size) {
    this.writing = writing;
    this.name = name;
    /** @type {Desk.Kept | null} */
    this.kept = null;
    this.request = new XMLHttpRequest();
    this.item = document.createElement("li");
    this.state = dim(inWords(size));
    this.remove = document.createElement("button");
    Object.assign(this.remove, { type: "button", className: "link", textContent: "Remove" });
    this.remove.setAttribute("aria-label", `Remove ${name}`);
    this.remove.addEventListener("click", () => this.takeAway());
    this.item.append(isolated(name), " ", this.state, " ", this.remove);
    listOf(writing).append(this.item);
  }

  /** @param {File} file */
  upload(file) {
    const progress = document.createElement("progress");
    progress.setAttribute("aria-label", `Uploading ${this.name}`);
    this.state.replaceChildren(progress);
    last = last.then(() => this.send(file, progress));
  }

  /**
   * @param {File} file
   * @param {HTMLProgressElement} progress
   */
  async send(file, progress) {
    if (!this.item.isConnected) return; // It was removed while it waited.
    const { request } = this;
    const body = new FormData();
    body.append("files", file);
    request.open("POST", listOf(this.writing).dataset.upload ?? "");
    for (const [name, value] of Object.entries(ownHeaders())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      Object.assign(progress, { max: total, value: loaded });
    });
    const ended = new Promise((resolve) => request.addEventListener("loadend", resolve));
    request.send(body);
    await ended;
    if (!this.item.isConnected) return;
    if (request.status !== 201) {
      const refused = request.status ? `the server refused it (${request.status}).` : NO_CONNECTION;
      return this.failed(file, request.response?.error ?? refused);
    }
    const [{ id, name, size }] = request.response;
    this.arrived({ id, name, size });
    this.writing.attached.push({ id, name, size });
    this.writing.keep();
    part(document, "#announcer", HTMLElement).textContent = `${name} is attached.`;
  }

  /** @param {Desk.Kept} kept */
  arrived(kept) {
    this.kept = kept;
    this.state.textContent = inWords(kept.size);
  }

  /**
   * @param {File} file
   * @param {string} sentence
   */
  failed(file, sentence) {
    const again = document.createElement("button");
    Object.assign(again, { type: "button", className: "link", textContent: "Try again" });
    again.addEventListener("click", () => {
      this.remove.focus();
      this.upload(file);
    });
    this.state.replaceChildren(`Not uploaded: ${sentence} `, again);
    this.state.setAttribute("role", "alert");
  }

  takeAway() {
    const { writing, kept, item } = this;
    const buttons = parts(listOf(writing), "button", HTMLButtonElement);
    const next = buttons.filter((button) => !item.contains(button)).at(-1);
    item.remove();
    (next ?? part(writing.form, "[type=file]", HTMLElement)).focus();
    this.request.abort();
    if (!kept) return;
    writing.attached = writing.attached.filter(({ id }) => id !== kept.id);
    writing.keep();
    const url = `${listOf(writing).dataset.upload}${kept.id}/`;
    // Where that fails, the server removes by itself what was not sent within a day.
    fetch(url, { method: "DELETE", headers: ownHeaders() }).catch(console.warn);
  }
}
