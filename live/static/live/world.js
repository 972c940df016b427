/** The surroundings of the client in one place, so that tests can give it others.
 *
 * @type {Live.World} */
export const world = {
  EventSource: globalThis.EventSource,
  MessageChannel: globalThis.MessageChannel,
  fetch: (url, options) => globalThis.fetch(url, options),
  now: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (call, delay) => globalThis.setTimeout(call, delay),
  clearTimeout: (timer) => globalThis.clearTimeout(timer ?? undefined),
  setInterval: (call, delay) => globalThis.setInterval(call, delay),
  clearInterval: (timer) => globalThis.clearInterval(timer ?? undefined),
};

export const LONGEST_WAIT = 10_000;
const SHORTEST_WAIT = 200;

/** Milliseconds to wait before try number `tries` (0, 1, 2 …): a random part of 2, 4, 8, then 10 s.
 * A restarted server cuts off all its clients in one instant. EventSource alone would bring all of
 * them back in another.
 *
 * @param {number} tries
 * @param {() => number} random from 0 to 1
 */
export function backOff(tries, random) {
  const longest = Math.min(LONGEST_WAIT, 2000 * 2 ** tries);
  return SHORTEST_WAIT + random() * (longest - SHORTEST_WAIT);
}
