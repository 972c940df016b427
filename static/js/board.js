/** The list of tickets changes in place as events come. */
import { Announcer } from "./announcer.js";
import { tellTimes } from "./clock.js";
import { Counters } from "./counters.js";
import { flash } from "./flash.js";
import { fetchPage } from "./page.js";
import { become, rowOf } from "./row.js";
import { soon } from "./soon.js";

const board = document.getElementById("board");
const list = document.getElementById("rows");
const table = list.closest("table");
const empty = document.getElementById("empty");
const announcer = new Announcer(document.getElementById("announcer"));
const counters = new Counters(location.search, showTotal);
const touched = new Map(); // ticket id → position of the last event that was applied to the list
const reloadSoon = soon(() => reload().catch(retry), { apart: 1000, spread: 1500 });

const size = () => Number(board.dataset.pageSize);
const page = () => Number(board.dataset.page);
const pages = () => Number(board.dataset.pages);
const rowWith = (id) => list.querySelector(`[data-ticket="${id}"]`);
const idOf = (row) => Number(row.dataset.ticket);

document.addEventListener("live:event", ({ detail }) => {
  counters.hear(detail);
  if (detail.type.startsWith("ticket.")) apply(detail);
});
document.addEventListener("live:reset", ({ detail }) => detail.waitUntil(reload()));

function apply({ type, id: position, data: { ticket, changes } }) {
  const row = rowWith(ticket.id);
  if (row && ticket.version <= Number(row.dataset.version)) return;
  touched.set(ticket.id, position);
  const stays = type !== "ticket.removed" && belongs(ticket);
  if (row && stays) change(row, rowOf(ticket));
  else if (row) leave(row);
  // What is searched is not all in the event, so only the server can say what belongs.
  if (board.dataset.q) return reloadSoon();
  if (row) return;
  if (page() === 1 && stays) enter(ticket);
  // One more or less before it moves every later page.
  if (page() > 1 && stays !== stood(type, ticket, changes)) reloadSoon();
}

/** Whether it was in the list before; undefined if the event does not tell. */
function stood(type, ticket, changes) {
  if (type !== "ticket.updated") return undefined;
  const before = Object.entries(changes).map(([field, [old]]) => [field, old]);
  return belongs({ ...ticket, ...Object.fromEntries(before) });
}

/** Whether the list's filters let it in. */
function belongs({ status, priority, queue, assignee }) {
  const wanted = board.dataset;
  return (
    (!wanted.statuses || wanted.statuses.split(" ").includes(status)) &&
    ["", priority].includes(wanted.priority) &&
    ["", String(queue.id)].includes(wanted.queue) &&
    ["", String(assignee?.id ?? 0)].includes(wanted.assignee)
  );
}

function change(row, fresh) {
  if (become(row, fresh)) announcer.count("changed");
  tidy();
}

function enter(ticket) {
  const next = [...list.rows].find((row) => idOf(row) < ticket.id);
  if (!next && list.rows.length >= size()) return;
  const row = rowOf(ticket);
  list.insertBefore(row, next ?? null);
  flash(row);
  announcer.count("new");
  while (list.rows.length > size()) drop(list.rows[list.rows.length - 1]);
  tidy();
}

function leave(row) {
  drop(row);
  announcer.count("gone");
  if (page() < pages() || list.rows.length === 0) reloadSoon(); // the next page's first moves up
  tidy();
}

/** Whoever was on the row goes on from the next. */
function drop(row) {
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const hadFocus = row.contains(document.activeElement);
  row.remove();
  if (hadFocus) (neighbour?.querySelector("a.subject") ?? document.getElementById("main")).focus();
}

function tidy() {
  table.hidden = list.rows.length === 0;
  empty.hidden = !table.hidden;
  const due = [...list.querySelectorAll('[data-slot="due"]')];
  table.classList.toggle("has-due", due.some((time) => time.dateTime));
}

function showTotal(total) {
  document.querySelector("[data-total]").textContent = total;
  document.title = `(${total}) ${board.dataset.label} · Tickets`;
  if (Math.max(1, Math.ceil(total / size())) !== pages()) reloadSoon();
}

/** Load the list afresh and take over what differs; the position it was read at. */
async function reload() {
  const fetched = await fetchPage(location.href);
  const rows = [...fetched.page.getElementById("rows").rows].map((row) => document.importNode(row, true));
  const ids = new Set(rows.map(idOf));
  const isNewer = (id) => (touched.get(id) ?? 0) > fetched.head;
  for (const row of [...list.rows]) {
    if (!ids.has(idOf(row)) && !isNewer(idOf(row))) drop(row);
  }
  for (const fresh of rows) {
    if (!isNewer(idOf(fresh))) takeRow(fresh);
  }
  for (const [id, position] of touched) if (position <= fetched.head) touched.delete(id);
  takeFrame(fetched.page);
  counters.take(fetched);
  return fetched.head;
}

function takeRow(fresh) {
  tellTimes(fresh);
  const row = rowWith(idOf(fresh));
  if (row) {
    if (Number(fresh.dataset.version) >= Number(row.dataset.version)) become(row, fresh);
    return;
  }
  const next = [...list.rows].find((other) => idOf(other) < idOf(fresh));
  list.insertBefore(fresh, next ?? null);
}

/** Pages, empty state and total as on the fetched page. */
function takeFrame(fetched) {
  const theirs = fetched.getElementById("board");
  for (const name of ["page", "pages"]) board.dataset[name] = theirs.dataset[name];
  for (const id of ["pager", "empty"]) {
    const part = document.importNode(fetched.getElementById(id), true);
    document.getElementById(id).replaceChildren(...part.childNodes);
  }
  tidy();
  showTotal(Number(fetched.querySelector("[data-total]").textContent));
}

function retry(error) {
  console.warn("The list could not be loaded afresh; trying again:", error);
  setTimeout(reloadSoon, 5000);
}

const filters = document.getElementById("filters");
filters.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  filters.elements.q.focus();
});
