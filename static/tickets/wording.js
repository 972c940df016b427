/** How pages put ages and initials into words, as tickets/templatetags/wording.py does. */
const DONE = ["resolved", "closed"];
const TINTS = 6;

/** Ages go by the server's clock, for the clock of this computer may be wrong, and may be set. */
const now = () => window.live.now();

/** @param {string} then */
export function age(then) {
  return duration(now() - Date.parse(then)) || "now";
}

/** @param {string} then */
export function ago(then) {
  return duration(now() - Date.parse(then)) ? `${age(then)} ago` : "just now";
}

/** A ticket that is resolved is not due any more.
 *
 * @param {string | null} then
 * @param {string} status
 */
export function due(then, status) {
  if (!then || DONE.includes(status)) return "";
  const left = Date.parse(then) - now();
  return left >= 0 ? `in ${duration(left) || "1 min"}` : `overdue ${duration(-left) || "1 min"}`;
}

/** @param {number} milliseconds */
function duration(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 60) return minutes > 0 ? `${minutes} min` : "";
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / (24 * 60))} d`;
}

/** @param {string | null} then */
export const exact = (then) => (then ? window.live.exact(Date.parse(then)) : "");

/** The time of day, with the day where that is not today.
 *
 * @param {string} then
 */
export const clock = (then) => window.live.clock(Date.parse(then), now());

/** @param {string} name */
export function initials(name) {
  const own = name.split(" <", 1)[0].replace(/^[<>\s]+|[<>\s]+$/g, "");
  const words = own.split(/\s+/);
  const letters =
    words.length > 1 ? first(words[0]) + first(words[words.length - 1]) : first(words[0], 2);
  return letters.toUpperCase();
}

/**
 * @param {string} word
 * @param {number} [count]
 */
const first = (word, count = 1) => [...word].slice(0, count).join("");

/** @param {string} name */
export function tint(name) {
  return [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % TINTS;
}
