/** Which tickets the list at hand lets in, and in which order. The list's own URL says so,
 * as tickets/board.py reads it, so that most lists need not ask the server when an event comes. */
const FIELDS = ["queue", "assignee", "status", "priority", "tags"];
const PRIORITIES = ["low", "normal", "high", "urgent"];
const BY_COMMENTS = ["activity", "updated"];
/** What decides besides the fields above only the server knows, as what is in the texts. */
const TOLD = [...FIELDS, "tag", "sort", "page"];

/** @type {Record<string, (ticket: Desk.Ticket) => number>} */
const KEYS = {
  id: ({ id }) => id,
  updated: ({ updated_at }) => Date.parse(updated_at),
  activity: ({ last_activity_at }) => Date.parse(last_activity_at),
  due: ({ due_at }) => Date.parse(due_at ?? ""),
  priority: ({ priority }) => PRIORITIES.indexOf(priority),
  age: ({ created_at }) => Date.parse(created_at),
};

export class Filter {
  /**
   * @param {DOMStringMap} wanted the filters as the board's element has them
   * @param {string} query of the list's URL
   */
  constructor(wanted, query) {
    const params = new URLSearchParams(query);
    const sort = params.get("sort") || "-id";
    this.wanted = wanted;
    this.sort = sort.replace("-", "");
    this.isReversed = sort.startsWith("-") !== (this.sort === "age"); // The older was opened earlier.
    this.isServers = [...params].some(([name, value]) => value && !TOLD.includes(name));
  }

  /** The first of the filters that keeps the ticket out.
   *
   * @param {Desk.Ticket} ticket
   */
  keptOutBy(ticket) {
    return FIELDS.find((field) => {
      const wanted = this.wanted[field === "status" ? "statuses" : field];
      if (field === "tags") return wanted && !ticket.tags?.includes(wanted);
      return wanted && !wanted.split(" ").includes(valueOf(ticket, field));
    });
  }

  /** Whether the list lets the ticket in; undefined if only the server can say.
   *
   * @param {Desk.Ticket | null} ticket
   */
  letsIn(ticket) {
    if (!ticket || this.keptOutBy(ticket)) return false;
    return this.isServers ? undefined : true;
  }

  /** Whether such a change may bring a ticket into the list, out of it, or to another place in it.
   *
   * @param {Set<string>} what
   */
  looksAt(what) {
    if (what.has("created") || what.has("removed")) return true;
    if (this.isServers) return [...what].some((name) => name !== "listed" && name !== "unread");
    if (BY_COMMENTS.includes(this.sort)) return !what.has("listed");
    return [...what].some((name) => FIELDS.includes(name) || name.startsWith(this.sort));
  }

  /** Such as Array.sort() wants it. What has no due date stands last, either way.
   *
   * @param {Desk.Ticket} ticket
   * @param {Desk.Ticket} other
   */
  compare(ticket, other) {
    const keyOf = KEYS[this.sort] ?? KEYS.id;
    const [key, otherKey] = [keyOf(ticket), keyOf(other)];
    if (isNaN(key) !== isNaN(otherKey)) return isNaN(key) ? 1 : -1;
    return (key - otherKey || ticket.id - other.id) * (this.isReversed ? -1 : 1);
  }
}

/**
 * @param {Desk.Ticket} ticket
 * @param {string} field one of FIELDS, tags apart
 */
function valueOf({ queue, assignee, status, priority }, field) {
  if (field === "queue") return String(queue.id);
  if (field === "assignee") return String(assignee?.id ?? 0);
  return field === "status" ? status : priority;
}
