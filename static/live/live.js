/** What a page includes (templates/live/client.html). Page scripts listen on `document`:
 *
 *   live:event  {type, id, data}               something happened; each event once and in order
 *   live:state  {state, since, lastSign, reason}   the page became current, or ceased to be
 *   live:reset  {reason, waitUntil(promise)}   load your data afresh; until the promise is kept the
 *               page is not live, and if it is broken you are asked again. Let it resolve to the
 *               log position the data was read at (`head`), if you know it.
 *
 * and may ask `window.live`: position(), status(), resume(). */
import { Link } from "./link.js";
import { Reader } from "./reader.js";
import { StatusLine } from "./status.js";

const element = document.getElementById("live");
const { url, user, version, worker, events, head, rendered, login } = element.dataset;

const config = { url, user, client: clientId(), events: events.split(" ").filter(Boolean) };
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const position = head === "" ? null : Number(head);
const reader = new Reader({ position, rendered: 1000 * rendered, tell });

const link = new Link({
  connect: connectWorker,
  join: () => ({ config, position: reader.position }),
  heard: (message) => reader.hear(message),
  silent: () => reader.cutOff("silent"),
});

window.live = {
  position: () => reader.position,
  status: () => reader.status,
  resume() {
    reader.resume();
    if (reader.stream.state !== "live") link.say("resume");
  },
};

/** Named after the user, for on a shared machine Bob's page must never meet Alice's worker, and
 * after the version, for a deploy must not mix old scripts with new. */
function connectWorker(failed) {
  const shared = new SharedWorker(worker, { type: "module", name: `live-${user}-${version}` });
  shared.onerror = failed;
  return shared.port;
}

/** One per browser: beyond its limit of streams the server replaces one of the same browser first.
 * Not randomUUID, which plain HTTP does not have. */
function clientId() {
  const fresh = crypto.getRandomValues(new Uint32Array(2)).join("-");
  try {
    const known = localStorage.getItem("live-client") ?? fresh;
    localStorage.setItem("live-client", known);
    return known;
  } catch (error) {
    console.warn("No storage here, so this page counts as a browser of its own:", error);
    return fresh;
  }
}

/** Not before all scripts of the page listen. */
document.addEventListener("DOMContentLoaded", () => {
  const status = document.getElementById("live-status");
  new StatusLine(status, { login, live: window.live }).start();
  link.open();
});

window.addEventListener("pagehide", () => link.close());
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  reader.cutOff("restored"); // from the bfcache, which may have kept it for half an hour
  link.open();
});
window.addEventListener("online", () => link.say("nudge"));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) link.say("nudge");
});
