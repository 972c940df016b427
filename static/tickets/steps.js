/** How a ticket's page puts changes into words, as tickets/timeline.py does. */
import { exact } from "./wording.js";

const LONG_TEXT = ["description"];
/** @type {Record<string, string>} */
const MERGES = { merged: "took in", merged_into: "merged it into" };

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
