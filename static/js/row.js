/** A ticket as a row of the list: the server's own template, filled from an event. */
import { tellTimes } from "./clock.js";
import { flash } from "./flash.js";
import { initials, tint } from "./wording.js";

const template = document.getElementById("row-template");
const QUIET = ".cell-age, .cell-updated"; // change with everything, so say nothing

/** A new row. Text from people goes in as text, never as markup. */
export function rowOf(ticket) {
  const row = template.content.firstElementChild.cloneNode(true);
  const slot = (name) => row.querySelector(`[data-slot="${name}"]`);
  const say = (name, text) => (slot(name).textContent = text);
  row.dataset.ticket = ticket.id;
  row.dataset.version = ticket.version;
  const link = slot("subject");
  link.setAttribute("href", link.getAttribute("href").replace("/0/", `/${ticket.id}/`));
  say("number", ticket.id);
  say("subject", ticket.subject);
  link.title = ticket.subject;
  say("requester", ticket.requester_name);
  say("queue", ticket.queue.name);
  say("status", ticket.status);
  slot("status").dataset.status = ticket.status;
  say("priority", ticket.priority);
  slot("priority").dataset.priority = ticket.priority;
  fillAssignee(slot("assignee"), ticket);
  slot("due").dateTime = ticket.due_at ?? "";
  slot("created").dateTime = ticket.created_at;
  slot("updated").dateTime = ticket.updated_at;
  tellTimes(row);
  return row;
}

function fillAssignee(cell, { id, assignee }) {
  const [person, take] = cell.children;
  person.hidden = !assignee;
  take.hidden = Boolean(assignee);
  take.setAttribute("action", take.getAttribute("action").replace("/0/", `/${id}/`));
  take.querySelector("button").setAttribute("aria-label", `Take ticket ${id}`);
  if (!assignee) return;
  const [avatar, name] = person.children;
  avatar.dataset.tint = tint(assignee.name);
  avatar.textContent = initials(assignee.name);
  name.textContent = assignee.name;
}

/** Make `row` what `fresh` is, in place, so that focus stays; true if there was anything to see. */
export function become(row, fresh) {
  tellTimes(row); // that time went by is no change
  const cells = [...row.cells].filter((cell, index) => copy(fresh.cells[index], cell));
  row.dataset.version = fresh.dataset.version;
  const loud = cells.filter((cell) => !cell.matches(QUIET));
  loud.forEach(flash);
  return loud.length > 0;
}

/** Both come from one template, so each element has its counterpart. */
function copy(from, to) {
  let differs = false;
  const counterparts = to.querySelectorAll("*");
  from.querySelectorAll("*").forEach((source, index) => {
    if (source.matches("input")) return; // the token of the form: each is as good
    const target = counterparts[index];
    for (const name of new Set([...source.getAttributeNames(), ...target.getAttributeNames()])) {
      if (source.getAttribute(name) === target.getAttribute(name)) continue;
      differs ||= name !== "title";
      if (source.hasAttribute(name)) target.setAttribute(name, source.getAttribute(name));
      else target.removeAttribute(name);
    }
    if (source.childElementCount === 0 && source.textContent !== target.textContent) {
      target.textContent = source.textContent;
      differs = true;
    }
  });
  return differs;
}
