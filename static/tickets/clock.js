/** Ages go on by themselves, and times are told in the time zone in which the server told them. */
import { part, parts, setText } from "./elements.js";
import { age, ago, clock, due, exact } from "./wording.js";

const TICK = 15_000;

/** Writes the times within `root` as they are now.
 *
 * @param {ParentNode} root
 */
export function tellTimes(root) {
  for (const time of parts(root, "time[datetime]", HTMLTimeElement)) {
    const then = time.dateTime;
    if (!then) continue;
    if ("age" in time.dataset) setText(time, time.dataset.age === "ago" ? ago(then) : age(then));
    else if ("clock" in time.dataset) setText(time, clock(then));
    else if (time.dataset.slot === "due") tellDue(time, then);
    time.title = exact(then);
  }
}

/**
 * @param {HTMLTimeElement} time
 * @param {string} then
 */
function tellDue(time, then) {
  const ticket = time.closest("tr, .ticket") ?? document;
  const { status = "" } = part(ticket, '[data-slot="status"]', HTMLElement).dataset;
  const words = due(then, status);
  setText(time, words);
  time.classList.toggle("overdue", words.startsWith("overdue"));
}

tellTimes(document);
setInterval(() => tellTimes(document), TICK);
