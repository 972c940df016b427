/** The server's time, as a page tells it. The clock of this computer may be wrong, and its owner may
 * set it at any moment. So this clock starts from the newest time that the server has told, and goes
 * on by the browser's steady clock, which nobody sets. */
export class ServerClock {
  /**
   * @param {number} [time] what the server's clock said, in milliseconds
   * @param {number} [at] when that was, by the steady clock
   * @param {() => number} [steady]
   */
  constructor(time = Date.now(), at = performance.now(), steady = () => performance.now()) {
    this.time = time;
    this.at = at;
    this.steady = steady;
  }

  now() {
    return this.time + this.steady() - this.at;
  }

  /** The server has told its time.
   *
   * A page that was frozen may read this late, and is then behind until the next heartbeat.
   *
   * @param {string | undefined} time as it stands in frames; other servers may tell none
   */
  hear(time) {
    const told = Date.parse(time ?? "");
    if (Number.isNaN(told)) return;
    this.time = told;
    this.at = this.steady();
  }
}
