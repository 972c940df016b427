/** What the client needs of its surroundings, in one place, so that tests can give it others. */
export const world = {
  EventSource: globalThis.EventSource,
  MessageChannel: globalThis.MessageChannel,
  fetch: (...args) => globalThis.fetch(...args),
  now: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (...args) => globalThis.setTimeout(...args),
  clearTimeout: (id) => globalThis.clearTimeout(id),
  setInterval: (...args) => globalThis.setInterval(...args),
  clearInterval: (id) => globalThis.clearInterval(id),
};

export const LONGEST_WAIT = 10_000;
const SHORTEST_WAIT = 200;

/** Milliseconds before try number `tries` (0, 1, 2 …): anywhere in 2, 4, 8, then 10 s. A restarted
 * server cuts all its clients in one instant; EventSource alone would bring all back in another. */
export function backOff(tries, random) {
  const longest = Math.min(LONGEST_WAIT, 2000 * 2 ** tries);
  return SHORTEST_WAIT + random() * (longest - SHORTEST_WAIT);
}
