/** Tells who cannot see the list what has happened to it: a summary in the page's live region, at
 * most every ten seconds. */
const PAUSE = 10_000;
const KINDS = /** @type {const} */ (["new", "changed", "gone"]);

export class Announcer {
  /** @param {Element} region */
  constructor(region) {
    this.region = region;
    this.last = -PAUSE;
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.timer = null;
    this.counts = { new: 0, changed: 0, gone: 0 };
    /** @type {Set<number>} tickets of which it was said that they are new */
    this.known = new Set();
  }

  /** So many more of that kind.
   *
   * @param {typeof KINDS[number]} kind
   * @param {number} [number]
   */
  count(kind, number = 1) {
    if (number === 0) return;
    this.counts[kind] += number;
    const rest = Math.max(500, this.last + PAUSE - performance.now());
    this.timer ??= setTimeout(() => this.say(), rest);
  }

  /** These tickets have come; each is counted once.
   *
   * @param {number[]} ids
   */
  expect(ids) {
    this.count("new", ids.filter((id) => !this.known.has(id)).length);
    this.known = new Set(ids);
  }

  say() {
    const counted = KINDS.filter((kind) => this.counts[kind] > 0);
    this.region.textContent = counted.map((kind) => words(kind, this.counts[kind])).join(", ");
    this.counts = { new: 0, changed: 0, gone: 0 };
    this.timer = null;
    this.last = performance.now();
  }
}

/**
 * @param {typeof KINDS[number]} kind
 * @param {number} count
 */
function words(kind, count) {
  return kind === "new" ? `${count} new ${count === 1 ? "ticket" : "tickets"}` : `${count} ${kind}`;
}
