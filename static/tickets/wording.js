/** How pages put ages, initials and changes into words. tickets/templatetags/wording.py and
 * tickets/timeline.py use the same words for the page as the server renders it. */
const DONE = ["resolved", "closed"];
const LONG_TEXT = ["description"];
const TINTS = 6;
/** @type {Record<string, string>} */
const MERGES = { merged: "took in", merged_into: "merged it into" };

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

/** [["set status", "new → open"], …] of an event.
 *
 * @param {Desk.Deed} deed
 */
export function steps({ changes, actor }) {
  return Object.entries(changes).map(([field, values]) => step(field, values, actor));
}

/**
 * @param {string} field
 * @param {Desk.Changes[string]} values
 * @param {Desk.Named | null} actor
 */
function step(field, values, actor) {
  if (LONG_TEXT.includes(field)) return [`changed the ${field}`, ""];
  const [before, after] = values;
  if (field in MERGES && isNamed(after)) return [MERGES[field], after.name];
  if (field === "assignee" && actor && isNamed(after) && after.id === actor.id) {
    return ["took the ticket", isNamed(before) ? `from ${before.name}` : ""];
  }
  const nothing = field === "assignee" ? "nobody" : "nothing";
  const [old, fresh] = values.map((value) => inWords(field, value) || nothing);
  return [`set ${field.replace(/_at$/, "").replaceAll("_", " ")}`, `${old} → ${fresh}`];
}

/**
 * @param {string} field
 * @param {Desk.Value} value
 */
function inWords(field, value) {
  if (Array.isArray(value)) return value.join(", ");
  if (isNamed(value)) return value.name;
  return field.endsWith("_at") ? exact(value) : (value ?? "");
}

/**
 * @param {Desk.Value | undefined} value
 * @returns {value is Desk.Named}
 */
function isNamed(value) {
  return value instanceof Object && !Array.isArray(value);
}
