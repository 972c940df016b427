/** The bell: what needs this agent. Events say that it has changed, and the server what it holds. */
import { tellTimes } from "./clock.js";
import { part, renew } from "./elements.js";
import { remembered } from "./of-browser.js";
import { fetchPage, fetchPart } from "./page.js";
import { isOvertaken } from "./since-reset.js";
import { soon } from "./soon.js";
import { sayInTitle } from "./title.js";
import { ownHeaders } from "./token.js";

const NEWS = 60_000; // ms. An older event comes from the time when the page was not live.
const NOT_READ = "The server has not marked them as read: try again.";

const bell = part(document, "#bell", HTMLElement);
const list = document.getElementById("notices"); // on the page of all notices
const announcer = part(document, "#announcer", HTMLElement);
const { url = "", read = "" } = bell.dataset;
const refreshSoon = soon(() => refresh().catch(retry), { apart: 1000, spread: 300 });

document.addEventListener("live:event", ({ detail }) => {
  const { type, data } = /** @type {{type: string, data: any}} */ (detail);
  if (type.startsWith("notice.") || concerns(type, data.ticket)) refreshSoon();
  if (type !== "notice.created" || window.live.now() - Date.parse(data.at) > NEWS) return;
  if (remembered("rings")) import("./ring.js").then(({ ring }) => ring(data.notice.id, refresh));
});
document.addEventListener("live:reset", ({ detail }) => detail.waitUntil(refresh()));
document.addEventListener("submit", async (event) => {
  if (/** @type {Element} */ (event.target).id !== "read-all") return;
  event.preventDefault();
  const answer = await fetch(read, { method: "POST", headers: ownHeaders() }).catch(console.warn);
  part(document, "#says", HTMLElement).textContent = answer?.ok ? "" : NOT_READ;
  refreshSoon();
});

/** A ticket of the bell has changed, or one has come into sight that may belong there.
 *
 * @type {(type: string, ticket: any) => boolean} */
const concerns = (type, ticket) =>
  type === "ticket.created"
    ? ticket.version > 1
    : type.startsWith("ticket.") && (bell.dataset.tickets ?? "").split(" ").includes(`${ticket.id}`);

/** Returns the position of the log that the bell is at least as new as. */
async function refresh() {
  const theirs = part(await fetchPart(url), "#bell", HTMLElement);
  const { number } = theirs.dataset;
  const head = Number(theirs.dataset.head);
  if (list) {
    const fetched = await fetchPage(location.href);
    if (!isOvertaken(list, fetched.head)) take(list, fetched.page, "#notices");
  }
  if (isOvertaken(bell, head)) return head;
  for (const name of ["summary", ".popover"]) take(part(bell, name, HTMLElement), theirs, name);
  if (number && number !== bell.dataset.number) announcer.textContent = `Unread notices: ${number}`;
  sayInTitle(Object.assign(bell.dataset, theirs.dataset));
  return head;
}

/** @type {(ours: HTMLElement, page: ParentNode, selector: string) => void} */
function take(ours, page, selector) {
  renew(ours, part(page, selector, HTMLElement));
  tellTimes(ours);
}

/** @param {unknown} error */
function retry(error) {
  console.warn("The notices could not be read; trying again:", error);
  setTimeout(refreshSoon, 5000);
}

sayInTitle(bell.dataset);
import("./away.js").catch(console.warn);
