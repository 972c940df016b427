/** Ages tick by themselves, and times are this reader's. */
import { age, ago, clock, due, exact } from "./wording.js";

const TICK = 15_000;

/** Say the times within `root` as they are now. */
export function tellTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const then = time.dateTime;
    if (!then) continue;
    if ("age" in time.dataset) setText(time, time.dataset.age === "ago" ? ago(then) : age(then));
    else if ("clock" in time.dataset) setText(time, clock(then));
    else if (time.dataset.slot === "due") tellDue(time, then);
    time.title = exact(then);
  }
}

function tellDue(time, then) {
  const status = time.closest("tr, .ticket").querySelector('[data-slot="status"]').dataset.status;
  const words = due(then, status);
  setText(time, words);
  time.classList.toggle("overdue", words.startsWith("overdue"));
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

tellTimes(document);
setInterval(() => tellTimes(document), TICK);
