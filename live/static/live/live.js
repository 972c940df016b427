/** A page includes this script by live/templates/live/client.html. The page's own scripts listen on
 * `document`:
 *
 *   live:event  {type, id, data}               something happened; each event once and in order
 *   live:state  {state, since, lastSign, reason}   the page became current, or ceased to be
 *   live:reset  {reason, waitUntil(promise)}   load your data afresh; until the promise is kept the
 *               page is not live, and if it is broken you are asked again. Let it resolve to the
 *               log position the data was read at (`head`), if you know it.
 *   live:tick   every five seconds, also on a hidden page, whose own timers the browser slows down
 *
 * They may ask `window.live`: position(), status(), now() (the server's time in milliseconds),
 * resume(), and how the page tells a moment: exact(moment), clock(moment, now). */
import { ServerClock } from "./clock.js";
import { Link } from "./link.js";
import { PageState } from "./page-state.js";
import { StatusLine } from "./status.js";
import { timesIn } from "./times.js";

const element = /** @type {HTMLElement} */ (document.getElementById("live"));
/** The template sets each of them, some to "". */
const { url, user, version, worker, events, head, zone, rendered, login } =
  /** @type {Record<string, string>} */ (element.dataset);

const config = { url, user, client: clientId(), events: events.split(" ").filter(Boolean) };
const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (
  performance.getEntriesByType("navigation")
);
const clock = new ServerClock(1000 * Number(rendered), navigation.responseStart);
const page = new PageState({
  position: head === "" ? null : Number(head),
  rendered: renderedAt(),
  clock,
  tell: (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail })),
});

const link = new Link({
  connect: connectWorker,
  join: () => ({ config, position: page.position }),
  heard: (message) => page.hear(message),
  silent: () => page.cutOff("silent"),
  ticked: () => document.dispatchEvent(new CustomEvent("live:tick")),
});

window.live = {
  position: () => page.position,
  status: () => page.status,
  now: () => clock.now(),
  ...timesIn(zone || undefined),
  resume() {
    page.resume();
    if (page.stream.state !== "live") link.say({ kind: "resume" });
  },
};

/** When the page was rendered, by the clock of this computer. The page's own word for it is by the
 * server's clock; it counts where the browser has the page from its cache, for then the answer came
 * long before. */
function renderedAt() {
  if (navigation.transferSize === 0) return 1000 * Number(rendered);
  return Date.now() - (performance.now() - navigation.responseStart);
}

/** The worker is named after the user, because on a shared machine Bob's page must never meet
 * Alice's worker. It is named after the version too, because a deploy must not mix old scripts with
 * new, and after the stream, because two sites on one host must not meet.
 *
 * @param {() => void} failed
 */
function connectWorker(failed) {
  const shared = new SharedWorker(worker, { type: "module", name: `live-${url}-${user}-${version}` });
  shared.onerror = failed;
  return shared.port;
}

/** One per browser and site. Where a user has too many streams, the server first replaces one of the same
 * browser. Plain HTTP has no randomUUID, so this is made of random numbers. */
function clientId() {
  const fresh = crypto.getRandomValues(new Uint32Array(2)).join("-");
  const name = `live-client-${url}`;
  try {
    const known = localStorage.getItem(name) ?? fresh;
    localStorage.setItem(name, known);
    return known;
  } catch (error) {
    console.warn("No storage here, so this page counts as a browser of its own:", error);
    return fresh;
  }
}

/** Who logs in does so in one tab. The others hear of it when the page that follows is opened, and
 * ask the server whose session they have now: without this, a tab that had said "Signed out" would
 * not say that somebody else is signed in.
 *
 * @type {BroadcastChannel | null} */
let pages = null;

function meetPages() {
  if (!("BroadcastChannel" in window)) return;
  pages = new BroadcastChannel(`live-${url}`);
  pages.onmessage = () => link.say({ kind: "nudge" });
  pages.postMessage("opened");
}

/** An open channel would keep the page out of the bfcache. */
function leavePages() {
  pages?.close();
  pages = null;
}

/** By then all scripts of the page listen. */
document.addEventListener("DOMContentLoaded", () => {
  const status = /** @type {HTMLElement} */ (document.getElementById("live-status"));
  new StatusLine(status, { login, live: window.live }).start();
  link.open();
  meetPages();
});

window.addEventListener("pagehide", () => {
  leavePages();
  link.close();
});
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  page.cutOff("restored"); // The bfcache may have kept the page for half an hour.
  link.open();
  meetPages();
});
window.addEventListener("online", () => link.say({ kind: "nudge" }));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) link.say({ kind: "nudge" });
});
