/** What this browser remembers for this user, the same in all of its tabs. */
function storage() {
  try {
    return localStorage;
  } catch (error) {
    return void console.warn("This browser lets the page remember nothing:", error);
  }
}

/** @param {string} name */
const key = (name) => `${name}-${document.getElementById("live")?.dataset.url}-${document.body.dataset.user}`;

/** @param {string} name */
export const remembered = (name) => JSON.parse(storage()?.getItem(key(name)) ?? "null");

/** @type {(name: string, value: unknown) => void} */
export const remember = (name, value) => storage()?.setItem(key(name), JSON.stringify(value));
