/** The way from a page to its Hub. The hub is in the SharedWorker that all tabs share. Where there
 * is none, or it does not answer, the page has a hub of its own. Either way it talks to a port. */
import { Hub, PING_INTERVAL } from "./hub.js";
import { world } from "./world.js";

const ANSWER_LIMIT = 5000;
// The worker pings its tabs. One that has crashed tells nobody, so a tab judges by the silence.
const SILENCE_LIMIT = 4 * PING_INTERVAL;

/**
 * @typedef {object} Ends the two ends of a link
 * @property {(failed: () => void) => Live.TabPort} connect a port of the shared worker, or it
 *   throws; the worker's script may also fail later, and then `failed` is called
 * @property {() => Live.Join} join what the page says first
 * @property {(message: Live.News) => void} heard
 * @property {() => void} silent the shared worker has ceased to answer
 * @property {() => void} [ticked] another five seconds have gone by
 */

export class Link {
  /**
   * @param {Ends} ends
   * @param {Live.World} [env]
   */
  constructor({ connect, join, heard, silent, ticked = () => {} }, env = world) {
    this.connect = connect;
    this.join = join;
    this.heard = heard;
    this.silent = silent;
    this.ticked = ticked;
    this.env = env;
    /** @type {Live.TabPort | null} */
    this.port = null;
    /** @type {Hub | null} */
    this.ownHub = null;
    this.shared = true;
    this.answered = false;
    this.heardAt = 0;
    /** @type {Live.Timer | null} */
    this.ticker = null;
  }

  open() {
    this.close();
    const port = this.sharedPort() ?? this.ownPort();
    this.port = port;
    this.heardAt = this.env.now();
    this.answered = false;
    port.onmessage = ({ data }) => this.hear(data);
    this.say({ kind: "join", ...this.join() });
    this.ticker = this.env.setInterval(() => this.watch(), 1000);
  }

  /** Chromium may freeze a worker together with its last page, before the worker hears "leave".
   * Then the stream goes on until another page of ours thaws the worker, or the worker dies. */
  close() {
    if (this.port === null) return;
    this.say({ kind: "leave" });
    this.port.onmessage = null;
    this.port.close();
    this.port = null;
    // A page on its way into the bfcache delivers no more messages, so its own hub is closed here.
    this.ownHub?.close();
    this.ownHub = null;
    this.env.clearInterval(this.ticker);
  }

  /** @param {Live.FromTab} message */
  say(message) {
    this.port?.postMessage(message);
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

  /** @param {Live.FromHub} message */
  hear(message) {
    this.heardAt = this.env.now();
    this.answered = true;
    if (message.kind === "ping") {
      this.say({ kind: "pong" });
      this.ticked();
    } else if (message.kind === "dropped") this.open();
    else this.heard(message);
  }

  watch() {
    const quiet = this.env.now() - this.heardAt;
    if (!this.answered && quiet > ANSWER_LIMIT) {
      this.giveUpSharing();
    } else if (this.answered && quiet > SILENCE_LIMIT) {
      this.silent();
      this.open();
    }
  }
}
