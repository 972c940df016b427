/** Changes the page of one ticket in place. What a person types there is never touched. */
import { tellTimes } from "./clock.js";
import { Composer } from "./composer.js";
import { Counters } from "./counters.js";
import { part, parts } from "./elements.js";
import { flash } from "./flash.js";
import { withEarlier } from "./folds.js";
import "./offers.js";
import { Gone, fetchPage } from "./page.js";
import { Panel } from "./panel.js";
import "./presence.js";
import { soon } from "./soon.js";
import { store } from "./store.js";
import "./take.js";
import { showTags } from "./tags.js";
import { appendChange, appendComment, isPast, newestComment, sentence, takeTimeline } from "./timeline.js";
import { ownHeaders } from "./token.js";
import { due } from "./wording.js";

const place = part(document, "#ticket", HTMLElement);
const { url = "" } = place.dataset;
const id = Number(place.dataset.ticket);
const newest = part(document, "#timeline-end", HTMLElement);
const dock = part(document, ".dock", HTMLElement);
const end = part(document, "#talk-end", HTMLElement);
const meanwhile = part(document, "#meanwhile", HTMLElement);
const gone = part(document, "#gone", HTMLElement);
const panel = new Panel(part(document, "#panel", HTMLFormElement));
const composer = new Composer(part(document, "#composer", HTMLFormElement), panel);
const counters = new Counters();
const reloadSoon = soon(() => reload().catch(retry), { apart: 1000, spread: 500 });
const othersSoon = soon(() => others().then((it) => it.refresh()).catch(retry), { apart: 1000, spread: 300 });
let told = -1; // the newest comment that the server knows to be seen
/** @type {number | null} where the end stands in the window; null: it is not in sight */
let endAt = null;
const LOADED = /description|due_at|merged/; // told without all that they bring
/** @type {typeof import("./mailed.js") | undefined} */
let mailed;
const HEARD = 200; // characters of a comment
/** @type {string[]} */
const heard = [];

// The page that answers a refused save has an address that only takes saves. Neither a reload nor a
// log-in could lead back there, so the page takes the address of its ticket.
if (location.pathname !== url) history.replaceState(null, "", url);

store.isShown = (shown) => shown === id;
store.listen();
store.take([ticketIn(document)], Number(part(document, "#live", HTMLElement).dataset.head));
store.tell(); // The page shows it already.
store.watch((changes) => {
  if (changes.has(id)) draw();
});
document.addEventListener("live:event", ({ detail }) => {
  const event = /** @type {Desk.Event | Desk.Told} */ (detail);
  if (event.type === "notice.created") return void (event.data.notice.ticket === id && lookAgain());
  counters.hear(event);
  if (event.data.ticket?.id === id) tell(event);
  else if (event.type.startsWith("ticket.") && isTheirs(event.data.ticket)) othersSoon();
});
document.addEventListener("live:reset", ({ detail }) => detail.waitUntil(reload()));

const others = () => import("./others.js");

/** Whether it is another ticket of the same requester, or has been.
 *
 * @param {Partial<Desk.Ticket>} ticket
 */
function isTheirs({ id: other, requester_email: address }) {
  const own = store.get(id)?.requester_email.toLowerCase();
  const isListed = document.querySelector(`[data-other="${other}"]`) !== null;
  return isListed || (address && address.toLowerCase() === own);
}

/** The ticket as the page holds it.
 *
 * @param {Document} page
 * @returns {Desk.Known}
 */
function ticketIn(page) {
  return JSON.parse(part(page, "#known", HTMLElement).textContent);
}

/** What was said and done.
 *
 * @param {Desk.Event} event
 */
