/** Do something soon: once for all who ask meanwhile, and not when everybody else does it.
 *
 * A change reaches hundreds of dashboards in one instant; what they ask of the server in return is
 * spread over `spread` milliseconds, and comes at least `apart` after the last time. */
export function soon(task, { apart, spread }) {
  let timer = null;
  let running = false;
  let again = false;
  let last = -Infinity;

  async function run() {
    timer = null;
    running = true;
    last = performance.now();
    await task();
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
