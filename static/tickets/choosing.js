/** What is offered for what stands before the cursor. Nothing here knows of a page. */

/** An entry of the list.
 *
 * @typedef {object} Offer
 * @property {string} name
 * @property {string} hint what stands beside the name
 * @property {string | null} text what is written once it is chosen; null: it has to be asked for
 * @property {number} [id]
 */

/** What is being typed: its place in the text, and what is looked for.
 *
 * @typedef {{start: number, end: number, query: string}} Word
 */

const LONGEST = 60; // characters of what is looked for
const MOST = 50; // entries that are shown
const MARKS = /\p{M}/gu;

/** Without case and accents.
 *
 * @param {string} text
 */
export const fold = (text) => text.normalize("NFKD").replace(MARKS, "").toLowerCase();

/** "/ref" before the cursor, at the beginning of the text or of a word of it.
 *
 * @param {string} text
 * @param {number} cursor
 * @returns {Word | null}
 */
export function slashWord(text, cursor) {
  const before = text.slice(Math.max(0, cursor - LONGEST - 2), cursor);
  const found = /(?:^|\s)\/(\S*)$/.exec(before);
  if (!found || found[1].length > LONGEST) return null;
  const start = cursor - found[1].length - 1;
  if (start > 0 && !/\s/.test(text[start - 1])) return null; // It stands within a longer one.
  return { start, end: cursor, query: found[1] };
}

/** What stands between two commas, around the cursor.
 *
 * @param {string} text
 * @param {number} cursor
 * @returns {Word}
 */
export function listWord(text, cursor) {
  const from = text.lastIndexOf(",", cursor - 1) + 1;
  const next = text.indexOf(",", cursor);
  const part = text.slice(from, next < 0 ? text.length : next);
  const query = part.trim();
  const start = from + part.length - part.trimStart().length;
  return { start, end: start + query.length, query };
}

/** The entries that have each of the words, those first whose names begin with what is looked for,
 * then those that have it in their names.
 *
 * @param {Offer[]} offers
 * @param {string} query
 */
export function matching(offers, query) {
  const wanted = fold(query);
  const ranked = offers.map((offer) => ({ offer, rank: rankOf(offer, wanted) }));
  const found = ranked.filter(({ rank }) => rank < 3).sort((one, other) => one.rank - other.rank);
  return found.slice(0, MOST).map(({ offer }) => offer);
}

/**
 * @param {Offer} offer
 * @param {string} wanted
 */
function rankOf({ name, text }, wanted) {
  const folded = fold(name);
  if (folded.startsWith(wanted)) return 0;
  if (folded.includes(wanted)) return 1;
  return fold(text ?? "").includes(wanted) ? 2 : 3;
}

/** Which entry an arrow leads to, of so many; -1 is none. It goes round.
 *
 * @param {number} active
 * @param {number} step
 * @param {number} count
 */
export function moved(active, step, count) {
  if (active < 0) return step > 0 ? 0 : count - 1;
  return (active + step + count) % count;
}
