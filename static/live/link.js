/** The way from a page to its Hub: in the SharedWorker all tabs share, or, where there is none or
 * it does not answer, in the page itself. Either way the page talks to a port. */
import { Hub, PING_INTERVAL } from "./hub.js";
import { world } from "./world.js";

const ANSWER_LIMIT = 5000;
const SILENCE_LIMIT = 4 * PING_INTERVAL; // the worker pings; a crashed one tells nobody

export class Link {
  /** `connect()` returns a SharedWorker's port, or throws; `join()` what to say first. */
  constructor({ connect, join, heard, silent }, env = world) {
    Object.assign(this, { connect, join, heard, silent, env });
    this.port = null;
    this.ownHub = null;
    this.shared = true;
  }

  open() {
    this.close();
    this.port = this.sharedPort() ?? this.ownPort();
    this.heardAt = this.env.now();
    this.answered = false;
    this.port.onmessage = ({ data }) => this.hear(data);
    this.say("join", this.join());
    this.ticker = this.env.setInterval(() => this.watch(), 1000);
  }

  /** Chromium may freeze a worker along with its last page before it hears "leave"; such a stream
   * ends when the worker thaws, which another page of ours makes it do, or dies. */
  close() {
    if (this.port === null) return;
    this.say("leave");
    this.port.onmessage = null;
    this.port.close();
    this.port = null;
    this.ownHub?.close(); // at once: a page on its way into the bfcache delivers no more messages
    this.ownHub = null;
    this.env.clearInterval(this.ticker);
  }

  say(kind, message = {}) {
    this.port?.postMessage({ kind, ...message });
  }

  sharedPort() {
    if (!this.shared) return null;
    try {
      return this.connect(() => this.giveUpSharing());
    } catch (error) {
      console.warn("No SharedWorker here, so this tab opens a stream of its own:", error);
      this.shared = false;
      return null;
    }
  }

  ownPort() {
    const { port1, port2 } = new this.env.MessageChannel();
    this.ownHub = new Hub(this.env);
    this.ownHub.welcome(port1);
    return port2;
  }

  giveUpSharing() {
    if (!this.shared || this.port === null) return;
    this.shared = false;
    this.open();
  }

  hear(message) {
    this.heardAt = this.env.now();
    this.answered = true;
    if (message.kind === "ping") this.say("pong");
    else if (message.kind === "dropped") this.open();
    else this.heard(message);
  }

  watch() {
    const quiet = this.env.now() - this.heardAt;
    if (!this.answered && quiet > ANSWER_LIMIT) return this.giveUpSharing();
    if (this.answered && quiet > SILENCE_LIMIT) {
      this.silent();
      this.open();
    }
  }
}
