/** What a write needs: the token without which the server takes no form, and a key of its own.
 *
 * A log-in in another tab gives the browser a new one, and the forms of all open pages still hold
 * the old one. So it is read from its cookie at the moment of sending. */

/** The token that the browser holds now; undefined where there is none.
 *
 * @param {string} cookies as in `document.cookie`
 * @param {string} name
 */
export function tokenIn(cookies, name) {
  const pairs = cookies.split("; ").map((cookie) => cookie.split("="));
  return pairs.find(([key]) => key === name)?.[1] || undefined;
}

const token = () => tokenIn(document.cookie, document.documentElement.dataset.csrfCookie ?? "");

/** What a script sends with a write of its own: the token, and for whom its page was made. */
export const ownHeaders = () => ({
  "X-CSRFToken": token() ?? "",
  "X-Sent-For": document.body.dataset.user ?? "",
});

/** What makes two sendings one deed. Plain HTTP has no randomUUID. */
export const freshKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Gives the form the token that is valid now.
 *
 * @param {HTMLFormElement} form
 */
export function renewToken(form) {
  const field = form.elements.namedItem("csrfmiddlewaretoken");
  if (field instanceof HTMLInputElement) field.value = token() ?? field.value;
}

// For forms that the browser sends by itself, such as those to log in and out.
if ("document" in globalThis) {
  document.addEventListener("submit", ({ target }) => {
    if (target instanceof HTMLFormElement && target.method === "post") renewToken(target);
  });
}
