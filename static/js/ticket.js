/** One ticket changes in place; what the reader types is never touched. */
import { tellTimes } from "./clock.js";
import { Counters } from "./counters.js";
import { Draft } from "./draft.js";
import { flash } from "./flash.js";
import { Gone, fetchPage } from "./page.js";
import { Panel } from "./panel.js";
import { soon } from "./soon.js";
import { appendChange, appendComment, sentence, takeTimeline } from "./timeline.js";

const place = document.getElementById("ticket");
const composer = document.getElementById("composer");
const { body, internal } = composer.elements;
const meanwhile = document.getElementById("meanwhile");
const gone = document.getElementById("gone");
const panel = new Panel(document.getElementById("panel"));
const counters = new Counters();
const draft = new Draft(composer.dataset.draft, { body, internal });
const reloadSoon = soon(() => reload().catch(retry), { apart: 1000, spread: 500 });
let isGone = false;

// The answer to a refused save has an address that only takes saves: no reload, no log-in leads there.
if (location.pathname !== place.dataset.url) history.replaceState(null, "", place.dataset.url);

const slots = (name, root = place) => root.querySelectorAll(`[data-slot="${name}"]`);

document.addEventListener("live:event", ({ detail }) => {
  counters.hear(detail);
  if (detail.data.ticket.id !== Number(place.dataset.ticket)) return;
  keepInPlace(() => apply(detail));
});
document.addEventListener("live:reset", ({ detail }) => detail.waitUntil(reload()));

function apply({ type, id: position, data }) {
  if (type === "ticket.removed") return leave();
  if (isGone) return reloadSoon(); // it is back in sight
  if (type === "comment.created") {
    if (appendComment(data, position)) tellMeanwhile([data.actor?.name ?? "Somebody", " wrote"]);
    return;
  }
  if (data.ticket.version <= Number(place.dataset.version)) return;
  appendChange(data, position);
  show(data.ticket);
  tellMeanwhile(sentence(data));
  if ("description" in data.changes || "requester_email" in data.changes) reloadSoon();
}

function show(ticket) {
  place.dataset.version = ticket.version;
  say("queue", ticket.queue.name);
  say("subject", ticket.subject);
  say("requester", ticket.requester_name || "no requester");
  say("status", ticket.status, { status: ticket.status });
  say("priority", ticket.priority, { priority: ticket.priority });
  for (const time of slots("updated")) time.dateTime = ticket.updated_at;
  for (const time of slots("due")) time.dateTime = ticket.due_at ?? "";
  document.getElementById("due").hidden = !ticket.due_at;
  document.title = `#${ticket.id} ${ticket.subject} · Tickets`;
  document.getElementById("take").hidden = ticket.assignee !== null;
  tellTimes(place);
  panel.follow(ticket);
}

function say(name, text, data = {}) {
  for (const slot of slots(name)) {
    if (slot.textContent === text) continue;
    slot.textContent = text;
    Object.assign(slot.dataset, data);
    flash(slot);
  }
}

/** Only who is writing needs to be told; anybody else sees it happen. */
function tellMeanwhile(words) {
  if (!isWriting()) return;
  meanwhile.firstElementChild.replaceChildren(...words, " while you were writing.");
  meanwhile.hidden = false;
}

const isWriting = () => body.value !== "" || document.activeElement === body || panel.inUse;

meanwhile.querySelector("a").addEventListener("click", () => (meanwhile.hidden = true));

function leave() {
  isGone = true;
  gone.textContent =
    "This ticket has left your sight: it was moved, assigned to somebody else or deleted." +
    " Nothing can be saved here any more; what you wrote is still yours to copy.";
  gone.hidden = false;
  body.readOnly = true;
  panel.close();
  for (const button of place.querySelectorAll("button, input[type=radio]")) button.disabled = true;
}

/** Load the ticket afresh and take over what differs; the position it was read at. */
async function reload() {
  let fetched;
  try {
    fetched = await fetchPage(place.dataset.url);
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
    return leave();
  }
  if (isGone) return location.assign(place.dataset.url); // the draft is kept
  const theirs = fetched.page.getElementById("ticket");
  keepInPlace(() => {
    takeTimeline(fetched.page, fetched.head);
    if (Number(theirs.dataset.version) >= Number(place.dataset.version)) takeFacts(theirs);
  });
  counters.take(fetched);
  return fetched.head;
}

function takeFacts(theirs) {
  place.dataset.version = theirs.dataset.version;
  for (const name of ["queue", "subject", "requester", "status", "priority"]) {
    const [slot] = slots(name, theirs);
    say(name, slot.textContent, { ...slot.dataset });
  }
  for (const selector of ["dl", "#take"]) {
    const part = document.importNode(theirs.querySelector(`.panel ${selector}`), true);
    place.querySelector(`.panel ${selector}`).replaceWith(part);
  }
  tellTimes(place);
  panel.take(theirs.ownerDocument);
}

function retry(error) {
  console.warn("The ticket could not be loaded afresh; trying again:", error);
  setTimeout(reloadSoon, 5000);
}

/** What comes in above must not push away the line that is being written. */
function keepInPlace(change) {
  const isTyping = document.activeElement === body;
  const before = composer.getBoundingClientRect().top;
  change();
  if (isTyping) window.scrollBy(0, composer.getBoundingClientRect().top - before);
}

const own = () => [...document.querySelectorAll(`[data-author="${document.body.dataset.user}"]`)];
const idOf = (item) => Number(item.dataset.comment);

if (draft.restore((after) => own().filter((item) => idOf(item) > after).map(textOf))) {
  document.getElementById("draft-state").textContent = "Draft restored: it has not been sent.";
} else {
  document.getElementById("draft-state").textContent = "Draft kept in this tab · Ctrl ↵ sends";
}

function textOf(item) {
  return item.querySelector(".said-text").textContent.trim();
}

function nameButton() {
  const { reply, note } = composer.querySelector("button").dataset;
  composer.querySelector("button").textContent = internal.value ? note : reply;
}

composer.addEventListener("input", () => {
  draft.keep();
  nameButton();
});
composer.addEventListener("submit", () => draft.sent(Math.max(0, ...own().map(idOf))));
composer.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) composer.requestSubmit();
});
nameButton();
