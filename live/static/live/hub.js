/** Shares one Stream among the tabs of a browser. Each tab joins with the log position its page was
 * rendered at. It gets the events that the stream has brought since, or a reset where the hub does
 * not remember all of them. */
import { Stream } from "./stream.js";
import { world } from "./world.js";

const REMEMBERED = 1000;
// In characters of JSON. A character takes two bytes, and what is parsed as much again: 8 MB.
const REMEMBERED_SIZE = 2_000_000;
// ms for which a passing event is given to tabs that join, as publish() has it.
const PASSING = 60_000;
export const PING_INTERVAL = 5000;
// A tab that leaves so many pings unanswered is dropped. Pings are counted because time goes on
// while a laptop sleeps, and the hub pings nobody then.
const UNANSWERED = 12;

/** @param {Live.Frame} frame */
const sizeOf = ({ data }) => JSON.stringify(data).length;

/** @typedef {{port: Live.HubPort, position: number | null, unanswered: number}} Tab */

export class Hub {
  /** @param {Live.World} [env] */
  constructor(env = world) {
    this.env = env;
    /** @type {Set<Tab>} */
    this.tabs = new Set();
    /** @type {Stream | null} */
    this.stream = null;
    /** @type {Live.Frame[]} everything that came after the position `since` */
    this.recent = [];
    this.size = 0; // of these together
    /** @type {number | null} */
    this.since = null;
    /** @type {Live.Timer | null} */
    this.pinger = null;
  }

  /** @param {Live.HubPort} port */
  welcome(port) {
    const tab = { port, position: null, unanswered: 0 };
    port.onmessage = ({ data }) => this.hear(tab, data);
  }

  /**
   * @param {Tab} tab
   * @param {Live.FromTab} message
   */
  hear(tab, message) {
    tab.unanswered = 0;
    if (message.kind === "join") this.join(tab, message);
    else if (message.kind === "leave") this.leave(tab);
    else if (message.kind === "nudge") this.stream?.nudge();
    else if (message.kind === "resume") this.stream?.resume();
  }

  /**
   * @param {Tab} tab
   * @param {Live.Join} join
   */
  join(tab, { config, position }) {
    if (this.tabs.size === 0) this.pinger = this.env.setInterval(() => this.ping(), PING_INTERVAL);
    this.tabs.add(tab);
    const stream = this.streamFor(config, position);
    this.catchUp(tab, position ?? stream.position, stream);
    tab.port.postMessage({ kind: "status", status: stream.status });
  }

  /** The stream that is there, unless it was opened without a position and the tab brings one.
   *
   * @param {Live.Config} config
   * @param {number | null} position
   */
  streamFor(config, position) {
    const { stream } = this;
    const unplaced = stream?.position === null && position !== null;
    if (stream === null || unplaced) return this.start(config, position);
    // A person who opens a page is at work here, which is reason enough to try again.
    if (stream.stopped) stream.resume();
    return stream;
  }

  /**
   * @param {Live.Config} config
   * @param {number | null} position
   */
  start(config, position) {
    this.stream?.close();
    /** @param {Live.Frame} frame */
    const deliver = (frame) => this.deliver(frame);
    /** @param {Live.Status} status */
    const changed = (status) => this.tell({ kind: "status", status });
    /** @param {string} time */
    const timed = (time) => this.tell({ kind: "time", time });
    const stream = new Stream({ ...config, position, deliver, changed, timed }, this.env);
    this.stream = stream;
    this.forget(position);
    stream.open();
    return stream;
  }

  /**
   * @param {Tab} tab
   * @param {number | null} position
   * @param {Stream} stream
   */
  catchUp(tab, position, stream) {
    tab.position = position;
    if ((position ?? 0) < (this.since ?? 0)) {
      const id = stream.position ?? 0;
      this.give(tab, { type: "reset", id, data: { reason: "behind" } });
    } else {
      for (const frame of this.recent) if (!this.hasPassed(frame)) this.give(tab, frame);
    }
  }

  /** @param {Live.Frame} frame */
  deliver(frame) {
    if (frame.type === "connected") {
      this.since ??= frame.id;
      return;
    }
    if (frame.type === "reset") {
      this.forget(frame.id);
    } else if (frame.type !== "heartbeat") {
      this.remember(frame);
    }
    for (const tab of this.tabs) this.give(tab, frame);
  }

  /** @param {number | null} position from which on everything is remembered again */
  forget(position) {
    this.recent = [];
    this.size = 0;
    this.since = position;
  }

  /** @param {Live.Frame} frame */
  hasPassed({ at, data }) {
    return data.passing !== undefined && this.env.now() - (at ?? 0) > PASSING;
  }

  /** Of a passing matter only the newest is kept. The oldest frames make room; a tab that is behind
   * those gets a reset when it joins.
   *
   * @param {Live.Frame} frame
   */
  remember(frame) {
    const { passing } = frame.data;
    if (passing) this.drop(passing);
    this.recent.push({ ...frame, at: this.env.now() });
    this.size += sizeOf(frame);
    while (this.recent.length > REMEMBERED || this.size > REMEMBERED_SIZE) {
      const [oldest] = this.recent.splice(0, 1);
      this.since = oldest.id;
      this.size -= sizeOf(oldest);
    }
  }

  /** @param {string} passing */
  drop(passing) {
    const index = this.recent.findIndex(({ data }) => data.passing === passing);
    if (index !== -1) this.size -= sizeOf(this.recent.splice(index, 1)[0]);
  }

  /**
   * @param {Tab} tab
   * @param {Live.Frame} frame
   */
  give(tab, frame) {
    const news = frame.id > (tab.position ?? 0);
    if (news || frame.type === "reset") tab.position = frame.id;
    if (!news && !["heartbeat", "reset"].includes(frame.type)) return;
    tab.port.postMessage({ kind: "frame", frame, at: this.env.now() });
  }

  /** @param {Live.FromHub} message */
  tell(message) {
    for (const tab of this.tabs) tab.port.postMessage(message);
  }

  ping() {
    for (const tab of this.tabs) {
      if (tab.unanswered === UNANSWERED) {
        // A frozen page reads this when it thaws. Then it joins again, at the position it had.
        tab.port.postMessage({ kind: "dropped" });
        this.leave(tab);
      } else {
        tab.unanswered += 1;
        tab.port.postMessage({ kind: "ping" });
      }
    }
  }

  /** @param {Tab} tab */
  leave(tab) {
    this.tabs.delete(tab);
    if (this.tabs.size === 0) this.close();
  }

  close() {
    this.tabs.clear();
    this.stream?.close();
    this.stream = null;
    this.env.clearInterval(this.pinger);
  }
}
