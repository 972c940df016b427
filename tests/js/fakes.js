/** A world whose clock, network and chance are in the test's hands. */
import { setImmediate } from "node:timers/promises";

export class FakeWorld {
  constructor() {
    this.clock = 1_000_000;
    this.monotonic = 0; // what timers go by: it stands still while the laptop sleeps
    this.timers = new Map();
    this.lastTimer = 0;
    this.sources = [];
    this.probes = [];
    this.probeStatus = 503;
    const world = this;
    this.EventSource = class extends FakeEventSource {
      constructor(url) {
        super(url);
        world.sources.push(this);
      }
    };
    this.MessageChannel = FakeChannel;
  }

  now = () => this.clock;
  random = () => 0.5;

  setTimeout = (call, delay) => this.schedule(call, delay, null);
  setInterval = (call, delay) => this.schedule(call, delay, delay);
  clearTimeout = (id) => this.timers.delete(id);
  clearInterval = (id) => this.timers.delete(id);

  fetch = async (url, { signal }) => {
    this.probes.push({ url, signal });
    if (this.probeStatus === "never") {
      await new Promise((_, reject) => signal.addEventListener("abort", reject));
    }
    if (this.probeStatus === null) throw new TypeError("network");
    return { status: this.probeStatus };
  };

  schedule(call, delay, every) {
    this.lastTimer += 1;
    this.timers.set(this.lastTimer, { call, every, due: this.monotonic + delay });
    return this.lastTimer;
  }

  /** Lets `milliseconds` pass, running what falls due on the way. */
  async pass(milliseconds) {
    const end = this.monotonic + milliseconds;
    await setImmediate();
    for (;;) {
      const [id, timer] = [...this.timers].sort((a, b) => a[1].due - b[1].due)[0] ?? [];
      if (!timer || timer.due > end) break;
      this.moveTo(timer.due);
      if (timer.every) timer.due += timer.every;
      else this.timers.delete(id);
      timer.call();
      await setImmediate();
    }
    this.moveTo(end);
  }

  moveTo(monotonic) {
    this.clock += monotonic - this.monotonic;
    this.monotonic = monotonic;
  }

  /** The laptop sleeps, or somebody sets the clock: timers do not notice. */
  jump(milliseconds) {
    this.clock += milliseconds;
  }

  get source() {
    return this.sources.at(-1);
  }

  get open() {
    return this.sources.filter((source) => source.readyState !== 2);
  }
}

class FakeEventSource {
  constructor(url) {
    this.url = url;
    this.readyState = 0;
    this.lastEventId = "";
    this.listeners = new Map();
  }

  get query() {
    return Object.fromEntries(new URL(this.url, "http://x").searchParams);
  }

  addEventListener(type, call) {
    this.listeners.set(type, call);
  }

  close() {
    this.readyState = 2;
  }

  /** As the server would send it; `data` may be a string that is no JSON. */
  send(type, id, data = {}) {
    if (this.readyState === 2) return;
    this.readyState = 1;
    if (id !== null) this.lastEventId = String(id);
    const json = typeof data === "string" ? data : JSON.stringify(data);
    this.listeners.get(type)?.({ type, lastEventId: this.lastEventId, data: json });
  }

  connect(id, data = {}) {
    this.send("connected", id, { user: 7, heartbeat: 15, ...data });
  }

  /** The response ends or breaks: EventSource would come back by itself. */
  end() {
    this.readyState = 0;
    this.onerror();
  }

  /** Any answer but 200: EventSource is closed for ever. */
  refuse() {
    this.readyState = 2;
    this.onerror();
  }
}

/** Two ports that hand over copies, in a later task, as the real ones do. */
class FakeChannel {
  constructor() {
    this.port1 = new FakePort();
    this.port2 = new FakePort();
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
}

export class FakePort {
  sent = [];

  postMessage(message) {
    const data = structuredClone(message);
    this.sent.push(data);
    if (this.other) queueMicrotask(() => this.other.onmessage?.({ data }));
  }

  close() {}
}
