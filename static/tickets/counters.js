/** The counters beside the list. They come from the server. Adding up events would count twice what
 * the page already held. The server is asked again until the counters are as new as the events. */
import { part, parts, renew } from "./elements.js";
import { flash } from "./flash.js";
import { fetchData, fetchPage } from "./page.js";
import { soon } from "./soon.js";

const COUNTED = ["status", "queue", "assignee", "priority", "due_at", "tags"];
const RETRY = 5000;

export class Counters {
  /**
   * @param {string} [query] the filters of the list at hand
   * @param {(total: number, head: number) => void} [onTotal] is told the length of that list
   */
  constructor(query = "", onTotal = () => {}) {
    const { counters, until } = part(document, "#side", HTMLElement).dataset;
    this.url = counters + query;
    this.onTotal = onTotal;
    this.wanted = 0; // The counters have to be at least as new as this position.
    this.shown = 0; // They are at least as new as this one.
    this.refresh = soon(() => this.load(), { apart: 1000, spread: 800 });
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.expire(until);
    // After a reset the positions may be those of another log, and begin where the reset stands.
    document.addEventListener("live:reset", () => {
      this.wanted = this.shown = window.live.position() ?? 0;
    });
  }

  /** The row of the ticket may already be newer than the event while the counters are not.
   *
   * @param {Desk.Event} event
   */
  hear(event) {
    if (!isCounted(event)) return;
    this.wanted = Math.max(this.wanted, event.id);
    this.refresh();
  }

  /** No event tells that a ticket has become overdue.
   *
   * @param {string | undefined} until when time alone changes a number
   */
  expire(until) {
    clearTimeout(this.timer);
    const rest = Date.parse(until ?? "") - window.live.now();
    if (rest >= 0) this.timer = setTimeout(this.refresh, rest + 1000);
  }

  async load() {
    try {
      /** @type {Desk.Counts | null} */
      const counts = await fetchData(this.url);
      if (counts) this.show(counts);
    } catch (error) {
      console.warn("The counters could not be read; they will be asked for again:", error);
      setTimeout(this.refresh, RETRY);
    }
  }

  /** Servers keep the counters for a second, so they may be older than those of a fetched page.
   *
   * @param {Desk.Counts} counts
   */
  show({ head, total, links, until }) {
    if (head < this.shown) return this.refresh();
    this.expire(until);
    for (const [key, number] of Object.entries(links)) {
      const [count] = parts(document, `[data-count="${CSS.escape(key)}"]`, HTMLElement);
      if (count && count.textContent !== String(number)) {
        count.textContent = String(number);
        flash(count);
      }
    }
    this.onTotal(total, head);
    this.makeSure(head);
    const shown = parts(document, "[data-count]", HTMLElement).map(({ dataset }) => dataset.count);
    if (shown.sort().join() !== Object.keys(links).sort().join()) this.renew();
  }

  /** A view was saved or removed, here or by somebody else. */
  async renew() {
    try {
      this.take(await fetchPage(location.href));
    } catch (error) {
      console.warn("The lists at the side could not be read; the next count tries again:", error);
    }
  }

  /** Queues come and go, so the lists become those of the page that was loaded afresh.
   *
   * @param {Desk.Fetched} fetched
   */
  take({ page, head }) {
    const [ours, theirs] = [document, page].map((from) => part(from, "#side", HTMLElement));
    if (head >= this.shown && told(ours) !== told(theirs)) renew(ours, theirs);
    this.expire(theirs.dataset.until);
    this.makeSure(head);
  }

  /** @param {number} head */
  makeSure(head) {
    this.shown = Math.max(this.shown, head);
    if (head < this.wanted) this.refresh();
  }
}

/** @param {Element} side */
const told = (side) => parts(side, "a", HTMLAnchorElement).map((link) => link.textContent + link.href).join();

/** @param {Desk.Event} event */
function isCounted({ type, data }) {
  if (type === "ticket.updated") return COUNTED.some((field) => field in data.changes);
  return type in { "ticket.created": 0, "ticket.removed": 0, "comment.created": 0 };
}
