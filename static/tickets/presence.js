/** Says that this tab has the ticket open, and whether a reply is being written in it. */
import { part, parts } from "./elements.js";
import "./people.js";
import { freshKey, ownHeaders } from "./token.js";

const SAID_FOR = 14_000; // ms; it is said again on the third tick, which is after 15 seconds
const HIDDEN_FOR = 30_000; // then a tab has left, unless it holds a reply
const PATIENCE = 10_000;

const ticket = part(document, "#ticket", HTMLElement);
// On the ticket's page, and in the admin's form, where there may be several.
const REPLIES = '#composer [name="body"], [name^="comments-"][name$="-body"]';
const client = freshKey();
let said = "left";
let saidAt = 0;
let hiddenAt = 0;
let isUnderWay = false;
let isQuiet = false; // signed out, the ticket is out of sight, or the page is left

function state() {
  for (const body of parts(document, REPLIES, HTMLTextAreaElement)) {
    if (body.value.trim() || (!document.hidden && document.activeElement === body)) return "replying";
  }
  return document.hidden && Date.now() - hiddenAt >= HIDDEN_FOR ? "left" : "viewing";
}

/** Says the state if it is another one, or was said too long ago. The next tick tries again. */
async function update() {
  const now = state();
  const isKnown = now === said && (now === "left" || Date.now() - saidAt < SAID_FOR);
  if (isKnown || isUnderWay || isQuiet || window.live.status().state === "signed-out") return;
  isUnderWay = true;
  const status = await say(now);
  isUnderWay = false;
  isQuiet = [401, 403, 404].includes(status);
  if (status !== 204) return;
  [said, saidAt] = [now, Date.now()];
  update(); // It may be another one by now.
}

/** The status of the answer; 0 for none.
 *
 * @param {string} now
 */
async function say(now) {
  const options = {
    method: "POST",
    body: JSON.stringify({ state: now, client }),
    headers: { "Content-Type": "application/json", ...ownHeaders() },
    keepalive: true, // The page may be on its way out.
    signal: AbortSignal.timeout(PATIENCE),
  };
  try {
    return (await fetch(ticket.dataset.presence ?? "", options)).status;
  } catch (error) {
    console.warn("Others could not be told:", error);
    return 0;
  }
}

document.addEventListener("visibilitychange", () => {
  hiddenAt = Date.now();
  update();
});
["focusin", "focusout", "input"].forEach((name) => document.addEventListener(name, update));
document.addEventListener("live:tick", update);
document.addEventListener("live:state", ({ detail }) => {
  if (detail.state === "live") isQuiet = false;
  update();
});
window.addEventListener("pagehide", () => {
  if (said !== "left" || isUnderWay) say("left");
  said = "left";
  isQuiet = true; // What still happens on the way out says nothing more.
});
window.addEventListener("pageshow", () => {
  isQuiet = false;
  update();
});
