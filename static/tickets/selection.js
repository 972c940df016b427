/** Which rows of the list are selected, by pointer and by key. After each change the table gets the
 * event "selection", with the ids of the tickets. */
import { part } from "./elements.js";

const BOX = "[data-select]";

class Selection {
  /** @param {HTMLTableElement} table */
  constructor(table) {
    this.table = table;
    this.body = part(table, "#rows", HTMLTableSectionElement);
    this.all = part(table, "[data-select-all]", HTMLInputElement);
    /** @type {HTMLTableRowElement | null} where a range begins */
    this.anchor = null;
    this.all.addEventListener("click", () => this.set(this.rows, this.all.checked));
    this.body.addEventListener("click", (event) => this.click(event));
    document.addEventListener("keydown", (event) => this.press(event));
    // Rows that leave take their mark along.
    new MutationObserver(() => this.tell()).observe(this.body, { childList: true });
    this.told = "";
    this.tell(); // The browser may have kept what was selected.
  }

  get rows() {
    return [...this.body.rows];
  }

  /** The ids of the tickets that are selected, from above. */
  get ids() {
    return this.rows.filter(isSelected).map(({ dataset }) => Number(dataset.ticket));
  }

  clear() {
    this.set(this.rows, false);
  }

  /**
   * @param {HTMLTableRowElement[]} rows
   * @param {boolean} isOn
   */
  set(rows, isOn) {
    for (const row of rows) boxOf(row).checked = isOn;
    this.tell();
  }

  /** One row, or with Shift all rows from the last one to this one.
   *
   * @param {HTMLTableRowElement} row
   * @param {boolean} isOn
   * @param {boolean} isRange
   */
  mark(row, isOn, isRange) {
    const [from, to] = [this.rows.indexOf(this.anchor ?? row), this.rows.indexOf(row)];
    const [first, last] = isRange && from >= 0 ? [from, to].sort((a, b) => a - b) : [to, to];
    this.set(this.rows.slice(first, last + 1), isOn);
    this.anchor = row;
  }

  /** @param {MouseEvent} event */
  click({ target, shiftKey }) {
    const cell = /** @type {Element} */ (target).closest(".cell-select");
    const row = cell?.closest("tr");
    if (!row) return;
    this.mark(row, target === boxOf(row) ? isSelected(row) : !isSelected(row), shiftKey);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { key, target, shiftKey } = event;
    const at = /** @type {Element} */ (target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (/^\w$/.test(key) && document.documentElement.dataset.keys === "off") return;
    if (at.closest(`input:not(${BOX}), textarea, select, [contenteditable], dialog`)) return;
    const row = this.rows.find((candidate) => candidate.contains(at));
    const isOnLink = at.matches("a.subject");
    if (key === "j") this.go(row, 1);
    else if (key === "k") this.go(row, -1);
    else if (row && (key.toLowerCase() === "x" || (key === " " && isOnLink))) {
      this.mark(row, !isSelected(row), shiftKey);
    } else if (row && key === "Enter" && at.matches(BOX)) linkOf(row).click();
    else if (key === "Escape" && this.ids.length > 0) this.clear();
    else return;
    event.preventDefault();
  }

  /**
   * @param {HTMLTableRowElement | undefined} row
   * @param {1 | -1} step
   */
  go(row, step) {
    const next = this.rows[row ? row.sectionRowIndex + step : 0];
    if (next) linkOf(next).focus();
  }

  tell() {
    const { ids, rows } = this;
    this.all.checked = ids.length > 0 && ids.length === rows.length;
    this.all.indeterminate = ids.length > 0 && ids.length < rows.length;
    if (this.told === ids.join()) return;
    this.told = ids.join();
    this.table.dispatchEvent(new CustomEvent("selection", { detail: { ids }, bubbles: true }));
  }
}

/** @param {Element} row */
const boxOf = (row) => part(row, BOX, HTMLInputElement);
/** @param {Element} row */
const isSelected = (row) => boxOf(row).checked;
/** @param {Element} row */
const linkOf = (row) => part(row, "a.subject", HTMLElement);

export const selection = new Selection(part(document, "table.tickets", HTMLTableElement));
