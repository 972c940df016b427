/** What somebody wrote, as text in which addresses are links. tickets/links.py shows the same text of
 * a page as it is served the same way, and says why. */
import { make } from "./elements.js";

const END = "\\s<>\"'`\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff";
const WEB = `[Hh][Tt][Tt][Pp][Ss]?://[^${END}/?#.:@-][^${END}]*`;
const MAIL = `[Mm][Aa][Ii][Ll][Tt][Oo]:[^${END}@]{1,64}@[^${END}]+`;
const ADDRESS = new RegExp(`(?<![A-Za-z0-9])(?:${WEB}|${MAIL})`, "g");
const PARAGRAPH = /\r?\n(?:[ \t]*\r?\n)+/g;
const MOST = 200;

/** The text in paragraphs, and these in pieces: some words, and whether they are an address.
 *
 * @param {string} text
 * @param {boolean} [isCut] the text goes on
 */
export function paragraphs(text, isCut = false) {
  const blanks = [...text.matchAll(PARAGRAPH)].slice(0, MOST - 1);
  const ends = blanks.map(({ index, 0: { length } }) => index + length);
  let left = MOST;
  const found = [0, ...ends].map((start, index) => {
    const pieces = piecesOf(text.slice(start, ends[index]), left);
    left -= pieces.filter(([, isAddress]) => isAddress).length;
    return pieces;
  });
  const last = found[found.length - 1].at(-1);
  if (isCut && last) last[1] = false;
  return found;
}

/**
 * @param {string} text
 * @param {number} most
 */
function piecesOf(text, most) {
  /** @type {[string, boolean][]} */
  const pieces = [];
  let done = 0;
  for (const { 0: match, index } of [...text.matchAll(ADDRESS)].slice(0, most)) {
    const marks = match.includes("(") ? ".,;:!?" : ".,;:!?)";
    let { length } = match;
    while (marks.includes(match[length - 1])) length -= 1;
    pieces.push([text.slice(done, index), false], [match.slice(0, length), true]);
    done = index + length;
  }
  pieces.push([text.slice(done), false]);
  return pieces.filter(([words]) => words);
}

/** Writes it into the element, in place of what stood there.
 *
 * @param {Element} place
 * @param {string} text
 * @param {boolean} [isCut]
 */
export function writeSaid(place, text, isCut) {
  place.replaceChildren(
    ...paragraphs(text, isCut).map((pieces) => {
      const inside = pieces.map(([words, isAddress]) => (isAddress ? linkTo(words) : words));
      return make("p", { dir: "auto" }, ...inside);
    }),
  );
}

/** @param {string} href */
const linkTo = (href) =>
  make("a", { href, dir: "ltr", target: "_blank", rel: "noopener noreferrer nofollow" }, href);
