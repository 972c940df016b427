/** What the scripts of live hand to one another, for editors and `make lint`. Browsers never load
 * this file, and the scripts name these types in their comments without importing anything. */
declare namespace Live {
  // --- What the server sends ---------------------------------------------------------------------

  /** An event of the stream with its position in the log. */
  interface Frame {
    type: string;
    id: number;
    data: Data;
    at?: number; // when the hub got it
  }

  /** "connected" before a "reset", "degraded" and "goodbye" stand at no position. */
  interface Unplaced {
    type: string;
    id: null;
    data: Data;
  }

  type Received = Frame | Unplaced;

  /** What the client itself reads of a frame; the rest is between the server and the page. */
  interface Data {
    user?: number | string;
    heartbeat?: number;
    reason?: string;
    server_time?: string; // in "connected"
    at?: string; // in a heartbeat, the server's time
    passing?: string; // the matter of which only the newest event counts, for a minute
  }

  // --- How a stream and a page are ---------------------------------------------------------------

  /** "stale" is a state of pages only. */
  type State = "live" | "reconnecting" | "signed-out" | "replaced" | "other-user" | "stale";

  interface Status {
    state: State;
    reason?: string;
    detail?: string;
    since: number; // when the state began
    lastSign?: number | null; // when the server was last heard of
  }

  interface PageStatus extends Status {
    lastSign: number; // when the page was last known to be current
    lastUpdate?: number; // the same moment by the server's clock
  }

  /** What the line shows: a state of the page, or what stands for one. */
  type Shown = State | "connecting" | "not-live";

  interface Appearance {
    shown: Shown;
    word: string;
    age: string;
    action?: string; // what the button or the link offers
  }

  // --- What tabs and the shared worker tell each other -------------------------------------------

  /** How a stream is opened; the same for all tabs of one user. */
  interface Config {
    url: string;
    user: string;
    client: string; // which browser this is
    events: string[]; // the names of the application's events
  }

  /** What a tab says first. `position` is null for a page that shows nothing of the log. */
  interface Join {
    config: Config;
    position: number | null;
  }

  type FromTab =
    | ({ kind: "join" } & Join)
    | { kind: "leave" }
    | { kind: "nudge" }
    | { kind: "resume" }
    | { kind: "pong" };

  type StatusMessage = { kind: "status"; status: Status };
  type FrameMessage = { kind: "frame"; frame: Frame; at: number };
  type TimeMessage = { kind: "time"; time: string }; // the server's
  type News = StatusMessage | FrameMessage | TimeMessage;
  type FromHub = News | { kind: "ping" } | { kind: "dropped" };

  interface Port<Heard, Said> {
    onmessage: ((event: MessageEvent<Heard>) => void) | null;
    postMessage(message: Said): void;
    close(): void;
  }

  type HubPort = Port<FromTab, FromHub>;
  type TabPort = Port<FromHub, FromTab>;

  // --- What a page's own scripts hear and may ask ------------------------------------------------

  interface Reset {
    reason?: string;
    waitUntil(data: Promise<unknown>): void;
  }

  interface PageEvents {
    "live:event": Frame;
    "live:state": PageStatus;
    "live:reset": Reset;
  }

  type Tell = <Name extends keyof PageEvents>(name: Name, detail: PageEvents[Name]) => void;

  /** How a page tells a moment, in its time zone. */
  interface Times {
    exact(moment: number): string; // such as "22 Nov 2026, 13:04"
    clock(moment: number, now: number): string; // "13:04", or "21 Nov, 13:04" on another day
  }

  /** `window.live` */
  interface Page extends Times {
    position(): number | null;
    status(): PageStatus;
    now(): number; // the server's time
    resume(): void;
  }

  // --- The surroundings --------------------------------------------------------------------------

  type Timer = ReturnType<typeof setTimeout> | number;

  interface Message {
    type: string;
    lastEventId: string;
    data: string;
  }

  /** As much of an EventSource as the client uses. */
  interface Source {
    readonly readyState: number;
    onerror: ((event: Event) => void) | null;
    addEventListener(type: string, listener: (message: Message) => void): void;
    close(): void;
  }

  interface World {
    EventSource: new (url: string) => Source;
    MessageChannel: new () => { port1: HubPort; port2: TabPort };
    fetch(url: string, options: RequestInit): Promise<{ status: number }>;
    now(): number;
    random(): number;
    setTimeout(call: () => void, delay: number): Timer;
    clearTimeout(timer: Timer | null): void;
    setInterval(call: () => void, delay: number): Timer;
    clearInterval(timer: Timer | null): void;
  }
}

interface DocumentEventMap {
  "live:event": CustomEvent<Live.Frame>;
  "live:state": CustomEvent<Live.PageStatus>;
  "live:reset": CustomEvent<Live.Reset>;
  "live:tick": CustomEvent<void>;
}

interface Window {
  live: Live.Page;
}

/** In a SharedWorker: a tab has come. */
declare var onconnect: ((event: MessageEvent) => void) | null;
