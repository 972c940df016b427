/** The counters beside the list. They come from the server, never from adding up events, which
 * would count twice what the page already held; asked again until they are as new as the events. */
import { flash } from "./flash.js";
import { soon } from "./soon.js";

const COUNTED = ["status", "queue", "assignee", "priority"];
const PATIENCE = 10_000;
const RETRY = 5000;

export class Counters {
  /** `query` are the filters of the list at hand; `onTotal` is told how many are in it. */
  constructor(query = "", onTotal = () => {}) {
    const url = document.getElementById("side").dataset.counters + query;
    Object.assign(this, { url, onTotal, wanted: 0 });
    this.refresh = soon(() => this.load(), { apart: 1000, spread: 800 });
    document.addEventListener("live:reset", () => (this.wanted = 0)); // of another log, maybe
  }

  /** Whether or not its row is already newer: the counters may not be. */
  hear({ type, id, data }) {
    if (!countable(type, data)) return;
    this.wanted = Math.max(this.wanted, id);
    this.refresh();
  }

  async load() {
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const response = await fetch(this.url, { cache: "no-store", signal });
      if (response.status === 401) return; // the stream says so too, and what to do
      if (!response.ok) throw new Error(`${this.url} answered ${response.status}`);
      this.show(await response.json());
    } catch (error) {
      console.warn("The counters could not be read; they will be asked for again:", error);
      setTimeout(this.refresh, RETRY);
    }
  }

  show({ head, total, links }) {
    for (const [key, number] of Object.entries(links)) {
      const count = document.querySelector(`[data-count="${CSS.escape(key)}"]`);
      if (count && count.textContent !== String(number)) {
        count.textContent = number;
        flash(count);
      }
    }
    this.onTotal(total);
    this.makeSure(head);
  }

  /** As on a page loaded afresh: queues come and go. */
  take({ page, head }) {
    const [ours, theirs] = [document, page].map((from) => from.getElementById("side"));
    const links = (side) => [...side.querySelectorAll("a")];
    const told = (side) => links(side).map((link) => link.textContent + link.href).join();
    if (told(ours) !== told(theirs)) {
      const focused = ours.contains(document.activeElement) ? document.activeElement.href : null;
      ours.replaceChildren(...document.importNode(theirs, true).childNodes);
      links(ours).find((link) => link.href === focused)?.focus();
    }
    this.makeSure(head);
  }

  makeSure(head) {
    if (head < this.wanted) this.refresh();
  }
}

function countable(type, { changes }) {
  if (type === "ticket.updated") return COUNTED.some((field) => field in changes);
  return type === "ticket.created" || type === "ticket.removed";
}
