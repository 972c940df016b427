/** Shows who else has a ticket open, and who is replying: on its page, and on its row in each list. */
import { make, part, parts } from "./elements.js";
import { soon } from "./soon.js";
import { ownHeaders } from "./token.js";
import { initials, tint } from "./wording.js";

const BELIEVED = 45_000; // ms without a sign of life; the server keeps such news for a minute
const PATIENCE = 10_000;
const MOST_NAMED = 5;

const place = part(document, "[data-people]", HTMLElement);
const { people: rendered = "{}", peopleUrl = "" } = place.dataset;
const me = Number(document.body.dataset.user);
/** @type {Map<number, {people: Desk.Present[], position: number}>} by the ticket's id */
const known = new Map();
let sureUntil = Date.now(); // Up to then no news was missed.
const refresh = soon(load, { apart: 5000, spread: 2000 });

const isSure = () => Date.now() - sureUntil < BELIEVED;

async function load() {
  const began = Date.now();
  const signal = AbortSignal.timeout(PATIENCE);
  const response = await fetch(peopleUrl, { cache: "no-store", headers: ownHeaders(), signal });
  if (!response.ok) throw new Error(`${peopleUrl} answered ${response.status}`);
  const { head, people } = await response.json();
  sureUntil = began;
  take(people, head);
  return head;
}

/** All that there are, as of a position. What came after it stays.
 *
 * @param {Record<string, Desk.Present[]>} all
 * @param {number} head
 */
function take(all, head) {
  for (const [id, { position }] of known) if (position <= head) known.delete(id);
  for (const [id, people] of Object.entries(all)) {
    if (!known.has(Number(id))) known.set(Number(id), { people, position: head });
  }
  show();
}

/** After too long a gap nobody is shown until the server was asked. */
function check() {
  const { state, lastSign } = window.live.status();
  const isLive = state === "live";
  if (isLive && lastSign - sureUntil < BELIEVED) sureUntil = Math.max(sureUntil, lastSign);
  if (isSure()) return;
  show();
  if (isLive && !document.hidden) refresh();
}

function show() {
  for (const slot of parts(place, "[data-slot=people]", HTMLElement)) {
    const shownOn = /** @type {HTMLElement} */ (slot.closest("[data-ticket]"));
    const all = (isSure() && known.get(Number(shownOn.dataset.ticket))?.people) || [];
    const people = all.filter(({ id }) => id !== me); // who reply come first
    const words = people.map(({ name, state }) => `${name} is ${state}`).join(", ");
    if (slot.title === words) continue;
    slot.title = words;
    slot.hidden = !words;
    slot.classList.toggle("replying", people[0]?.state === "replying");
    const named = people.slice(0, shownOn === place ? MOST_NAMED : 1);
    const more = people.length - named.length;
    if (shownOn === place) slot.replaceChildren("viewing:", ...named.map(withAvatar));
    else slot.textContent = named.map(({ name, state }) => `${name} ${state}`).join();
    if (more > 0) slot.append(` +${more}`);
  }
}

/** @param {Desk.Present} person */
function withAvatar({ name, state }) {
  const avatar = make("span", { className: "avatar", ariaHidden: "true" }, initials(name));
  Object.assign(avatar.dataset, { tint: tint(name), state });
  const words = state === "replying" ? `${name} is replying` : name;
  return make("span", { className: "person" }, avatar, words);
}

document.addEventListener("live:event", ({ detail }) => {
  const { type, id: position, data } = /** @type {Desk.Event} */ (detail);
  if (type === "ticket.removed") known.delete(data.ticket.id);
  if (type !== "presence") return;
  known.set(data.ticket.id, { people: data.people, position });
  show();
});
document.addEventListener("live:reset", ({ detail }) => {
  known.clear(); // The positions may be those of a log that is no more.
  detail.waitUntil(load());
});
for (const name of ["live:tick", "live:state", "visibilitychange"]) {
  document.addEventListener(name, check);
}
// Rows come and go.
new MutationObserver(show).observe(place.querySelector("#rows") ?? place, { childList: true });
take(JSON.parse(rendered), 0);
