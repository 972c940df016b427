/** For a page of which only the lists at the side are live. */
import { Counters } from "./counters.js";
import { fetchPage } from "./page.js";

const counters = new Counters();

document.addEventListener("live:event", ({ detail }) => {
  counters.hear(/** @type {Desk.Event} */ (detail));
});
document.addEventListener("live:reset", ({ detail }) => detail.waitUntil(reload()));

async function reload() {
  const fetched = await fetchPage(location.href);
  counters.take(fetched);
  return fetched.head;
}
