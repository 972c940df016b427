/** The bar by which the selected tickets are changed together. What could not be changed stays
 * selected, and its row says why. */
import { changeMany } from "./api.js";
import { make, part, parts } from "./elements.js";
import "./offers.js";
import { fetchPart } from "./page.js";
import { selection } from "./selection.js";
import { toast } from "./toast.js";

const AT_ONCE = 25; // so that one sees how far it is
const SELECTED = ":has([data-select]:checked)";

const bar = part(document, "#bar", HTMLElement);
let isAtWork = false;

const rowsById = () => new Map(selection.rows.map((row) => [Number(row.dataset.ticket), row]));
/** @param {number} count */
const tickets = (count) => `${count} ticket${count === 1 ? "" : "s"}`;

export async function follow() {
  if (isAtWork) return;
  const count = selection.ids.length;
  for (const row of selection.rows) if (!row.matches(SELECTED)) tell(row, "");
  bar.hidden = count === 0;
  if (count === 0) return bar.querySelector("form")?.reset(); // What was chosen was for those.
  if (!bar.firstElementChild) {
    await load();
    return follow(); // Meanwhile others may have been selected.
  }
  part(bar, "[data-count]", HTMLElement).textContent = `${count} selected`;
}

async function load() {
  const page = await fetchPart(bar.dataset.url ?? "");
  if (bar.firstElementChild) return; // Two rows were selected at once.
  bar.append(document.importNode(part(page, "form", HTMLFormElement), true));
  const form = part(bar, "form", HTMLFormElement);
  part(form, "[data-clear]", HTMLButtonElement).addEventListener("click", () => leave());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isAtWork) apply(form);
  });
  form.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
    if (key === "Enter" && (ctrlKey || metaKey)) form.requestSubmit();
    if (key === "Escape") leave();
  });
}

/** The focus goes on from the first row that was selected. */
function leave(row = rowsById().get(selection.ids[0])) {
  const hadFocus = bar.contains(document.activeElement);
  selection.clear();
  if (hadFocus && row) part(row, "a.subject", HTMLElement).focus();
}

/** What is chosen, as the API takes it, and in words.
 *
 * @param {HTMLFormElement} form
 */
function chosen(form) {
  const selects = parts(form, "select", HTMLSelectElement).filter(({ value }) => value);
  /** @type {[string, string | number | string[] | null][]} */
  const changes = selects.map(({ name, value }) => {
    if (!["assignee", "queue"].includes(name)) return [name, value];
    return [name, value === "nobody" ? null : Number(value)];
  });
  const words = selects.map(({ name, selectedOptions: [{ text }] }) => {
    if (name === "assignee") return `assigned to ${text.replace(/^me, /, "")}`;
    if (name === "queue") return `moved to ${text}`;
    return name === "priority" ? `set to ${text} priority` : `set to ${text}`;
  });
  for (const { name, value } of parts(form, "input", HTMLInputElement)) {
    const tags = value.split(",").map((tag) => tag.trim()).filter(Boolean);
    if (tags.length === 0) continue;
    changes.push([name, tags]);
    words.push(`${name === "add_tags" ? "tagged" : "stripped of"} ${tags.join(" and ")}`);
  }
  return { changes: Object.fromEntries(changes), words: words.join(", ") };
}

/** @param {HTMLFormElement} form */
async function apply(form) {
  const { changes, words } = chosen(form);
  if (!words) return say("Choose what to set first.");
  const { ids } = selection;
  const rows = rowsById();
  const [first] = ids;
  /** @type {import("./toast.js").Versions} */
  const made = {};
  let done = 0;
  let problem = "";
  say("");
  work(0, ids.length);
  try {
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const batch = ids.slice(at, at + AT_ONCE);
      const versions = Object.fromEntries(batch.map((id) => [id, Number(rows.get(id)?.dataset.version)]));
      const results = await changeMany(bar.dataset.bulk ?? "", { ids: batch, versions, changes });
      for (const { id, ok, error, version } of results) {
        if (version) made[id] = version;
        if (ok) done += 1;
        const row = rows.get(id);
        if (row) tell(row, error ?? "");
        if (row && ok) selection.set([row], false);
      }
      work(at + batch.length, ids.length);
    }
  } catch (error) {
    problem = /** @type {Error} */ (error).message;
  }
  isAtWork = false;
  part(form, "progress", HTMLProgressElement).hidden = true;
  if (done) toast(`${tickets(done)} ${words}.`, made);
  const rest = ids.length - done;
  if (rest > 0) say(problem || `${tickets(rest)} could not be ${words}: see each row.`);
  else leave(rows.get(first));
  follow();
}

/**
 * @param {number} done
 * @param {number} all
 */
function work(done, all) {
  isAtWork = true;
  const progress = part(bar, "progress", HTMLProgressElement);
  progress.hidden = all <= AT_ONCE;
  Object.assign(progress, { value: done, max: all });
  part(bar, "[data-count]", HTMLElement).textContent = `${done} of ${all} done`;
}

/** Why a ticket was not changed, in its row.
 *
 * @param {Element} row
 * @param {string} error
 */
function tell(row, error) {
  row.querySelector(".refused")?.remove();
  if (!error) return;
  part(row, "th", HTMLElement).append(make("span", { className: "refused" }, error));
}

/** @param {string} words */
function say(words) {
  const lines = words ? [make("p", { role: "alert" }, words)] : [];
  part(bar, "[data-says]", HTMLElement).replaceChildren(...lines);
}
