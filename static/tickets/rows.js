/** The rows of the list in the page. The focus stays on its ticket, wherever its row goes. */
import { part } from "./elements.js";
import { flash } from "./flash.js";
import { stayers } from "./order.js";
import { fill, rowOf } from "./row.js";

export class Rows {
  /**
   * @param {HTMLTableSectionElement} body
   * @param {import("./store.js").Store} store
   */
  constructor(body, store) {
    this.body = body;
    this.store = store;
    this.rows = new Map([...body.rows].map((row) => [Number(row.dataset.ticket), row]));
  }

  /** A row shows its ticket as it is now. True if there was news to see.
   *
   * @param {number} id
   */
  draw(id) {
    const [row, ticket] = [this.rows.get(id), this.store.get(id)];
    if (!row || !ticket) return false;
    const cells = fill(row, ticket);
    cells.forEach(flash);
    return cells.length > 0;
  }

  /** The rows whose tickets have left the list say why; of the others none does.
   *
   * @param {Map<number, unknown>} left
   * @param {(id: number) => string} reasonOf
   * @returns {number} how many have left since it was asked last
   */
  mark(left, reasonOf) {
    let count = 0;
    for (const [id, row] of this.rows) {
      const reason = left.has(id) ? reasonOf(id) : "";
      const slot = part(row, '[data-slot="reason"]', HTMLElement);
      if (slot.textContent === reason) continue;
      if (reason && !slot.textContent) count += 1;
      slot.textContent = reason;
      row.toggleAttribute("data-left", Boolean(reason));
    }
    return count;
  }

  /** There are the rows of these tickets, in this order, and no others. If more than `most` of them
   * had to come or to move, the rest is as it was: each costs the browser half a millisecond.
   *
   * @param {number[]} ids
   * @param {number} [most]
   * @returns {number[]} the rows as they now stand
   */
  show(ids, most = Infinity) {
    const { activeElement } = document;
    const focused = activeElement instanceof HTMLElement ? activeElement : null;
    const heir = this.heirOf(focused, ids);
    for (const [id, row] of this.rows) {
      if (ids.includes(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    const stay = stayers(this.ids, ids);
    /** @type {HTMLTableRowElement | null} */
    let above = null;
    for (const id of ids) {
      if (!stay.has(id) && most-- <= 0) continue;
      const row = this.rows.get(id) ?? this.add(id);
      if (!stay.has(id)) this.body.insertBefore(row, above ? above.nextSibling : this.body.firstChild);
      above = row;
    }
    if (heir && heir !== document.activeElement) heir.focus({ preventScroll: true });
    return this.ids;
  }

  get ids() {
    return [...this.body.rows].map(({ dataset }) => Number(dataset.ticket));
  }

  /** @param {number} id */
  add(id) {
    const row = rowOf(/** @type {Desk.Known} */ (this.store.get(id)));
    this.rows.set(id, row);
    flash(row);
    return row;
  }

  /** What gets the focus if its row goes: the subject of the next row that stays.
   *
   * @param {HTMLElement | null} focused
   * @param {number[]} ids of the rows that stay
   */
  heirOf(focused, ids) {
    const row = focused?.closest("tr");
    if (!row || !this.body.contains(row)) return null;
    const stays = (/** @type {HTMLElement} */ { dataset }) => ids.includes(Number(dataset.ticket));
    if (stays(row)) return focused;
    const all = [...this.body.rows];
    const at = row.sectionRowIndex;
    const next = all.slice(at).find(stays) ?? all.slice(0, at).findLast(stays);
    return next ? part(next, "a.subject", HTMLElement) : part(document, "#main", HTMLElement);
  }
}
