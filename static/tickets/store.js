/** The tickets that a page knows. What happens, one's own deeds among it, and what is loaded goes
 * through here, and the views of the page draw from here. They are told once per frame, and only of
 * what has changed.
 *
 * The version of a ticket says which of two states is newer. A comment raises no version, so for the
 * last activity the later position in the log counts. After a reset whatever is told wins. */
import { isCurrent, readNow } from "./since-reset.js";

const MOST = 2000; // tickets; a page that is open for weeks hears of far more
const AT_ONCE = 5; // tickets in a frame: to draw fifty rows would hold up what the reader does
const LATEST = 300; // ms. A hidden page has no frames, and its title must be right all the same.

/** @typedef {Partial<Desk.Known> & {id: number}} Told */

/** Which tickets have changed, and in what: names of fields, and "created", "removed", "comment" or
 * "listed", which says that the server was asked.
 *
 * @typedef {Map<number, Set<string>>} Changes
 */

/**
 * @typedef {object} Entry
 * @property {Desk.Known | null} ticket null: it has left what this reader may see
 * @property {number} position up to which the log is in it
 * @property {number} comment the newest comment that an event told of
 * @property {Record<string, Desk.Named | null>} actors who was the last to change each field
 */

export class Store {
  /** @param {(task: () => void) => void} [later] */
  constructor(later = atNextFrame) {
    this.later = later;
    this.reader = 0;
    /** @type {Map<number, Entry>} the one that was not told of for the longest time is the first */
    this.entries = new Map();
    /** @type {Changes} */
    this.changes = new Map();
    /** @type {((changes: Changes) => void)[]} */
    this.views = [];
    /** @type {(id: number) => boolean} tickets that a view shows are never forgotten */
    this.isShown = () => false;
  }

  /** From now on the events of the page's stream come here. */
  listen() {
    this.reader = Number(document.body.dataset.user);
    document.addEventListener("live:event", ({ detail }) => {
      this.hear(/** @type {Desk.Heard} */ (detail));
    });
  }

  /** The view is called with what has changed since it was called last.
   *
   * @param {(changes: Changes) => void} view
   */
  watch(view) {
    this.views.push(view);
  }

  /** The ticket, or null if it is not known or has left what this reader may see.
   *
   * @param {number} id
   */
  get(id) {
    return this.entries.get(id)?.ticket ?? null;
  }

  /** @param {number} id of a ticket, which is known up to there; 0 if a reset came since */
  positionOf(id) {
    return this.current(id)?.position ?? 0;
  }

  /** Who was the last to change that field; undefined if no event told.
   *
   * @param {number} id
   * @param {string} field
   */
  actorOf(id, field) {
    return this.entries.get(id)?.actors[field];
  }

  /** @param {Desk.Heard} event */
  hear(event) {
    const { id: position, data } = event;
    if (event.type === "ticket.updated" || event.type === "ticket.created") {
      this.hearChange(position, event.data);
    } else if (event.type === "ticket.removed") {
      this.remove(position, data.ticket.id);
    } else if (event.type === "comment.created") {
      this.hearComment(position, event.data);
    } else if (event.type === "ticket.seen") {
      this.see(event.data);
    }
  }

  /** A list, or a ticket, as the server gave it when the log was at least at `head`.
   *
   * @param {Desk.Known[]} tickets
   * @param {number} head
   */
  take(tickets, head) {
    for (const ticket of tickets) {
      const before = JSON.stringify(this.get(ticket.id));
      const position = this.positionOf(ticket.id);
      const told = { unread: false, ...ticket };
      this.merge(told, Math.max(position, head), { isLater: head >= position });
      if (JSON.stringify(this.get(ticket.id)) !== before) this.note(ticket.id, "listed");
    }
  }

