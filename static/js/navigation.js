/** A page that is live in its side navigation only. */
import { Counters } from "./counters.js";
import { fetchPage, takeNavigation } from "./page.js";

const counters = new Counters();

document.addEventListener("live:event", ({ detail }) => counters.hear(detail));
document.addEventListener("live:reset", ({ detail }) => detail.waitUntil(reload()));

async function reload() {
  const { page, head } = await fetchPage(location.href);
  takeNavigation(page);
  return head;
}
