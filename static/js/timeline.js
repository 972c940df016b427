/** What is said and done on a ticket, appended in place. */
import { tellTimes } from "./clock.js";
import { flash } from "./flash.js";
import { initials, steps, tint } from "./wording.js";

const timeline = document.getElementById("timeline");
const templates = { comment: "comment-template", change: "change-template" };

/** True if it was not there yet. */
export function appendComment({ comment }, position) {
  if (timeline.querySelector(`[data-comment="${comment.id}"]`)) return false;
  const item = copyOf(templates.comment, position);
  const part = (name) => item.querySelector(`[data-part="${name}"]`);
  const name = comment.author?.name ?? "deleted user";
  item.id = `comment-${comment.id}`;
  item.dataset.comment = comment.id;
  item.dataset.author = comment.author?.id ?? "";
  item.classList.toggle("internal", comment.internal);
  item.querySelector(".avatar").textContent = initials(name);
  item.querySelector(".avatar").dataset.tint = tint(name);
  part("author").textContent = name;
  part("tag").hidden = !comment.internal;
  part("body").textContent = comment.body;
  append(item, comment.created_at);
  return true;
}

export function appendChange({ ticket, changes, actor, at }, position) {
  if (timeline.querySelector(`[data-version="${ticket.version}"]`)) return;
  const item = copyOf(templates.change, position);
  item.dataset.version = ticket.version;
  item.querySelector('[data-part="line"]').append(...sentence({ changes, actor }));
  append(item, at);
}

/** "bob set status new → pending, took the ticket" as nodes. */
export function sentence({ changes, actor }) {
  const parts = [strong(actor?.name ?? "The system"), " "];
  steps({ changes, actor }).forEach(([deed, values], index) => {
    parts.push(index ? `, ${deed}` : deed);
    if (values) parts.push(" ", strong(values));
  });
  return parts;
}

/** Take over a fetched page's timeline, but keep what came after the position it was read at. */
export function takeTimeline(page, head) {
  const theirs = document.importNode(page.getElementById("timeline"), true);
  const known = new Set([...theirs.children].map(keyOf));
  const newer = [...timeline.children].filter(
    (item) => Number(item.dataset.position) > head && !known.has(keyOf(item)),
  );
  tellTimes(theirs);
  timeline.replaceChildren(...theirs.children, ...newer);
}

const keyOf = ({ dataset }) => `${dataset.comment ?? ""}/${dataset.version ?? ""}`;

function copyOf(template, position) {
  const item = document.getElementById(template).content.firstElementChild.cloneNode(true);
  item.dataset.position = position;
  return item;
}

function append(item, at) {
  item.querySelector("time").dateTime = at;
  tellTimes(item);
  timeline.append(item);
  flash(item);
}

function strong(text) {
  const element = document.createElement("strong");
  element.textContent = text;
  return element;
}
