/** The theme and the density of rows change in place, once the server has kept them. */
import { part, parts } from "./elements.js";
import { ownHeaders } from "./token.js";

const PATIENCE = 10_000;
const NO_ANSWER = "Not kept, for there is no connection to the server: try again.";

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!(form instanceof HTMLFormElement && submitter instanceof HTMLButtonElement)) return;
  if (!form.matches("[data-look]")) return;
  event.preventDefault();
  const refusal = await keep(form.action, new FormData(form, submitter));
  if (!refusal) show(submitter);
  part(document, "#says", HTMLElement).textContent = refusal;
});

/** Returns why it was not kept; "" if it was.
 *
 * @param {string} url
 * @param {FormData} body
 * @returns {Promise<string>}
 */
async function keep(url, body) {
  const signal = AbortSignal.timeout(PATIENCE);
  const sent = fetch(url, { method: "POST", body, headers: ownHeaders(), signal });
  const answer = await sent.catch(console.warn);
  if (!answer) return NO_ANSWER;
  if (answer.ok) return "";
  const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
  return isJson ? (await answer.json()).error : `Not kept (${answer.status}).`;
}

/** @param {HTMLButtonElement} chosen */
function show({ name, value }) {
  document.documentElement.dataset[name] = value;
  for (const button of parts(document, `[data-look] [name="${name}"]`, HTMLButtonElement)) {
    button.setAttribute("aria-pressed", String(button.value === value));
  }
}
