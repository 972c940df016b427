/** Appends in place what is said and done on a ticket. */
import { tellTimes } from "./clock.js";
import { copyOf, make, part, parts } from "./elements.js";
import { flash } from "./flash.js";
import { tellFolds } from "./folds.js";
import { writeSaid } from "./said.js";
import { positionOf, readNow } from "./since-reset.js";
import { noted, saidBy, tag } from "./speakers.js";
import { steps } from "./steps.js";
import { initials, tint } from "./wording.js";

const timeline = part(document, "#timeline", HTMLOListElement);

/** True if the comment was not there yet.
 *
 * @param {Desk.Said} said
 * @param {number} position
 */
export function appendComment({ comment }, position) {
  if (timeline.querySelector(`[data-comment="${comment.id}"]`)) return false;
  const item = copyOf("comment-template", HTMLLIElement);
  /** @param {string} name */
  const inside = (name) => part(item, `[data-part="${name}"]`, HTMLElement);
  const avatar = part(item, ".avatar", HTMLElement);
  const name = saidBy(comment, part(document, "#ticket", HTMLElement).dataset.requester ?? "");
  item.id = `comment-${comment.id}`;
  item.dataset.position = String(position);
  item.dataset.comment = String(comment.id);
  item.dataset.author = String(comment.author?.id ?? "");
  item.classList.toggle("internal", comment.internal);
  avatar.textContent = name ? initials(name) : "?";
  avatar.dataset.tint = name ? String(tint(name)) : "";
  inside("author").textContent = name || "no author recorded";
  inside("tag").textContent = tag(comment);
  inside("noted").textContent = noted(comment);
  writeSaid(inside("body"), comment.body, comment.shortened);
  for (const [name, is] of Object.entries({ rest: comment.shortened, quoted: comment.quoted })) {
    inside(name).hidden = false;
    if (is) leadTo(part(inside(name), "a", HTMLAnchorElement), "href", comment.id);
    else inside(name).remove();
  }
  if (comment.mail) leadTo(part(item, ".again", HTMLFormElement), "action", comment.id);
  else inside("mail").remove();
  if (comment.attachments?.length) import("./attached.js").then(({ show }) => show(item, comment));
  append(item, comment.created_at);
  return true;
}

/** True if the change was not there yet.
 *
 * @param {Desk.Change} change
 * @param {number} position
 */
export function appendChange({ ticket, changes, actor, at }, position) {
  if (timeline.querySelector(`[data-version="${ticket.version}"]`)) return false;
  const item = copyOf("change-template", HTMLLIElement);
  item.dataset.position = String(position);
  item.dataset.version = String(ticket.version);
  part(item, '[data-part="line"]', HTMLElement).append(...sentence({ changes, actor }));
  for (const undo of parts(timeline, ".undo", HTMLElement)) undo.remove(); // Only the newest has one.
  const undo = part(item, ".undo", HTMLFormElement);
  part(undo, '[name="version"]', HTMLInputElement).value = String(ticket.version);
  part(undo, '[name="idempotency_key"]', HTMLInputElement).value = ""; // It is that of the template.
  if (String(actor?.id) !== document.body.dataset.user) undo.remove();
  append(item, at);
  return true;
}

/** "bob set status new → pending, took the ticket" as nodes and texts.
 *
 * @param {Desk.Deed} deed
 */
export function sentence({ changes, actor }) {
  /** @type {(Node | string)[]} */
  const parts = [make("strong", {}, actor?.name ?? "The system"), " "];
  steps({ changes, actor }).forEach(([deed, values], index) => {
    parts.push(index ? `, ${deed}` : deed);
    if (values) parts.push(" ", make("strong", {}, values));
  });
  return parts;
}

/** In the template the address is that of comment 0.
 *
 * @param {Element} element
 * @param {string} name of the attribute
 * @param {number} id
 */
function leadTo(element, name, id) {
  element.setAttribute(name, element.getAttribute(name)?.replace(/\/0\/(?=(mail\/)?(\?|$))/, `/${id}/`) ?? "");
}

/** Takes over the timeline of a fetched page, but keeps what came after it was read.
 *
 * @param {Desk.Fetched} fetched
 */
export function takeTimeline({ page, head }) {
  const theirs = document.importNode(part(page, "#timeline", HTMLOListElement), true);
  const known = new Set(itemsOf(theirs).map(keyOf));
  const newer = itemsOf(timeline).filter(
    (item) => positionOf(item) > head && !known.has(keyOf(item)),
  );
  tellTimes(theirs);
  timeline.replaceChildren(...theirs.children, ...newer);
  timeline.dataset.seen = theirs.dataset.seen;
  timeline.toggleAttribute("data-past", theirs.hasAttribute("data-past"));
  tellFolds(timeline);
}

/** Whether what came later is not on this page. */
export const isPast = () => timeline.hasAttribute("data-past");

/** The newest comment of the page, which may stand among the earlier ones that it does not show: a
 * ticket that was merged into this one brings comments of its own time. 0 if there is none. */
export const newestComment = () =>
  Math.max(Number(timeline.dataset.seen), ...itemsOf(timeline).map(({ dataset }) => Number(dataset.comment ?? 0)));

/** @param {Element} list */
const itemsOf = (list) => parts(list, ":scope > li", HTMLLIElement);

/** @param {HTMLElement} item */
const keyOf = ({ dataset }) => `${dataset.comment ?? ""}/${dataset.version ?? ""}`;

/**
 * @param {HTMLElement} item
 * @param {string} at
 */
function append(item, at) {
  if (isPast()) return; // What comes now belongs behind much else.
  part(item, "time", HTMLTimeElement).dateTime = at;
  tellTimes(item);
  tellFolds(item);
  timeline.append(readNow(item));
  flash(item);
}
