/** A page that is live in its side navigation only. */
import { Counters } from "./counters.js";
import { fetchPage } from "./page.js";

const counters = new Counters();

document.addEventListener("live:event", ({ detail }) => counters.hear(detail));
document.addEventListener("live:reset", ({ detail }) => detail.waitUntil(reload()));

async function reload() {
  const fetched = await fetchPage(location.href);
  counters.take(fetched);
  return fetched.head;
}
