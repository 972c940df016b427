/** What a page knows of the log: how far it has come, and whether the page shows the current world.
 *
 * A page has the states of its Stream, and two more. While it loads its data afresh after a reset
 * it is "reconnecting" with the reason "reloading". It is "stale" when no script of the page
 * answered the reset. */
import { ServerClock } from "./clock.js";
import { backOff, world } from "./world.js";

const RELOAD_LIMIT = 30_000;

/**
 * A reset that the page has not yet answered with fresh data.
 *
 * @typedef {object} Reload
 * @property {string} [reason]
 * @property {number} since
 * @property {Live.Frame[]} held events that wait until the data is there
 * @property {number} attempt
 * @property {boolean} waiting for the stream, before the next attempt
 */

export class PageState {
  /**
   * @param {object} page
   * @param {number | null} page.position null for a page that shows nothing of the log
   * @param {number} page.rendered when its data was read, by the clock of this computer
   * @param {ServerClock} [page.clock] is told each time that the server tells
   * @param {Live.Tell} page.tell speaks to the scripts of the page
   * @param {Live.World} [env]
   */
  constructor({ position, rendered, tell, clock = new ServerClock() }, env = world) {
    this.position = position;
    this.tell = tell;
    this.clock = clock;
    this.env = env;
    this.showsData = position !== null;
    /** @type {Live.Status} */
    this.stream = { state: "reconnecting", reason: "opening", since: env.now() };
    this.lastSign = Math.min(rendered, env.now());
    this.lastUpdate = this.byServer(this.lastSign);
    /** @type {Reload | null} */
    this.reset = null;
    /** @type {number | null} since when the page is stale */
    this.stale = null;
    /** @type {Live.Timer | null} */
    this.timer = null;
  }

  /** @returns {Live.PageStatus} */
  get status() {
    this.leaveTheFuture();
    const { lastSign, lastUpdate } = this;
    return { ...this.condition, lastSign, lastUpdate };
  }

  /** The clock of this computer may be set back. A state that began in the future would then last
   * no time at all for hours, and the page would be "reconnecting" and never "not live". */
  leaveTheFuture() {
    const now = this.env.now();
    if (this.stream.since > now) this.stream = { ...this.stream, since: now };
    if (this.reset) this.reset.since = Math.min(this.reset.since, now);
    if (this.stale) this.stale = Math.min(this.stale, now);
    this.lastSign = Math.min(this.lastSign, now);
  }

  /** @returns {Live.Status} */
  get condition() {
    if (this.stream.state !== "live") return this.stream;
    if (this.stale) return { state: "stale", reason: "reset", since: this.stale };
    if (this.reset) return { state: "reconnecting", reason: "reloading", since: this.reset.since };
    return this.stream;
  }

  /** @param {Live.News} message */
  hear(message) {
    if (message.kind === "status") this.become(message.status);
    else if (message.kind === "time") this.clock.hear(message.time);
    else if (message.frame.type === "reset") this.startOver(message.frame);
    else this.advance(message.frame, message.at);
  }

  /** @param {Live.Status} status */
  become(status) {
    this.stream = status;
    this.seen(status.lastSign ?? 0);
    this.tell("live:state", this.status);
    if (status.state === "live" && this.reset?.waiting) this.reload(this.reset);
  }

  /** Nobody tells this page anything: its worker is silent, or the page has been out of sight.
   *
   * @param {string} reason
   */
  cutOff(reason) {
    this.become({ state: "reconnecting", reason, since: this.env.now() });
  }

  /**
   * @param {Live.Frame} frame
   * @param {number} at
   */
  advance(frame, at) {
    const news = frame.id > (this.position ?? 0);
    if (news) this.position = frame.id;
    if (frame.type === "heartbeat") this.clock.hear(frame.data.at);
    if (frame.type !== "heartbeat" && news) this.pass(frame);
    this.seen(at);
  }

  /** @param {Live.Frame} frame */
  pass(frame) {
    if (this.reset) this.reset.held.push(frame);
    else this.tell("live:event", frame);
  }

  /** `lastSign` is the last moment at which this page was known to be current, so it stands still
   * while the page is not.
   *
   * @param {number} at
   */
  seen(at) {
    if (this.condition.state !== "live") return;
    this.leaveTheFuture();
    const sign = Math.min(at, this.env.now());
    if (sign < this.lastSign) return;
    this.lastSign = sign;
    this.lastUpdate = this.byServer(sign);
  }

  /** A moment of a while ago, by the server's clock.
   *
   * @param {number} moment
   */
  byServer(moment) {
    return this.clock.now() - (this.env.now() - moment);
  }

  /** @param {Live.Frame} frame a "reset" */
  startOver({ id, data: { reason } }) {
    this.position = id;
    if (!this.showsData) return;
    this.reset = { reason, since: this.env.now(), held: [], attempt: 0, waiting: false };
    this.reload(this.reset);
  }

  /** A person asked. */
  resume() {
    if (this.reset) this.reload(this.reset);
  }

  /** @param {Reload} reset */
  async reload(reset) {
    this.env.clearTimeout(this.timer);
    const attempt = (reset.attempt += 1);
    reset.waiting = false;
    reset.held = []; // What came before this attempt is in the data that it loads.
    const current = () => this.reset === reset && reset.attempt === attempt;
    const started = this.env.now();
    /** @type {Promise<unknown>[]} */
    const work = [];
    this.tell("live:reset", { reason: reset.reason, waitUntil: (promise) => work.push(promise) });
    if (work.length === 0) return this.giveUp();
    this.tell("live:state", this.status);
    try {
      const heads = await this.withinLimit(Promise.all(work));
      if (current()) this.finish(reset, heads, started);
    } catch (error) {
      if (!current()) return;
      console.warn("The page could not load its data afresh and will try again:", error);
      const wait = backOff(attempt - 1, this.env.random);
      this.timer = this.env.setTimeout(() => this.again(reset), wait);
    }
  }

  /** Without a stream the page would hardly get its data, and signed out not at all. So it waits
   * for the stream's return.
   *
   * @param {Reload} reset
   */
  again(reset) {
    if (this.stream.state === "live") this.reload(reset);
    else reset.waiting = true;
  }

  /** Data that told the position it was read at holds the events up to there already.
   *
   * @param {Reload} reset
   * @param {unknown[]} heads
   * @param {number} started
   */
  finish({ held }, heads, started) {
    const known = heads.every(isPosition) ? Math.min(...heads) : 0;
    this.reset = null;
    this.position = Math.max(this.position ?? 0, known);
    for (const frame of held) if (frame.id > known) this.pass(frame);
    this.seen(started);
    this.tell("live:state", this.status);
  }

  giveUp() {
    this.reset = null;
    this.stale ??= this.env.now();
    this.tell("live:state", this.status);
  }

  /**
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  withinLimit(promise) {
    /** @type {Live.Timer | null} */
    let timer = null;
    /** @type {Promise<never>} */
    const limit = new Promise((_, reject) => {
      const error = new Error(`not finished within ${RELOAD_LIMIT / 1000} s`);
      timer = this.env.setTimeout(() => reject(error), RELOAD_LIMIT);
    });
    return Promise.race([promise, limit]).finally(() => this.env.clearTimeout(timer));
  }
}

/**
 * @param {unknown} head
 * @returns {head is number}
 */
function isPosition(head) {
  return Number.isInteger(head);
}
