/** The list as it is, and the rows as the reader sees them. The list changes with each event. Rows
 * come, go and move only when they are released, so that nothing moves under the reader's hand. */

/** @typedef {import("./store.js").Changes} Changes */

/** What waits until the rows are released.
 *
 * @typedef {object} Waiting
 * @property {number[]} fresh tickets that have come
 * @property {number[]} left rows whose tickets have left the list
 * @property {boolean} isMoved something else: another order, or tickets of another page
 */

export class List {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./filter.js").Filter} filter
   * @param {number} size of a page
   * @param {() => number} [now]
   */
  constructor(store, filter, size, now = () => performance.now()) {
    this.store = store;
    this.filter = filter;
    this.size = size;
    this.now = now;
    this.page = 1;
    this.pages = 1;
    /** @type {number[]} the rows, from above */
    this.shown = [];
    /** @type {Set<number>} the tickets that the list has on this page, and perhaps some more */
    this.members = new Set();
    /** @type {Map<number, number>} rows whose tickets have left the list, and when they did */
    this.left = new Map();
    /** @type {Set<number>} rows whose tickets the list now has on another page */
    this.elsewhere = new Set();
    store.isShown = (id) => this.members.has(id) || this.shown.includes(id);
  }

  /** Follows what the store tells. True if the list has to be read afresh to know more.
   *
   * @param {Changes} changes
   */
  change(changes) {
    const end = this.sorted().slice(0, this.size).at(-1);
    let isUnsure = false;
    for (const [id, what] of changes) {
      const stood = this.members.has(id);
      this.place(id, end);
      isUnsure ||= this.filter.looksAt(what) && this.cannotTell(id, what, stood);
    }
    if (this.members.size > 4 * this.size) this.trim();
    this.mark();
    return isUnsure;
  }

  /** What stands behind the last ticket of the page may stand on a later page.
   *
   * @param {number} id
   * @param {number | undefined} end the last ticket of the page
   */
  place(id, end) {
    const letsIn = this.filter.letsIn(this.store.get(id));
    if (letsIn === false) {
      this.members.delete(id);
      this.elsewhere.delete(id);
    } else if (letsIn && this.page === 1) {
      if (this.pages === 1 || (end && this.compare(id, end) < 0)) this.members.add(id);
    }
  }

  /** Whether only the server knows what the change does to the list.
   *
   * @param {number} id
   * @param {Set<string>} what
   * @param {boolean} stood in the list, before it changed
   */
  cannotTell(id, what, stood) {
    if (this.filter.isServers || this.page > 1) return true;
    if (this.pages === 1) return false;
    if (!stood) return what.has("comment") && this.store.get(id) === null;
    const isLast = [...this.members].every((other) => this.compare(other, id) <= 0);
    return isLast || !this.members.has(id);
  }

  /** Takes over the list as the server gives it. The store has taken its tickets already.
   *
   * @param {Desk.Listing} listing
   */
  take({ results, page, pages, head }) {
    Object.assign(this, { page, pages });
    const ids = results.map(({ id }) => id);
    /** @param {number} id */
    const isLater = (id) => this.store.positionOf(id) > head;
    for (const id of this.members) if (!ids.includes(id) && !isLater(id)) this.members.delete(id);
    for (const id of ids) {
      if (!isLater(id) || this.filter.letsIn(this.store.get(id)) !== false) this.members.add(id);
    }
    const [first, last] = [ids.at(0), ids.at(-1)];
    this.elsewhere = new Set(
      this.shown.filter((id) => {
        if (this.members.has(id) || this.filter.letsIn(this.store.get(id)) === false) return false;
        if (first === undefined || last === undefined) return false;
        const isEarlier = page > 1 && this.compare(id, first) < 0;
        return isEarlier || (page < pages && this.compare(id, last) > 0);
      }),
    );
    this.mark();
  }

  mark() {
    for (const id of this.shown) {
      if (this.members.has(id) || this.elsewhere.has(id)) this.left.delete(id);
      else if (!this.left.has(id)) this.left.set(id, this.now());
    }
  }

  /** @returns {Waiting} */
  get waiting() {
    const page = this.sorted().slice(0, this.size);
    const arrived = page.filter((id) => !this.shown.includes(id));
    const last = this.shown.at(-1);
    // Tickets that move up from the next page are none that have come.
    const isFresh = (/** @type {number} */ id) => this.pages === 1 || last === undefined || this.compare(id, last) < 0;
    const fresh = this.page === 1 ? arrived.filter(isFresh) : [];
    const stay = this.shown.filter((id) => this.members.has(id));
    const isMoved =
      fresh.length < arrived.length ||
      this.elsewhere.size > 0 ||
      stay.some((id, index) => index > 0 && this.compare(stay[index - 1], id) > 0);
    return { fresh, left: [...this.left.keys()], isMoved };
  }

  /** The rows become the list; rows that left it less than `stay` ms ago still stand.
   *
   * @param {number} [stay]
   */
  release(stay = 0) {
    const before = this.shown;
    const rows = this.sorted().slice(0, this.size);
    const isRow = (/** @type {number} */ id) => rows.includes(id);
    this.members = new Set(rows);
    for (const [index, id] of before.entries()) {
      const since = this.left.get(id);
      if (since === undefined) continue;
      if (this.now() - since >= stay) this.left.delete(id);
      else rows.splice(rows.indexOf(before.slice(0, index).findLast(isRow) ?? 0) + 1, 0, id);
    }
    this.elsewhere.clear();
    this.shown = rows;
  }

  sorted() {
    return [...this.members].sort((id, other) => this.compare(id, other));
  }

  /** Of so many that have come only the first are shown, so the others need not be known. */
  trim() {
    const kept = this.sorted().slice(0, this.size);
    this.members = new Set([...kept, ...this.shown.filter((id) => this.members.has(id))]);
  }

  /** A ticket that has left the reader's sight is not compared any more, but for its number.
   *
   * @param {number} id
   * @param {number} other
   */
  compare(id, other) {
    const [first, second] = [this.store.get(id), this.store.get(other)];
    return first && second ? this.filter.compare(first, second) : other - id;
  }
}
