/** One EventSource, and what EventSource lacks: it comes back after any refusal, notices silence,
 * knows whose stream it is, and says what state it is in.
 *
 * States: "live", "reconnecting" (not live, it works on it by itself), and three that wait for a
 * person: "signed-out", "replaced", "other-user". */
import { LONGEST_WAIT, backOff, world } from "./world.js";

const CLOSED = 2; // EventSource.CLOSED: refused for ever, as after any answer but 200
const PATIENCE = 2.5; // heartbeats that may be missing
const SETTLE = 200; // time for "degraded" to follow "connected", which proves nothing by itself
const SECOND_CHANCE = 2000; // one's own password change leaves no session for a moment
const PROBE_LIMIT = 10_000;

export class Stream {
  /** `deliver(frame)` gets "connected", "reset", "heartbeat" and the application's `events`;
   * `changed(status)` every change of state. `position` null starts at the head of the log. */
  constructor({ url, user, client, events, position, deliver, changed }, env = world) {
    Object.assign(this, { url, user, client, events, position, deliver, changed, env });
    this.source = null;
    this.timer = null;
    this.turn = 0;
    this.patience = PATIENCE * 15_000;
    this.tries = 0;
    this.unauthorized = false;
    this.status = { state: "reconnecting", reason: "opening", since: env.now(), lastSign: null };
  }

  open() {
    this.release();
    const source = new this.env.EventSource(this.address());
    this.source = source;
    this.heardAt = this.env.now();
    this.ticker = this.env.setInterval(() => this.watch(), 1000);
    this.listen("connected", (frame) => this.connected(frame));
    this.listen("reset", (frame) => this.reset(frame));
    this.listen("degraded", ({ data }) => this.degraded(data.reason));
    this.listen("goodbye", ({ data }) => this.goodbye(data.reason));
    for (const type of ["heartbeat", ...this.events]) {
      this.listen(type, (frame) => this.pass(frame));
    }
    source.onerror = () => {
      if (source !== this.source) return;
      if (source.readyState === CLOSED) this.refused();
      else this.lost("ended"); // left alone, EventSource would come back without back-off
    };
  }

  /** For good, and without a word. */
  close() {
    this.release();
  }

  /** A person asked: try now, whatever stopped us. */
  resume() {
    this.tries = 0;
    this.unauthorized = false;
    this.become("reconnecting", "resumed");
    this.open();
  }

  /** Somebody looks at the page again, or the network is back: no reason to wait any longer. */
  nudge() {
    const waiting = this.timer !== null && this.source === null;
    if (waiting) this.open();
    else this.watch();
  }

  get stopped() {
    return !["live", "reconnecting"].includes(this.status.state);
  }

  address() {
    const query = new URLSearchParams({ client: this.client });
    if (this.position !== null) query.set("lastEventId", this.position);
    return `${this.url}?${query}`;
  }

  listen(type, handle) {
    const source = this.source;
    source.addEventListener(type, (event) => {
      if (source !== this.source) return;
      if (type !== "connected" && this.connectedAt === null) return; // whose events are these?
      this.heardAt = this.env.now();
      const frame = readFrame(event);
      if (frame) handle(frame);
      else this.lost("garbled");
    });
  }

  connected(frame) {
    if (String(frame.data.user) !== String(this.user)) return this.stop("other-user");
    this.connectedAt = this.env.now();
    this.unauthorized = false;
    if (frame.data.heartbeat > 0) this.patience = PATIENCE * 1000 * frame.data.heartbeat;
    if (frame.id === null) return; // a reset follows: until then there is nothing to be sure of
    this.position = Math.max(this.position ?? 0, frame.id);
    this.deliver(frame);
    this.timer = this.env.setTimeout(() => this.proven(), SETTLE);
  }

  reset(frame) {
    this.position = frame.id; // also backwards: the log may have been replaced
    this.deliver(frame);
    this.proven();
  }

  /** Heartbeats may repeat a position; everything else is delivered once. */
  pass(frame) {
    const news = frame.id > this.position;
    if (news) this.position = frame.id;
    if (news || frame.type === "heartbeat") this.deliver(frame);
    this.proven();
  }

  proven() {
    this.cancelTimer();
    this.status.lastSign = this.env.now();
    if (this.status.state !== "live") this.become("live");
  }

  degraded(reason) {
    this.cancelTimer();
    this.become("reconnecting", "degraded", reason);
  }

  /** After "session-ended" the next answer decides: 401, or a stream for a session begun since. */
  goodbye(reason) {
    if (reason === "replaced") this.stop("replaced"); // else two windows would chase each other
    else this.lost(reason);
  }

  /** EventSource does not tell the status it was refused with, so ask again. With `heartbeat` the
   * question counts as diagnosis and displaces nobody's stream, should it be answered with 200. */
  async refused() {
    const turn = this.release();
    this.become("reconnecting", "refused");
    const status = await this.probe();
    if (turn !== this.turn) return; // somebody else has taken it from here
    if (status !== 401) return this.lost("refused");
    if (this.unauthorized) return this.stop("signed-out");
    this.unauthorized = true;
    this.wait(SECOND_CHANCE, "refused");
  }

  async probe() {
    const abort = new AbortController();
    const limit = this.env.setTimeout(() => abort.abort(), PROBE_LIMIT);
    try {
      const headers = { Accept: "text/event-stream" };
      const options = { headers, cache: "no-store", signal: abort.signal };
      return (await this.env.fetch(`${this.url}?heartbeat=60`, options)).status;
    } catch {
      return null; // no answer is not a 401
    } finally {
      this.env.clearTimeout(limit);
      abort.abort(); // a stream that did open has told us enough
    }
  }

  /** Timers sleep with the laptop, so this compares wall clocks. */
  watch() {
    if (this.source === null) return;
    const now = this.env.now();
    if (now < this.heardAt) this.heardAt = now; // the clock was set back: measure afresh
    if (now - this.heardAt > this.patience) this.lost("silent");
  }

  lost(reason) {
    const lived = this.connectedAt === null ? 0 : this.env.now() - this.connectedAt;
    if (lived > LONGEST_WAIT) this.tries = 0; // "connected" alone is no success: it may die at once
    this.wait(backOff(this.tries++, this.env.random), reason);
  }

  wait(milliseconds, reason) {
    this.release();
    this.become("reconnecting", reason);
    this.timer = this.env.setTimeout(() => this.open(), milliseconds);
  }

  stop(state) {
    this.release();
    this.become(state);
  }

  become(state, reason = "", detail = "") {
    const since = state === this.status.state ? this.status.since : this.env.now();
    this.status = { ...this.status, state, reason, detail, since };
    this.changed(this.status);
  }

  release() {
    this.source?.close();
    this.source = null;
    this.connectedAt = null;
    this.cancelTimer();
    this.env.clearInterval(this.ticker);
    this.turn += 1;
    return this.turn;
  }

  cancelTimer() {
    this.env.clearTimeout(this.timer);
    this.timer = null;
  }
}

/** null for what is not from our server, or was mangled on the way. */
function readFrame({ type, lastEventId, data: json }) {
  try {
    const id = lastEventId === "" ? null : Number(lastEventId);
    const data = JSON.parse(json);
    return data instanceof Object && !Number.isNaN(id) ? { type, id, data } : null;
  } catch (error) {
    console.error(`The live stream brought an unreadable "${type}":`, error);
    return null;
  }
}
