/** What a page knows of the log: how far it has come, and whether what it shows is current.
 *
 * To the states of the Stream it adds "reconnecting" with reason "reloading" while the page loads
 * its data afresh after a reset, and "stale" when nobody on the page took that upon them. */
import { backOff, world } from "./world.js";

const RELOAD_LIMIT = 30_000;

export class Reader {
  /** `position` null is a page that shows nothing of the log; `rendered` is when its data was read;
   * `tell(name, detail)` speaks to the scripts of the page. */
  constructor({ position, rendered, tell }, env = world) {
    Object.assign(this, { position, tell, env });
    this.showsData = position !== null;
    this.stream = { state: "reconnecting", reason: "opening", since: env.now() };
    this.lastSign = Math.min(rendered, env.now());
    this.reset = null; // { reason, since, held, attempt, waiting } until the page has fresh data
    this.stale = null; // since when
  }

  get status() {
    const { lastSign } = this;
    if (this.stream.state !== "live") return { ...this.stream, lastSign };
    if (this.stale) return { state: "stale", reason: "reset", since: this.stale, lastSign };
    if (this.reset) {
      return { state: "reconnecting", reason: "reloading", since: this.reset.since, lastSign };
    }
    return { ...this.stream, lastSign };
  }

  hear({ kind, frame, at, status }) {
    if (kind === "status") this.become(status);
    else if (frame.type === "reset") this.startOver(frame);
    else this.advance(frame, at);
  }

  become(status) {
    this.stream = status;
    this.seen(status.lastSign);
    this.tell("live:state", this.status);
    if (status.state === "live" && this.reset?.waiting) this.reload();
  }

  /** Nobody tells this page anything: its worker is silent, or it has been out of sight. */
  cutOff(reason) {
    this.become({ state: "reconnecting", reason, since: this.env.now() });
  }

  advance(frame, at) {
    const news = frame.id > this.position;
    if (news) this.position = frame.id;
    if (frame.type !== "heartbeat" && news) this.pass(frame);
    this.seen(at);
  }

  pass(frame) {
    if (this.reset) this.reset.held.push(frame);
    else this.tell("live:event", frame);
  }

  /** The last moment this page was known to be current; it stands still while it is not. */
  seen(at) {
    if (this.status.state !== "live") return;
    // Never in the future: clocks are set back too.
    this.lastSign = Math.min(Math.max(this.lastSign, at), this.env.now());
  }

  startOver({ id, data }) {
    this.position = id;
    if (!this.showsData) return;
    this.reset = { reason: data.reason, since: this.env.now(), attempt: 0 };
    this.reload();
  }

  /** A person asked. */
  resume() {
    if (this.reset) this.reload();
  }

  async reload() {
    this.env.clearTimeout(this.timer);
    const { reset } = this;
    const attempt = (reset.attempt += 1);
    reset.waiting = false;
    reset.held = []; // what came before this attempt is in the data it loads
    const current = () => this.reset === reset && reset.attempt === attempt;
    const started = this.env.now();
    const work = [];
    this.tell("live:reset", { reason: reset.reason, waitUntil: (promise) => work.push(promise) });
    if (work.length === 0) return this.giveUp();
    this.tell("live:state", this.status);
    try {
      const heads = await this.withinLimit(Promise.all(work));
      if (current()) this.finish(heads, started);
    } catch (error) {
      if (!current()) return;
      console.warn("The page could not load its data afresh and will try again:", error);
      this.timer = this.env.setTimeout(() => this.again(), backOff(attempt - 1, this.env.random));
    }
  }

  /** Without a stream there is little hope, and signed out none: then wait for it to be back. */
  again() {
    if (this.stream.state === "live") this.reload();
    else this.reset.waiting = true;
  }

  /** Data that told the position it was read at spares us the events it already holds. */
  finish(heads, started) {
    const { held } = this.reset;
    const known = heads.every(Number.isInteger) ? Math.min(...heads) : 0;
    this.reset = null;
    this.position = Math.max(this.position, known);
    for (const frame of held) if (frame.id > known) this.pass(frame);
    this.seen(started);
    this.tell("live:state", this.status);
  }

  giveUp() {
    this.reset = null;
    this.stale ??= this.env.now();
    this.tell("live:state", this.status);
  }

  withinLimit(promise) {
    let timer;
    const limit = new Promise((_, reject) => {
      const error = new Error(`not finished within ${RELOAD_LIMIT / 1000} s`);
      timer = this.env.setTimeout(() => reject(error), RELOAD_LIMIT);
    });
    return Promise.race([promise, limit]).finally(() => this.env.clearTimeout(timer));
  }
}
