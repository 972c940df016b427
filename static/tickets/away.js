/** Notices when the reader is back after a long time, or the page live again. */
import { Attendance } from "./attendance.js";
import { remember, remembered } from "./of-browser.js";

const TICK = 10_000; // ms
const FRESH = 90_000; // After a sleep a page calls itself live for a while.

const attendance = new Attendance(
  { read: () => remembered("attended"), write: (time) => remember("attended", time) },
  Date.now(),
);

/** @param {boolean} isSeen */
function look(isSeen) {
  const { state, lastSign } = window.live.status();
  const now = Date.now();
  const since = attendance.look(now, isSeen && state === "live" && now - lastSign < FRESH);
  if (!since) return;
  remember("away", [since, now]);
  tell();
}

/** For the next pages too, until it is dismissed. */
function tell() {
  const away = remembered("away");
  if (away) import("./missed.js").then(({ tellMissed }) => tellMissed(away));
}

// What was seen until it was hidden is nothing new afterwards.
document.addEventListener("visibilitychange", () => look(true));
document.addEventListener("live:state", () => look(!document.hidden));
setInterval(() => look(!document.hidden), TICK);
tell();
