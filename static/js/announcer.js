/** Tells listeners in one sentence what has changed, at most every ten seconds. */
const PAUSE = 10_000;

export class Announcer {
  constructor(region) {
    Object.assign(this, { region, counts: {}, timer: null, last: -PAUSE });
  }

  /** One more of what is "new", "changed" or "gone". */
  count(kind) {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    const rest = Math.max(500, this.last + PAUSE - performance.now());
    this.timer ??= setTimeout(() => this.say(), rest);
  }

  say() {
    const parts = ["new", "changed", "gone"].filter((kind) => this.counts[kind]);
    this.region.textContent = parts.map((kind) => `${this.counts[kind]} ${kind}`).join(", ");
    Object.assign(this, { counts: {}, timer: null, last: performance.now() });
  }
}
