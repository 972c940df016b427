/** The page of one long text: it leads back to the ticket when it has left this person's sight, and
 * loads afresh when the description that it may show has changed. */
import { part } from "./elements.js";
import "./navigation.js";

const place = part(document, "#ticket", HTMLElement);

document.addEventListener("live:event", ({ detail }) => {
  const { type, data } = /** @type {Desk.Event} */ (detail);
  if (data.ticket?.id !== Number(place.dataset.ticket)) return;
  if (type === "ticket.removed") location.assign(place.dataset.url ?? "");
  if (type === "ticket.updated" && "description" in data.changes) location.reload();
});