  /**
   * @param {number} position
   * @param {Desk.Change} change
   */
  hearChange(position, { ticket, changes, actor }) {
    const isLater = position > this.positionOf(ticket.id);
    const fields = Object.keys(changes);
    const isNew = fields.length === 0 && ticket.version === 1;
    const isNews = (isNew || "merged" in changes) && actor?.id !== this.reader;
    this.merge(isNews ? { ...ticket, unread: true } : ticket, position, { isLater });
    const entry = this.entries.get(ticket.id);
    for (const field of fields) if (entry) entry.actors[field] = actor;
    this.note(ticket.id, ...(fields.length > 0 ? fields : ["created"]));
  }

  /**
   * @param {number} position
   * @param {number} id
   */
  remove(position, id) {
    if (position <= this.positionOf(id)) return; // A list has told that it is back.
    this.put(id, { ticket: null, position });
    this.note(id, "removed");
  }

  /**
   * @param {number} position
   * @param {Desk.Said} said
   */
  hearComment(position, { ticket, comment, actor }) {
    this.note(ticket.id, "comment");
    const entry = this.current(ticket.id);
    if (!entry?.ticket) return;
    entry.comment = Math.max(entry.comment, comment.id);
    if (position <= entry.position) return;
    const unread = actor?.id === this.reader ? entry.ticket.unread : true;
    this.merge({ ...ticket, unread }, position, { isLater: true });
  }

  /** @param {Desk.Seen} seen */
  see({ ticket: { id }, comment }) {
    const entry = this.current(id);
    if (!entry?.ticket?.unread || comment < entry.comment) return;
    this.put(id, { ...entry, ticket: { ...entry.ticket, unread: false } });
    this.note(id, "unread");
  }

  /** Takes over what is newer than what is known.
   *
   * @param {Told} told
   * @param {number} position
   * @param {{isLater: boolean}} than what is known
   */
  merge(told, position, { isLater }) {
    const before = this.current(told.id);
    const known = before?.ticket;
    if (before && !known && !isLater) return;
    if (!known) {
      if (told.version) this.put(told.id, { ticket: /** @type {Desk.Known} */ (told), position });
      return;
    }
    const fields = (told.version ?? 0) >= known.version ? told : {};
    const { last_activity_at, last_activity_by, updated_at, unread } = {
      ...known,
      ...(isLater ? told : {}),
    };
    const moved = { last_activity_at, last_activity_by, updated_at, unread };
    const ticket = { ...known, ...fields, ...moved };
    this.put(told.id, { ...before, ticket, position: Math.max(position, before.position) });
  }

  /** What is known of the ticket since the last reset.
   *
   * @param {number} id
   */
  current(id) {
    const entry = this.entries.get(id);
    return entry && isCurrent(entry) ? entry : undefined;
  }

  /**
   * @param {number} id
   * @param {Partial<Entry> & Pick<Entry, "ticket" | "position">} entry
   */
  put(id, entry) {
    this.entries.delete(id); // so that it stands last
    this.entries.set(id, readNow({ comment: 0, actors: {}, ...entry }));
    if (this.entries.size > MOST) this.forget();
  }

  forget() {
    const ids = [...this.entries.keys()].filter((id) => !this.isShown(id));
    for (const id of ids.slice(0, MOST / 10)) this.entries.delete(id);
  }

  /**
   * @param {number} id
   * @param {string[]} what
   */
  note(id, ...what) {
    if (this.changes.size === 0) this.tellSoon();
    const noted = this.changes.get(id) ?? new Set();
    for (const name of what) noted.add(name);
    this.changes.set(id, noted);
  }

  tellSoon() {
    this.later(() => this.tell(document.hidden ? Infinity : AT_ONCE));
  }

  /** @param {number} [most] tickets; the others follow with the next frame */
  tell(most = Infinity) {
    const all = [...this.changes];
    this.changes = new Map(all.slice(most));
    if (this.changes.size > 0) this.tellSoon();
    const changes = new Map(all.slice(0, most));
    for (const view of this.views) view(changes);
  }
}

/** @param {() => void} task */
function atNextFrame(task) {
  let isDone = false;
  const once = () => {
    if (!isDone) task();
    isDone = true;
  };
  requestAnimationFrame(once);
  setTimeout(once, LATEST);
}

/** The one of this page. */
export const store = new Store();