function tell({ type, id: position, data }) {
  if (type === "comment.created") {
    if (!appendComment(data, position)) return;
    if (data.comment.mail) showMail(data.comment.id, data.comment.mail, position);
    const who = [data.actor?.name ?? "Somebody", " wrote"];
    announce(data.actor, [...who, ": ", data.comment.body.slice(0, HEARD)]);
    tellMeanwhile(who);
  } else if (type === "comment.mailed") {
    showMail(data.comment.id, data.comment.mail, position);
  } else if (type === "ticket.updated") {
    if (!appendChange(data, position)) return;
    announce(data.actor, sentence(data));
    tellMeanwhile(sentence(data));
    const fields = Object.keys(data.changes).join();
    if (LOADED.test(fields)) reloadSoon();
    else if (fields.includes("requester")) othersSoon();
  }
}

/** @param {Parameters<typeof import("./mailed.js").showMail>} told */
function showMail(...told) {
  import("./mailed.js").then((it) => (mailed = it).showMail(...told)).catch(retry);
}

/** What the ticket is. */
function draw() {
  const ticket = store.get(id);
  if (!ticket) return leave();
  if (!gone.hidden) return reloadSoon(); // The ticket is back in sight.
  const { version, requester_name: requester, requester_email: to } = ticket;
  Object.assign(place.dataset, { version, requester, to });
  say("queue", ticket.queue.name);
  say("subject", ticket.subject);
  say("requester", ticket.requester_name || "no requester");
  say("email", ticket.requester_email);
  say("status", ticket.status, { status: ticket.status });
  say("priority", ticket.priority, { priority: ticket.priority });
  const labels = part(place, '[data-slot="tags"]', HTMLElement);
  if (showTags(labels, ticket.tags)) flash(labels);
  const email = part(place, '[data-slot="email"]', HTMLAnchorElement);
  email.href = `mailto:${ticket.requester_email}`;
  email.hidden = !ticket.requester_email;
  part(place, '[data-slot="updated"]', HTMLTimeElement).dateTime = ticket.updated_at;
  part(place, '[data-slot="due"]', HTMLTimeElement).dateTime = ticket.due_at ?? "";
  part(place, "#due", HTMLElement).hidden = !due(ticket.due_at, ticket.status);
  part(place, "#take", HTMLElement).hidden = ticket.assignee !== null;
  document.title = `#${id} ${ticket.subject} · Tickets`;
  tellTimes(place);
  panel.follow(ticket);
  if (ticket.merged_into) import("./merged.js").then((it) => it.lead(ticket, composer)).catch(retry);
}

/**
 * @param {string} name of the slot
 * @param {string} text
 * @param {DOMStringMap} [data]
 */
function say(name, text, data = {}) {
  for (const slot of parts(place, `[data-slot="${name}"]`, HTMLElement)) {
    if (slot.textContent === text) continue;
    slot.textContent = text;
    Object.assign(slot.dataset, data);
    flash(slot);
  }
}

/** Says to who cannot see it what others did, all that comes within a second at once.
 *
 * @param {Desk.Named | null} actor
 * @param {(Node | string)[]} words
 */
function announce(actor, words) {
  if (String(actor?.id) === document.body.dataset.user) return;
  heard.push(words.map((word) => (word instanceof Node ? word.textContent : word)).join(""));
  if (heard.length > 1) return;
  setTimeout(() => {
    part(document, "#announcer", HTMLElement).textContent = heard.splice(0).join(". ");
  }, 1000);
}

/** Only a person who is writing has to be told. Anybody else sees it happen.
 *
 * @param {(Node | string)[]} words
 */
function tellMeanwhile(words) {
  if (!composer.inUse && !panel.inUse) return;
  part(meanwhile, "span", HTMLElement).replaceChildren(...words, " while you were writing.");
  meanwhile.hidden = false;
}

part(meanwhile, "a", HTMLElement).addEventListener("click", () => {
  meanwhile.hidden = true;
  composer.saw(newestComment());
});

/** The reader has seen all that was said once the end of the timeline is in sight. While they write,
 * the composer knows better. */
function look() {
  const { top } = end.getBoundingClientRect();
  endAt = top >= 0 && top <= innerHeight ? top : null;
  const isHidden = newest.getBoundingClientRect().top > dock.getBoundingClientRect().top;
  if (isHidden || document.hidden || isPast() || !gone.hidden) return;
  const comment = newestComment();
  if (!composer.inUse) composer.saw(comment);
  if (comment > told) tellSeen(comment);
}

