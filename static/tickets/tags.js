/** False if the place shows these tags already. An older release sends none.
 *
 * @param {HTMLElement} place
 * @param {string[]} [tags]
 */
export function showTags(place, tags = []) {
  if (place.title === tags.join(", ")) return false;
  place.title = tags.join(", ");
  import("./labels.js").then(({ show }) => show(place, tags)).catch(console.warn);
  return true;
}
