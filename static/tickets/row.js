/** A row of the list shows a ticket: a row of the page itself, or a copy of the page's template. */
import { tellTimes } from "./clock.js";
import { copyOf, part, parts } from "./elements.js";
import { showTags } from "./tags.js";
import { initials, tint } from "./wording.js";

// These cells change with every other one, so that they change is no news.
const QUIET = ".cell-age, .cell-updated";

/** @param {Desk.Known} ticket */
export function rowOf(ticket) {
  const row = copyOf("row-template", HTMLTableRowElement);
  row.dataset.ticket = String(ticket.id);
  for (const [selector, name] of [["a.subject", "href"], [".take", "action"]]) {
    const element = part(row, selector, HTMLElement);
    const address = element.getAttribute(name) ?? "";
    element.setAttribute(name, address.replace("/0/", `/${ticket.id}/`)); // It is that of ticket 0.
  }
  part(row, ".take button", HTMLElement).setAttribute("aria-label", `Take ticket ${ticket.id}`);
  part(row, "[data-select]", HTMLElement).setAttribute("aria-label", `Select ticket ${ticket.id}`);
  fill(row, ticket);
  return row;
}

/** Makes the row show the ticket. Text from people goes in as text, never as markup. Returns the cells
 * in which there is news to see.
 *
 * @param {HTMLTableRowElement} row
 * @param {Desk.Known} ticket
 */
export function fill(row, ticket) {
  /** @type {Set<HTMLElement>} */
  const changed = new Set();
  /** @type {(name: string, text: string, data?: DOMStringMap) => void} */
  const say = (name, text, data = {}) => {
    for (const slot of parts(row, `[data-slot="${name}"]`, HTMLElement)) {
      if (slot.textContent === text) continue;
      slot.textContent = text;
      Object.assign(slot.dataset, data);
      changed.add(cellOf(slot));
    }
  };
  row.dataset.version = String(ticket.version);
  row.toggleAttribute("data-unread", Boolean(ticket.unread));
  say("number", String(ticket.id));
  say("subject", ticket.subject);
  part(row, "a.subject", HTMLElement).title = ticket.subject;
  say("requester", ticket.requester_name);
  say("queue", ticket.queue.name);
  say("status", ticket.status, { status: ticket.status });
  say("priority", ticket.priority, { priority: ticket.priority });
  say("name", ticket.assignee?.name ?? "");
  say("unread", ticket.unread ? "unread" : "");
  const labels = part(row, '[data-slot="tags"]', HTMLElement);
  if (showTags(labels, ticket.tags)) changed.add(cellOf(labels));
  say("who", ticket.last_activity_by ?? "");
  fillAssignee(row, ticket.assignee);
  const { due_at: due, created_at: created, last_activity_at: activity, updated_at } = ticket;
  for (const [name, moment] of Object.entries({ due, created, activity, updated: updated_at })) {
    const time = part(row, `time[data-slot="${name}"]`, HTMLTimeElement);
    if (time.dateTime === (moment ?? "")) continue;
    time.dateTime = moment ?? "";
    if (!moment) time.textContent = "";
    changed.add(cellOf(time));
  }
  tellTimes(row);
  return [...changed].filter((cell) => !cell.matches(QUIET));
}

/**
 * @param {HTMLTableRowElement} row
 * @param {Desk.Named | null} assignee
 */
function fillAssignee(row, assignee) {
  part(row, ".person", HTMLElement).hidden = !assignee;
  part(row, ".take", HTMLElement).hidden = Boolean(assignee);
  if (!assignee) return;
  const avatar = part(row, ".avatar", HTMLElement);
  avatar.dataset.tint = String(tint(assignee.name));
  avatar.textContent = initials(assignee.name);
}

/** @param {HTMLElement} slot */
const cellOf = (slot) => /** @type {HTMLElement} */ (slot.closest("td, th"));