/** What has come about this ticket is read with it. */
function lookAgain() {
  told = -1;
  look();
}

/** A reader who is at the end of the conversation stays there, and sees what comes. For anybody else
 * nothing moves. */
function stay() {
  if (endAt !== null) window.scrollBy(0, end.getBoundingClientRect().top - endAt);
  look();
}

/** @param {number} comment the newest that was in sight; 0 if there is none */
async function tellSeen(comment) {
  told = comment;
  try {
    const body = JSON.stringify({ comment });
    const { ok, status } = await fetch(`${url}seen/`, { method: "POST", body, headers: ownHeaders() });
    if (!ok) throw new Error(`It answered ${status}`);
  } catch (error) {
    console.warn("The server was not told what has been read; it is told with what comes next:", error);
    told = -1;
  }
}

for (const name of ["scroll", "visibilitychange"]) document.addEventListener(name, look);

function leave() {
  gone.textContent =
    "This ticket has left your sight: it was moved, assigned to somebody else or deleted." +
    " Nothing can be saved here any more; what you wrote is still yours to copy.";
  gone.hidden = false;
  composer.body.readOnly = true;
  const used = "button, input[type=radio], #panel :is(input, select)";
  for (const control of place.querySelectorAll(used)) control.toggleAttribute("disabled", true);
}

/** Loads the ticket afresh and takes over what differs. Returns the position it was read at. */
async function reload() {
  let fetched;
  try {
    fetched = await withEarlier(await fetchPage(url));
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
    counters.refresh(); // They would have come with the page.
    return leave();
  }
  if (!gone.hidden) return location.assign(url); // The draft is kept.
  const ticket = ticketIn(fetched.page);
  takeTimeline(fetched);
  (await others()).take(fetched.page);
  mailed?.showMailSince(fetched.head);
  store.take([ticket], fetched.head);
  const { version } = /** @type {Desk.Known} */ (store.get(id));
  if (version < Number(place.dataset.version)) putBack();
  store.tell();
  if (version === ticket.version) panel.take(fetched.page);
  counters.take(fetched);
  lookAgain();
  return fetched.head;
}

/** A restore from a backup has undone what these notices tell. */
function putBack() {
  document.querySelector("#conflict")?.remove();
  meanwhile.hidden = true;
  tellMeanwhile(["The ticket was put back to an earlier state"]);
}

/** @param {unknown} error */
function retry(error) {
  console.warn("The ticket could not be loaded afresh; trying again:", error);
  setTimeout(reloadSoon, 5000);
}

composer.restore(Composer.isSaid);

// Files and pictures wait until somebody is at work here.
const wait = () => import("./files.js").then(({ follow }) => follow(composer.form));
for (const deed of ["focusin", "pointerover", "dragenter"]) addEventListener(deed, wait, { once: true });
if (composer.files.value) wait();
panel.restore();
if (store.get(id)?.merged_into) draw();
place.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).id !== "merge-into" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  import("./merge.js").then((it) => it.ask()).catch(() => location.assign(`${url}merge/`));
});

/** An entry that the address names and the page does not show is folded, or went along in a merge. */
function seek() {
  const { hash } = location;
  if (!/^#comment-\d+$/.test(hash) || document.querySelector(hash)) return;
  location.replace(`${url}?until=${hash.slice(1)}${hash}`);
}
seek();
addEventListener("hashchange", seek);

// The conversation opens at its end, unless the address names an entry or the browser goes back.
const [way] = performance.getEntriesByType("navigation");
const isFresh = way instanceof PerformanceNavigationTiming && way.type === "navigate";
if (isFresh && !location.hash) end.scrollIntoView({ block: "end" });
const growth = new ResizeObserver(stay);
for (const element of [part(document, "#timeline", HTMLElement), dock]) growth.observe(element);
