/** A world whose clock, network and chance are in the test's hands. */
import { setImmediate } from "node:timers/promises";

/** @typedef {{call: () => void, every: number | null, due: number}} FakeTimer */

/** @implements {Live.World} */
export class FakeWorld {
  constructor() {
    this.clock = 1_000_000;
    this.monotonic = 0; // Timers go by this. It stands still while the laptop sleeps.
    /** @type {Map<Live.Timer | null, FakeTimer>} */
    this.timers = new Map();
    this.lastTimer = 0;
    /** @type {FakeEventSource[]} */
    this.sources = [];
    /** @type {{url: string, signal: AbortSignal}[]} */
    this.probes = [];
    /** @type {number | "never" | null} what a probe is answered with; null for a broken network */
    this.probeStatus = 503;
    const world = this;
    this.EventSource = class extends FakeEventSource {
      /** @param {string} url */
      constructor(url) {
        super(url);
        world.sources.push(this);
      }
    };
    this.MessageChannel = FakeChannel;
  }

  now = () => this.clock;
  random = () => 0.5;

  /** @type {Live.World["setTimeout"]} */
  setTimeout = (call, delay) => this.schedule(call, delay, null);
  /** @type {Live.World["setInterval"]} */
  setInterval = (call, delay) => this.schedule(call, delay, delay);
  /** @type {Live.World["clearTimeout"]} */
  clearTimeout = (timer) => void this.timers.delete(timer);
  /** @type {Live.World["clearInterval"]} */
  clearInterval = (timer) => void this.timers.delete(timer);

  /** @type {Live.World["fetch"]} */
  fetch = async (url, options) => {
    const signal = /** @type {AbortSignal} */ (options.signal);
    this.probes.push({ url, signal });
    if (this.probeStatus === "never") {
      await new Promise((_, reject) => signal.addEventListener("abort", reject));
    }
    if (typeof this.probeStatus !== "number") throw new TypeError("network");
    return { status: this.probeStatus };
  };

  /**
   * @param {() => void} call
   * @param {number} delay
   * @param {number | null} every
   */
  schedule(call, delay, every) {
    this.lastTimer += 1;
    this.timers.set(this.lastTimer, { call, every, due: this.monotonic + delay });
    return this.lastTimer;
  }

  /** Lets time pass, and runs what falls due on the way.
   *
   * @param {number} milliseconds
   */
  async pass(milliseconds) {
    const end = this.monotonic + milliseconds;
    await setImmediate();
    for (;;) {
      const [next] = [...this.timers].sort((a, b) => a[1].due - b[1].due);
      if (!next || next[1].due > end) break;
      const [id, timer] = next;
      this.moveTo(timer.due);
      if (timer.every) timer.due += timer.every;
      else this.timers.delete(id);
      timer.call();
      await setImmediate();
    }
    this.moveTo(end);
  }

  /** @param {number} monotonic */
  moveTo(monotonic) {
    this.clock += monotonic - this.monotonic;
    this.monotonic = monotonic;
  }

  /** The laptop sleeps, or somebody sets the clock. Timers do not notice either.
   *
   * @param {number} milliseconds
   */
  jump(milliseconds) {
    this.clock += milliseconds;
  }

  /** The newest EventSource. */
  get source() {
    const source = this.sources.at(-1);
    if (!source) throw new Error("no EventSource was opened");
    return source;
  }

  get open() {
    return this.sources.filter((source) => source.readyState !== 2);
  }
}

/** @implements {Live.Source} */
class FakeEventSource {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    this.readyState = 0;
    this.lastEventId = "";
    /** @type {Map<string, (message: Live.Message) => void>} */
    this.listeners = new Map();
    /** @type {((event: Event) => void) | null} */
    this.onerror = null;
  }

  /** @returns {Record<string, string>} */
  get query() {
    return Object.fromEntries(new URL(this.url, "http://x").searchParams);
  }

  /** @type {Live.Source["addEventListener"]} */
  addEventListener(type, listener) {
    this.listeners.set(type, listener);
  }

  close() {
    this.readyState = 2;
  }

  /** Sends an event as the server would.
   *
   * @param {string} type
   * @param {number | null} id
   * @param {object | string} [data] a string is sent as it is, and may be no JSON
   */
  send(type, id, data = {}) {
    if (this.readyState === 2) return;
    this.readyState = 1;
    if (id !== null) this.lastEventId = String(id);
    const json = typeof data === "string" ? data : JSON.stringify(data);
    this.listeners.get(type)?.({ type, lastEventId: this.lastEventId, data: json });
  }

  /**
   * @param {number | null} id
   * @param {object} [data]
   */
  connect(id, data = {}) {
    this.send("connected", id, { user: 7, heartbeat: 15, ...data });
  }

  /** The response ends or breaks. EventSource would come back by itself. */
  end() {
    this.readyState = 0;
    this.onerror?.(new Event("error"));
  }

  /** The answer is not 200, so EventSource is closed for ever. */
  refuse() {
    this.readyState = 2;
    this.onerror?.(new Event("error"));
  }
}

/** A port that hands over copies in a later task, as the real ones do.
 *
 * @template Heard, Said
 * @implements {Live.Port<Heard, Said>}
 */
export class FakePort {
  /** @type {Said[]} */
  sent = [];
  /** @type {FakePort<Said, Heard> | null} */
  other = null;
  /** @type {((event: MessageEvent<Heard>) => void) | null} */
  onmessage = null;
  closed = false;

  /** @param {Said} message */
  postMessage(message) {
    const data = structuredClone(message);
    this.sent.push(data);
    queueMicrotask(() => this.other?.hear(data));
  }

  /** @param {Heard} data */
  hear(data) {
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  close() {
    this.closed = true;
  }
}

/** @extends {FakePort<Live.FromTab, Live.FromHub>} */
export class FakeHubPort extends FakePort {}

/** @extends {FakePort<Live.FromHub, Live.FromTab>} */
export class FakeTabPort extends FakePort {}

class FakeChannel {
  constructor() {
    this.port1 = new FakeHubPort();
    this.port2 = new FakeTabPort();
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
}
