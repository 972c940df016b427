/** Shares one Stream among the tabs of a browser. Each tab joins with the log position its page was
 * rendered at, and gets what the stream has brought since, or a reset where nobody remembers. */
import { Stream } from "./stream.js";
import { world } from "./world.js";

const REMEMBERED = 1000;
export const PING_INTERVAL = 5000;
const UNANSWERED = 12; // pings; counted and not timed, for a sleeping laptop pings nobody

export class Hub {
  constructor(env = world) {
    this.env = env;
    this.tabs = new Set();
    this.stream = null;
  }

  welcome(port) {
    const tab = { port, position: null, unanswered: 0 };
    port.onmessage = ({ data }) => this.hear(tab, data);
  }

  hear(tab, { kind, ...message }) {
    tab.unanswered = 0;
    if (kind === "join") this.join(tab, message);
    else if (kind === "leave") this.leave(tab);
    else if (kind === "nudge") this.stream?.nudge();
    else if (kind === "resume") this.stream?.resume();
  }

  join(tab, { config, position }) {
    if (this.tabs.size === 0) this.pinger = this.env.setInterval(() => this.ping(), PING_INTERVAL);
    this.tabs.add(tab);
    const unplaced = this.stream?.position === null && position !== null;
    if (this.stream === null || unplaced) this.start(config, position);
    // A page that opens is a person at work here: reason enough to try again.
    else if (this.stream.stopped) this.stream.resume();
    this.catchUp(tab, position ?? this.stream.position);
    tab.port.postMessage({ kind: "status", status: this.stream.status });
  }

  start(config, position) {
    this.stream?.close();
    const deliver = (frame) => this.deliver(frame);
    const changed = (status) => this.tell({ kind: "status", status });
    this.stream = new Stream({ ...config, position, deliver, changed }, this.env);
    this.recent = [];
    this.since = position; // `recent` holds everything after this position
    this.stream.open();
  }

  catchUp(tab, position) {
    tab.position = position;
    if (position < this.since) {
      const id = this.stream.position;
      this.give(tab, { type: "reset", id, data: { reason: "behind" } });
    } else {
      for (const frame of this.recent) this.give(tab, frame);
    }
  }

  deliver(frame) {
    if (frame.type === "connected") {
      this.since ??= frame.id;
      return;
    }
    if (frame.type === "reset") {
      this.recent = [];
      this.since = frame.id;
    } else if (frame.type !== "heartbeat") {
      this.recent.push(frame);
      if (this.recent.length > REMEMBERED) this.since = this.recent.shift().id;
    }
    for (const tab of this.tabs) this.give(tab, frame);
  }

  give(tab, frame) {
    const news = frame.id > tab.position;
    if (news || frame.type === "reset") tab.position = frame.id;
    if (!news && !["heartbeat", "reset"].includes(frame.type)) return;
    tab.port.postMessage({ kind: "frame", frame, at: this.env.now() });
  }

  tell(message) {
    for (const tab of this.tabs) tab.port.postMessage(message);
  }

  ping() {
    for (const tab of this.tabs) {
      if (tab.unanswered === UNANSWERED) {
        // A frozen page reads this when it thaws, and joins again where it stood.
        tab.port.postMessage({ kind: "dropped" });
        this.leave(tab);
      } else {
        tab.unanswered += 1;
        tab.port.postMessage({ kind: "ping" });
      }
    }
  }

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
