/** The tab says in title and icon that notices are unread, or that the page is not live. What other
 * scripts write into the title stands behind that. */
import { part } from "./elements.js";

const icon = part(document, 'link[rel="icon"]', HTMLLinkElement);
const plain = icon.href;
const root = document.documentElement;
let before = "";
/** @type {DOMStringMap} */
let bell = {};

/** @param {DOMStringMap} told by the bell: how many, and the icons */
export function sayInTitle(told) {
  bell = told;
  show();
}

function show() {
  const { number, iconOff = plain, iconUnread = plain } = bell;
  const { liveState: state = "live" } = root.dataset;
  const words = { live: "", reconnecting: "reconnecting · " }[state] ?? "not live · ";
  const own = document.title.slice(document.title.startsWith(before) ? before.length : 0);
  before = words + (number && `● ${number} · `);
  if (document.title !== before + own) document.title = before + own;
  icon.href = words ? iconOff : number ? iconUnread : plain;
}

new MutationObserver(show).observe(part(document, "title", HTMLTitleElement), { childList: true });
new MutationObserver(show).observe(root, { attributeFilter: ["data-live-state"] });
