/** The list of tickets follows what happens and keeps still all the same: cells change where they
 * stand, and which rows there are changes when the reader asks for it, or is idle at the top. */
import { Announcer } from "./announcer.js";
import { Counters } from "./counters.js";
import { part, parts } from "./elements.js";
import { Filter } from "./filter.js";
import { List } from "./list.js";
import { fetchData, fetchPage } from "./page.js";
import "./people.js";
import { isIdleAtTop } from "./reader.js";
import { reasonOf } from "./reasons.js";
import { Rows } from "./rows.js";
import "./selection.js";
import { isOvertaken } from "./since-reset.js";
import { soon } from "./soon.js";
import { store } from "./store.js";
import "./take.js";

const LEAVING = 3000; // ms for which a row that has left can be read, by who watches only
const APART = 500; // ms. To move rows at each frame would keep the page busy,
const MOST = 5; // and to move more of them in one frame would hold up what the reader does.
const MINUTE = 60_000;

const board = part(document, "#board", HTMLElement);
const table = part(board, "table", HTMLTableElement);
const pill = part(document, "#pill", HTMLButtonElement);
const pause = part(document, "#pause", HTMLButtonElement);
const filters = part(document, "#filters", HTMLFormElement);
const announcer = new Announcer(part(document, "#announcer", HTMLElement));
const counters = new Counters(location.search, showTotal);
const filter = new Filter(board.dataset, location.search);
const list = new List(store, filter, Number(board.dataset.pageSize));
const rows = new Rows(part(table, "#rows", HTMLTableSectionElement), store);
const reloadSoon = soon(() => reload().catch(retry), { apart: 1000, spread: 1500 });
const seesAll = "seesAll" in board.dataset;
/** @type {Set<number> | null} while the reader pauses the list: the tickets of which it is held back */
let held = null;
let releasedAt = 0;
let nextFrame = 0; // in which the release goes on

take(listingOf(document));
list.shown = rows.ids;
store.listen();
store.watch((changes) => {
  if (list.change(changes)) reloadSoon();
  follow(changes.keys());
});
document.addEventListener("live:event", ({ detail }) => {
  counters.hear(/** @type {Desk.Event} */ (detail));
});
document.addEventListener("live:reset", ({ detail }) => detail.waitUntil(startOver()));

/** The rows show what has become of these tickets, or it is held back.
 *
 * @param {Iterable<number>} ids
 */
function follow(ids) {
  for (const id of ids) {
    if (held && list.shown.includes(id)) held.add(id);
    else if (!held && rows.draw(id)) announcer.count("changed");
  }
  settle();
}

/** The rest of what has changed is shown, or offered, or held back. */
function settle() {
  const { fresh, left, isMoved } = list.waiting;
  if (held) {
    const count = new Set([...held, ...fresh, ...left]).size;
    const more = Object.assign(document.createElement("span"), { className: "visually-hidden" });
    more.textContent = " held back";
    pause.replaceChildren(...(count > 0 ? [`Resume, ${count}`, more] : ["Resume"]));
    return;
  }
  announcer.count("gone", rows.mark(list.left, (id) => reasonOf(id, store, filter, seesAll)));
  announcer.expect(fresh);
  const isWaiting = fresh.length + left.length > 0 || isMoved;
  const isIdle = list.page === 1 && isIdleAtTop(board);
  if (!isIdle) offer(isWaiting ? wordsFor(fresh.length, left.length) : "");
  else if (isWaiting && !nextFrame && performance.now() - releasedAt > APART) release(LEAVING, MOST);
}
setInterval(settle, APART);

/**
 * @param {number} fresh
 * @param {number} left
 */
function wordsFor(fresh, left) {
  if (list.page > 1) return "The list has moved on – show";
  if (fresh + left === 0) return "The order has changed – show";
  const come = `${fresh}${fresh === list.size ? "+" : ""} new ticket${fresh === 1 ? "" : "s"}`;
  if (left === 0) return `${come} – show`;
  return fresh === 0 ? `${left} left this list – clear` : `${come}, ${left} left – show`;
}

/** @param {string} words */
function offer(words) {
  if (pill.textContent !== words) pill.textContent = words;
  if (!words && pill === document.activeElement) part(document, "#main", HTMLElement).focus();
  pill.hidden = !words;
}

