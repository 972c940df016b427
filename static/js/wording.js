/** How pages put things: ages, initials, changes. tickets/templatetags/wording.py and
 * tickets/timeline.py say the same for the page as it comes. */
const DONE = ["resolved", "closed"];
const LONG_TEXT = ["description"];
const TINTS = 6;

/** The server's clock, for this computer's may be wrong and the ages must not be. */
const served = performance.timeOrigin + performance.getEntriesByType("navigation")[0].responseStart;
const ahead = Date.parse(document.body.dataset.now) - served;
const offset = Math.abs(ahead) > 2000 ? ahead : 0; // the page tells whole seconds
const now = () => Date.now() + offset;

export function age(then) {
  return duration(now() - Date.parse(then)) || "now";
}

export function ago(then) {
  return duration(now() - Date.parse(then)) ? `${age(then)} ago` : "now";
}

/** What is resolved is not due any more. */
export function due(then, status) {
  if (!then || DONE.includes(status)) return "";
  const left = Date.parse(then) - now();
  return left >= 0 ? `in ${duration(left) || "1 min"}` : `overdue ${duration(-left) || "1 min"}`;
}

function duration(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 60) return minutes > 0 ? `${minutes} min` : "";
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / (24 * 60))} d`;
}

export function exact(then) {
  if (!then) return "";
  return new Date(then).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** The time of day, with the day where that is not today. */
export function clock(then) {
  const date = new Date(then);
  const time = { hour: "2-digit", minute: "2-digit" };
  if (date.toDateString() === new Date(now()).toDateString()) return date.toLocaleTimeString([], time);
  return date.toLocaleString([], { ...time, day: "numeric", month: "short" });
}

export function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? first(words[0]) + first(words.at(-1)) : [...name.trim()].slice(0, 2).join("");
  return letters.toUpperCase();
}

const first = (word) => [...word][0] ?? "";

export function tint(name) {
  return [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % TINTS;
}

/** [["set status", "new → open"], …] of an event. */
export function steps({ changes, actor }) {
  return Object.entries(changes).map(([field, values]) => step(field, values, actor));
}

function step(field, values, actor) {
  if (LONG_TEXT.includes(field)) return [`changed the ${field}`, ""];
  const [before, after] = values;
  if (field === "assignee" && actor && after?.id === actor.id) {
    return ["took the ticket", before ? `from ${before.name}` : ""];
  }
  const nothing = field === "assignee" ? "nobody" : "nothing";
  const [old, fresh] = values.map((value) => inWords(field, value) || nothing);
  return [`set ${field.replace(/_at$/, "").replaceAll("_", " ")}`, `${old} → ${fresh}`];
}

function inWords(field, value) {
  if (field.endsWith("_at")) return exact(value);
  return value?.name ?? value ?? "";
}
