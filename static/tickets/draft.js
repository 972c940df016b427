/** Keeps in this tab what was typed into a form, until the server has said that it took it.
 *
 * The key names the user and the form, so that whoever signs in next never meets it. A tab keeps
 * only so many drafts, and none without bounds. */
const PREFIX = "draft-";
const MOST = 20;
const LONGEST = 200_000;

/**
 * @typedef {object} Kept
 * @property {Record<string, string>} values by the names of the controls
 * @property {number} at when it was typed
 * @property {string} [sentAs] the key of a sending of which the server's answer is not known
 * @property {number} [sentAfter] the newest comment on the page when it was sent
 */

/** Where drafts are kept; a browser may forbid it.
 *
 * @returns {Storage | undefined}
 */
function tabStorage() {
  try {
    return sessionStorage;
  } catch (error) {
    console.warn("This browser lets the page keep no drafts:", error);
    return undefined;
  }
}

export class Draft {
  /**
   * @param {string} user
   * @param {string} form its address, which names the ticket too
   * @param {Storage} [storage]
   */
  constructor(user, form, storage = tabStorage()) {
    this.key = `${PREFIX}${user}-${form}`;
    this.storage = storage;
  }

  /** @returns {Kept | null} */
  read() {
    return this.storage ? readFrom(this.storage, this.key) : null;
  }

  /** False if there is no room for it.
   *
   * @param {Record<string, string>} values
   * @param {{sentAs?: string, sentAfter?: number}} [sending]
   */
  keep(values, sending = {}) {
    const text = JSON.stringify({ values, at: Date.now(), ...sending });
    try {
      if (!this.storage || text.length > LONGEST) throw new RangeError("There is no room for it");
      this.storage.setItem(this.key, text);
      this.makeRoom(this.storage);
      return true;
    } catch (error) {
      console.warn("The draft could not be kept:", error);
      this.drop(); // An old draft must not come back as if it were this one.
      return false;
    }
  }

  drop() {
    this.storage?.removeItem(this.key);
  }

  /** The oldest drafts give way.
   *
   * @param {Storage} storage
   */
  makeRoom(storage) {
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
    const drafts = keys
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => ({ key, at: readFrom(storage, key)?.at ?? 0 }))
      .sort((a, b) => b.at - a.at);
    for (const { key } of drafts.slice(MOST)) storage.removeItem(key);
  }
}

/**
 * @param {Storage} storage
 * @param {string} key
 * @returns {Kept | null}
 */
function readFrom(storage, key) {
  try {
    const kept = JSON.parse(storage.getItem(key) ?? "null");
    return kept?.values instanceof Object ? kept : null;
  } catch (error) {
    console.warn("The draft could not be read:", error);
    return null;
  }
}
