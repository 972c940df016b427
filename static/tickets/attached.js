/** Shows files that came live as templates/tickets/_files.html shows those that were there: their
 * names are text, and nothing else of what a stranger sent gets into the page. */
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
  const list = document.createElement("ul");
  list.className = "files";
  list.setAttribute("aria-label", "Files");
  list.append(...attachments.map(shown));
  item.append(list);
}

/** A name of its own direction, that turns nothing around it.
 *
 * @param {string} name
 */
export function isolated(name) {
  const element = document.createElement("bdi");
  element.textContent = name;
  return element;
}

/** @param {(string | Node)[]} words */
export function dim(...words) {
  const element = document.createElement("span");
  element.className = "dim";
  element.append(...words);
  return element;
}

/** @param {Desk.Attachment} attachment */
function shown({ name, size, type, url, picture }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = url;
  if (picture) {
    const image = document.createElement("img");
    image.loading = "lazy"; // Before its address, else it is loaded at once.
    Object.assign(image, { ...picture, alt: name, src: url });
    link.dataset.picture = "";
    link.append(image);
    item.append(link, dim(isolated(name), ` · ${inWords(size)}`));
  } else {
    link.download = "";
    link.append(isolated(name));
    item.append(link, " ", dim(`${type} · ${inWords(size)}`));
  }
  return item;
}
