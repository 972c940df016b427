/** Who has a ticket open, on its form in the admin. Its pages are Django's own: what the scripts of
 * ours look for on every page stands beside the people there. */
import { part } from "./elements.js";

const { user, csrfCookie } = part(document, "#ticket", HTMLElement).dataset;
Object.assign(document.body.dataset, { user });
Object.assign(document.documentElement.dataset, { csrfCookie });
import("./presence.js").catch(console.warn);
