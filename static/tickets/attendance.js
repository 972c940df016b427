/** Since when nobody has seen the current state in this browser. */
const LONG = 5 * 60_000; // ms

export class Attendance {
  /**
   * @param {{read: () => number | null, write: (time: number) => void}} shared by the tabs: when
   *   one of them last showed the current state
   * @param {number} now
   */
  constructor(shared, now) {
    this.shared = shared;
    this.last = shared.read() ?? now;
  }

  /** Returns since when it was not seen, if it is seen again after a long time; else 0.
   *
   * @param {number} now by the clock that goes on while the computer sleeps
   * @param {boolean} isSeen
   */
  look(now, isSeen) {
    const since = Math.min(now, Math.max(this.last, this.shared.read() ?? 0));
    this.last = isSeen ? now : since;
    if (isSeen) this.shared.write(now);
    return isSeen && now - since > LONG ? since : 0;
  }
}
