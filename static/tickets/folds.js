/** Opens in place what a ticket's page keeps folded: the earlier entries of its timeline, and the
 * rest of a long text. Where scripts are off, the same links lead to pages of their own. */
import { tellTimes } from "./clock.js";
import { part, parts, setText } from "./elements.js";
import { fetchPage } from "./page.js";
import { writeSaid } from "./said.js";
import { readNow } from "./since-reset.js";

const LESS = "Show less";

const timeline = part(document, "#timeline", HTMLOListElement);
let opened = 0; // times that earlier entries were opened
/** @type {Map<string, string>} the whole of each text that is open, by its address */
const whole = new Map();
/** @type {WeakMap<Element, {beginning: string, words: string}>} what an open text and its link said */
const before = new WeakMap();

timeline.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const link = target.closest("a[data-whole], #earlier > a");
  if (!(link instanceof HTMLAnchorElement)) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  const open = link.matches("[data-whole]") ? toggle(link) : openEarlier(link);
  open
    .catch((error) => {
      console.warn("It could not be opened in place:", error);
      location.assign(link.href);
    })
    .finally(() => (link.ariaBusy = null));
});

/** Tells of each link that what it leads to is folded, or shows again what was open.
 *
 * @param {ParentNode} root
 */
export function tellFolds(root) {
  for (const link of parts(root, "a[data-whole], #earlier > a", HTMLAnchorElement)) {
    link.ariaExpanded ??= "false";
    const text = whole.get(link.href);
    if (text === undefined || link.ariaExpanded === "true") continue;
    if (text.startsWith(textOf(link).textContent)) show(link, text);
    else whole.delete(link.href); // It is another text by now.
  }
}

/** Whether the item shows less than was said.
 *
 * @param {Element} item
 */
export const isShortened = (item) =>
  item.querySelector('[data-whole]:not([aria-expanded="true"])') !== null;

/** The fetched page with as much of the earlier entries as is open here.
 *
 * @param {Desk.Fetched} fetched
 */
export async function withEarlier(fetched) {
  const { page, head } = fetched;
  const times = page.querySelector("#later") ? 0 : opened;
  for (opened = 0; opened < times; opened += 1) {
    const [link] = parts(page, "#earlier > a", HTMLAnchorElement);
    if (!link) break;
    putBefore(link, await fetchEarlier(link));
  }
  return { page, head };
}

/** @param {HTMLAnchorElement} link */
async function openEarlier(link) {
  const items = putBefore(link, await fetchEarlier(link));
  opened += 1;
  for (const item of items) {
    tellTimes(item);
    readNow(item);
  }
  tellFolds(timeline);
  const [first] = items.filter((item) => item.id !== "earlier");
  first.tabIndex = -1;
  first.focus();
  const count = items.filter((item) => item.id !== "earlier").length;
  setText(part(document, "#announcer", HTMLElement), `${count} earlier shown`);
}

/** The entries before those that are here, with a link to what is before them.
 *
 * @param {HTMLAnchorElement} link
 */
async function fetchEarlier(link) {
  const { page } = await fetchPage(new URL(link.getAttribute("href") ?? "", location.href).href);
  return parts(page, "#timeline > :is(#earlier, [data-comment], [data-version])", HTMLLIElement);
}

/**
 * @param {HTMLAnchorElement} link
 * @param {HTMLLIElement[]} theirs
 */
function putBefore(link, theirs) {
  const items = theirs.map((item) => link.ownerDocument.importNode(item, true));
  link.parentElement?.replaceWith(...items);
  return items;
}

/** @param {HTMLAnchorElement} link */
async function toggle(link) {
  if (link.ariaExpanded === "true") return hide(link);
  const { page } = await fetchPage(link.href);
  const text = part(page, "#whole-text", HTMLElement).textContent;
  whole.set(link.href, text);
  show(link, text);
}

/**
 * @param {HTMLAnchorElement} link
 * @param {string} text
 */
function show(link, text) {
  const place = textOf(link);
  before.set(link, { beginning: place.textContent, words: link.textContent });
  writeSaid(place, text);
  link.textContent = LESS;
  link.ariaExpanded = "true";
}

/** @param {HTMLAnchorElement} link */
function hide(link) {
  const { beginning = "", words = "" } = before.get(link) ?? {};
  whole.delete(link.href);
  writeSaid(textOf(link), beginning, true);
  link.textContent = words;
  link.ariaExpanded = "false";
  link.closest("li")?.scrollIntoView({ block: "nearest" });
}

/** @param {HTMLAnchorElement} link */
const textOf = (link) => part(link.closest("li") ?? document, ".said-text", HTMLElement);

tellFolds(timeline);
