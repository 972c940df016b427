/** One EventSource, with what EventSource lacks: it comes back after any refusal, notices silence,
 * knows whose stream it is, and says what state it is in.
 *
 * While it is "reconnecting" it tries by itself to become "live" again. Three states wait for a
 * person: "signed-out", "replaced" and "other-user". */
import { LONGEST_WAIT, backOff, world } from "./world.js";

const CLOSED = 2; // EventSource.CLOSED: after any answer but 200 it never opens again.
const PATIENCE = 2.5; // So many heartbeats may be missing.
const SETTLE = 200; // "connected" proves nothing by itself: "degraded" may follow within this time.
const SECOND_CHANCE = 2000; // One's own password change leaves one without a session for a moment.
const PROBE_LIMIT = 10_000;
const SETTLED_BY_SIGNING_IN = ["signed-out", "other-user"];

/**
 * @typedef {object} Ends where a stream begins, and who hears of it
 * @property {number | null} position null starts at the head of the log
 * @property {(frame: Live.Frame) => void} deliver gets "connected", "reset", "heartbeat" and the
 *   application's events
 * @property {(status: Live.Status) => void} changed gets every change of state
 * @property {(time: string) => void} [timed] gets the server's time when the stream has opened
 */

export class Stream {
  /**
   * @param {Live.Config & Ends} options
   * @param {Live.World} [env]
   */
  constructor(options, env = world) {
    const { url, user, client, events, position, deliver, changed, timed = () => {} } = options;
    this.url = url;
    this.user = user;
    this.client = client;
    this.events = events;
    this.position = position;
    this.deliver = deliver;
    this.changed = changed;
    this.timed = timed;
    this.env = env;
    /** @type {Live.Source | null} */
    this.source = null;
    /** @type {number | null} */
    this.connectedAt = null;
    this.heardAt = 0;
    /** @type {Live.Timer | null} */
    this.ticker = null;
    /** @type {Live.Timer | null} */
    this.timer = null;
    this.turn = 0;
    this.patience = PATIENCE * 15_000;
    this.tries = 0;
    this.unauthorized = false;
    /** @type {Live.Status} */
    this.status = { state: "reconnecting", reason: "opening", since: env.now(), lastSign: null };
  }

  open() {
    this.release();
    const source = new this.env.EventSource(this.address());
    this.source = source;
    this.heardAt = this.env.now();
    this.ticker = this.env.setInterval(() => this.watch(), 1000);
    this.listen(source, "connected", (frame) => this.connected(frame));
    this.listen(source, "reset", (frame) => this.reset(frame));
    this.listen(source, "degraded", ({ data }) => this.degraded(data.reason));
    this.listen(source, "goodbye", ({ data }) => this.goodbye(data.reason));
    for (const type of ["heartbeat", ...this.events]) {
      this.listen(source, type, (frame) => this.pass(frame));
    }
    source.onerror = () => {
      if (source !== this.source) return;
      if (source.readyState === CLOSED) this.refused();
      else this.lost("ended"); // By itself EventSource would come back without back-off.
    };
  }

  /** Nobody is told of it. */
  close() {
    this.release();
  }

  /** A person asked, so it tries now, whatever stopped it. */
  resume() {
    this.tries = 0;
    this.unauthorized = false;
    this.become("reconnecting", "resumed");
    this.open();
  }

  /** Somebody looks at the page again, has opened another one, or the network is back, so it waits
   * no longer. Meanwhile somebody may have signed in, so that is looked at too. Until there is an
   * answer the page goes on to say what it said. */
  nudge() {
    const waiting = this.timer !== null || SETTLED_BY_SIGNING_IN.includes(this.status.state);
    if (waiting && this.source === null) this.open();
    else this.watch();
  }

  get stopped() {
    return !["live", "reconnecting"].includes(this.status.state);
  }

  address() {
    const query = new URLSearchParams({ client: this.client });
    if (this.position !== null) query.set("lastEventId", String(this.position));
    return `${this.url}?${query}`;
  }

  /**
   * @param {Live.Source} source
   * @param {string} type
   * @param {(frame: Live.Frame) => void} handle
   */
  listen(source, type, handle) {
    source.addEventListener(type, (message) => {
      if (source !== this.source) return;
      // Before "connected" nobody knows whose events these are.
      if (type !== "connected" && this.connectedAt === null) return;
      this.heardAt = this.env.now();
      const frame = readFrame(message);
      // Without an id come "connected", "degraded" and "goodbye" only, and their handlers know it.
      if (frame) handle(/** @type {Live.Frame} */ (frame));
      else this.lost("garbled");
    });
  }

