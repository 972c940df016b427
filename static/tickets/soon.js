/** Returns a function that has the task done soon, once for all who ask for it meanwhile.
 *
 * A change reaches hundreds of dashboards in one instant. Their questions to the server would come
 * in one instant too, so they are spread at random.
 *
 * @param {() => unknown} task may return a promise
 * @param {object} times in milliseconds
 * @param {number} times.apart at least so long after the last time
 * @param {number} times.spread
 */
export function soon(task, { apart, spread }) {
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  let running = false;
  let again = false;
  let last = -Infinity;

  async function run() {
    timer = null;
    running = true;
    last = performance.now();
    try {
      await task();
    } catch (error) {
      console.error("What was asked for failed; the next who asks has it done again:", error);
    }
    running = false;
    if (again) ask();
  }

  function ask() {
    again = running;
    if (timer !== null || running) return;
    const rest = Math.max(0, last + apart - performance.now());
    timer = setTimeout(run, rest + Math.random() * spread);
  }
  return ask;
}
