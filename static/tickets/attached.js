/** Shows files that came live as templates/tickets/_files.html shows those that were there: their
 * names are text, and nothing else of what a stranger sent gets into the page. */
import { make } from "./elements.js";

const MEGABYTE = 1024 * 1024;

/** Such as "25 MB"; tickets/attachments/limits.py says the same.
 *
 * @param {number} size
 */
export function inWords(size) {
  if (size < 1024) return `${size} B`;
  if (size < MEGABYTE) return `${Math.round(size / 1024)} kB`;
  return `${(size / MEGABYTE).toFixed(1).replace(/\.0$/, "")} MB`;
}

/**
 * @param {Element} item that shows the comment
 * @param {Desk.Comment} comment
 */
export function show(item, { attachments = [] }) {
  item.append(make("ul", { className: "files", ariaLabel: "Files" }, ...attachments.map(shown)));
}

/** A name of its own direction, that turns nothing around it.
 *
 * @param {string} name
 */
export const isolated = (name) => make("bdi", {}, name);

/** @param {(string | Node)[]} words */
export const dim = (...words) => make("span", { className: "dim" }, ...words);

/** @param {Desk.Attachment} attachment */
function shown({ name, size, type, url, picture }) {
  if (!picture) {
    const link = make("a", { href: url, download: "" }, isolated(name));
    return make("li", {}, link, " ", dim(`${type} · ${inWords(size)}`));
  }
  // Lazy before its address, else it is loaded at once.
  const image = make("img", { loading: "lazy", ...picture, alt: name, src: url });
  const link = make("a", { href: url }, image);
  link.dataset.picture = "";
  return make("li", {}, link, dim(isolated(name), ` · ${inWords(size)}`));
}