  /** @param {Live.Received} frame */
  connected(frame) {
    if (String(frame.data.user) !== String(this.user)) return this.stop("other-user");
    this.connectedAt = this.env.now();
    this.unauthorized = false;
    const { heartbeat = 0, server_time: time } = frame.data;
    if (time) this.timed(time);
    if (heartbeat > 0) this.patience = PATIENCE * 1000 * heartbeat;
    if (frame.id === null) return; // A reset follows, and only then the position is known.
    this.position = Math.max(this.position ?? 0, frame.id);
    this.deliver(frame);
    this.timer = this.env.setTimeout(() => this.proven(), SETTLE);
  }

  /** @param {Live.Frame} frame */
  reset(frame) {
    this.position = frame.id; // It may go backwards, for the log may have been replaced.
    this.deliver(frame);
    this.proven();
  }

  /** Heartbeats may repeat a position. Everything else is delivered once.
   *
   * @param {Live.Frame} frame
   */
  pass(frame) {
    const news = frame.id > (this.position ?? 0);
    if (news) this.position = frame.id;
    if (news || frame.type === "heartbeat") this.deliver(frame);
    this.proven();
  }

  proven() {
    this.cancelTimer();
    this.status.lastSign = this.env.now();
    if (this.status.state !== "live") this.become("live");
  }

  /** @param {string} [reason] */
  degraded(reason) {
    this.cancelTimer();
    this.become("reconnecting", "degraded", reason);
  }

  /** After "session-ended" the next answer decides: it is a 401, or a stream for the session that
   * the person has begun since.
   *
   * @param {string} [reason]
   */
  goodbye(reason) {
    // Two windows that both came back by themselves would replace each other for ever.
    if (reason === "replaced") this.stop("replaced");
    else this.lost(reason);
  }

  /** EventSource does not tell the status that it was refused with, so the client asks again. With
   * `heartbeat` the question counts as diagnosis: if it is answered with 200 after all, it
   * displaces nobody's stream. */
  async refused() {
    const turn = this.release();
    if (!this.stopped) this.become("reconnecting", "refused");
    const status = await this.probe();
    if (turn !== this.turn) return; // The stream was opened or closed meanwhile.
    if (status !== 401) return this.lost("refused");
    if (this.unauthorized) return this.stop("signed-out");
    this.unauthorized = true;
    this.wait(SECOND_CHANCE, "refused");
  }

  async probe() {
    const abort = new AbortController();
    const limit = this.env.setTimeout(() => abort.abort(), PROBE_LIMIT);
    try {
      const answer = await this.env.fetch(`${this.url}?heartbeat=60`, {
        headers: { Accept: "text/event-stream" },
        cache: "no-store",
        signal: abort.signal,
      });
      return answer.status;
    } catch {
      return null; // No answer is not a 401.
    } finally {
      this.env.clearTimeout(limit);
      abort.abort(); // If a stream did open, its status was all that was wanted.
    }
  }

  /** Timers sleep with the laptop, so the wall clock tells how long nothing was heard. */
  watch() {
    if (this.source === null) return;
    const now = this.env.now();
    if (now < this.heardAt) this.heardAt = now; // The clock was set back.
    if (now - this.heardAt > this.patience) this.lost("silent");
  }

  /** @param {string} [reason] */
  lost(reason) {
    const lived = this.connectedAt === null ? 0 : this.env.now() - this.connectedAt;
    // A stream that says "connected" and dies at once is no success.
    if (lived > LONGEST_WAIT) this.tries = 0;
    this.wait(backOff(this.tries++, this.env.random), reason);
  }

  /**
   * @param {number} milliseconds
   * @param {string} [reason]
   */
  wait(milliseconds, reason) {
    this.release();
    this.become("reconnecting", reason);
    this.timer = this.env.setTimeout(() => this.open(), milliseconds);
  }

  /** @param {Live.State} state */
  stop(state) {
    this.release();
    this.become(state);
  }

  /**
   * @param {Live.State} state
   * @param {string} [reason]
   * @param {string} [detail]
   */
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

/** null for a message that is not from our server, or was mangled on the way.
 *
 * @param {Live.Message} message
 * @returns {Live.Received | null}
 */
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
