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

/** What already stands there is not written again: a screen reader would say it again.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
