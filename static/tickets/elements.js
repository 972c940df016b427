/** The parts that a template promises its script. If a part is missing, the error names it. */

/** The first element within `root` that the selector fits.
 *
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T}
 */
export function part(root, selector, kind) {
  const found = root.querySelector(selector);
  if (found instanceof kind) return found;
  throw new TypeError(`The page has no ${kind.name} ${selector}`);
}

/** All elements of that kind within `root` that the selector fits.
 *
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T[]}
 */
export function parts(root, selector, kind) {
  const found = [...root.querySelectorAll(selector)].filter((element) => element instanceof kind);
  return /** @type {T[]} */ (found);
}

/** A new element with these properties, and with this inside.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {...(string | Node)} inside
 */
export function make(name, properties = {}, ...inside) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
}

/** A copy of the one element that a template of the page holds.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function copyOf(id, kind) {
  const { content } = part(document, `#${id}`, HTMLTemplateElement);
  return part(document.importNode(content, true), "*", kind);
}

/** Ours holds what theirs does, of a page that was fetched. The link that has the focus keeps it.
 *
 * @param {Element} ours
 * @param {Element} theirs
 */
export function renew(ours, theirs) {
  const links = () => parts(ours, "a", HTMLAnchorElement);
  const focused = links().find((link) => link === document.activeElement)?.href;
  ours.replaceChildren(...document.importNode(theirs, true).childNodes);
  links().find(({ href }) => href === focused)?.focus();
}

/** What already stands there is not written again: a screen reader would say it again.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
