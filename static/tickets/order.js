/** Which rows can stay where they are while the others take their places between them: as many as can.
 *
 * @param {number[]} before
 * @param {number[]} after
 */
export function stayers(before, after) {
  const places = new Map(before.map((id, place) => [id, place]));
  /** @type {number[][]} of each length the row of stayers that ends highest up */
  const runs = [[]];
  for (const id of after) {
    const place = places.get(id) ?? -1;
    const length = runs.findLastIndex((run) => (places.get(run.at(-1) ?? 0) ?? -1) < place);
    if (length >= 0) runs[length + 1] = [...runs[length], id];
  }
  return new Set(runs.at(-1));
}