/**
 * @param {number} [stay] ms for which a row that has left still stands
 * @param {number} [most] rows that move; the others follow frame by frame, while the reader is idle
 */
function release(stay, most) {
  list.release(stay);
  const { shown } = list;
  list.shown = rows.show(shown, most);
  releasedAt = performance.now();
  if (String(list.shown) !== String(shown)) {
    releasedAt = 0;
    nextFrame = requestAnimationFrame(() => {
      nextFrame = 0;
      settle();
    });
  }
  const isEmpty = list.shown.length === 0;
  table.hidden = isEmpty;
  part(board, "#empty", HTMLElement).hidden = !isEmpty;
  offer("");
}

pill.addEventListener("click", () => {
  if (list.waiting.fresh.length > 0) window.scrollTo({ top: 0 });
  release();
});
pause.addEventListener("click", () => {
  const ids = held ?? [];
  held = held ? null : new Set();
  document.documentElement.toggleAttribute("data-paused", held !== null);
  pause.textContent = held ? "Resume" : "Pause";
  offer("");
  follow(ids);
});

/** @type {(total: number, head: number) => void} */
function showTotal(total, head) {
  const count = part(document, "[data-total]", HTMLElement);
  if (isOvertaken(count, head)) total = Number(count.textContent);
  if (count.textContent !== String(total)) count.textContent = String(total);
  const title = `(${total}) ${board.dataset.label} · Tickets`;
  if (!document.title.endsWith(title)) document.title = title; // The bell stands before it.
  const pages = Math.max(1, Math.ceil(total / list.size));
  const rest = total - (list.page - 1) * list.size;
  const isShort = Math.min(list.members.size, list.size) < Math.min(rest, list.size);
  if (pages < list.page || isShort) reloadSoon();
  list.pages = pages;
  showPager();
}

function showPager() {
  const { page, pages } = list;
  const pager = part(board, "#pager", HTMLElement);
  pager.hidden = pages === 1;
  part(pager, "span", HTMLElement).textContent = `Page ${page} of ${pages}`;
  for (const [rel, number] of Object.entries({ prev: page - 1, next: page + 1 })) {
    const link = part(pager, `[rel=${rel}]`, HTMLAnchorElement);
    const url = new URL(location.href);
    url.searchParams.set("page", String(number));
    link.href = url.search;
    link.classList.toggle("absent", number < 1 || number > pages);
  }
}

/** @param {Desk.Listing} listing */
function take(listing) {
  store.take(listing.results, listing.head);
  list.take(listing);
  showTotal(listing.count, listing.head);
  return listing.head;
}

/** @param {ParentNode} page */
function listingOf(page) {
  return JSON.parse(part(page, "#listing", HTMLScriptElement).textContent);
}

/** Loads the list afresh, to know what events do not tell. */
async function reload() {
  const listing = await fetchData(`${board.dataset.rows}${location.search}`);
  if (!listing) return;
  take(listing);
  settle();
}

/** After a reset queues, rights and names may be others, so the whole page is loaded afresh. Returns
 * the position it was read at. */
async function startOver() {
  const fetched = await fetchPage(location.href);
  const head = take(listingOf(fetched.page));
  for (const id of ["#label", "#words", "#empty"]) {
    const fresh = document.importNode(part(fetched.page, id, HTMLElement), true);
    part(document, id, HTMLElement).replaceChildren(...fresh.childNodes);
  }
  for (const select of parts(filters, "select", HTMLSelectElement)) {
    const fresh = part(fetched.page, `#${select.id}`, HTMLSelectElement);
    if (fresh.textContent === select.textContent) continue;
    select.replaceChildren(...document.importNode(fresh, true).childNodes);
  }
  board.dataset.label = part(fetched.page, "#board", HTMLElement).dataset.label;
  counters.take(fetched);
  store.tell();
  return head;
}

/** @param {unknown} error */
function retry(error) {
  console.warn("The list could not be loaded afresh; trying again:", error);
  setTimeout(reloadSoon, 5000);
}

// That time goes by changes such lists too: what is not overdue now is in an hour.
if (filter.isServers) setInterval(reloadSoon, MINUTE);

table.addEventListener("selection", () => {
  import("./many.js").then(({ follow }) => follow()).catch(console.warn);
});

filters.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});
// A board that the browser kept has controls that hold what was chosen for the list after it.
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) filters.reset();
});
