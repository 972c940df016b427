/** How this browser tells of notices, beside the preferences. A click asks for it. */
import { part } from "./elements.js";
import { remember, remembered } from "./of-browser.js";
import { play } from "./ring.js";

const form = part(document, "#rings", HTMLFieldSetElement);
const sound = part(form, '[name="sound"]', HTMLInputElement);
const desktop = part(form, '[name="desktop"]', HTMLInputElement);
const REFUSED = "This browser does not allow it: it asks for HTTPS, and for your leave in its settings.";
const isGranted = () => globalThis.Notification?.permission === "granted";

sound.checked = Boolean(remembered("rings")?.sound);
desktop.checked = isGranted() && remembered("rings")?.desktop;
form.hidden = false;

form.addEventListener("change", async ({ target }) => {
  if (target === sound && sound.checked) play();
  if (target === desktop && desktop.checked) await globalThis.Notification?.requestPermission();
  const isRefused = desktop.checked && !isGranted();
  if (isRefused) desktop.checked = false;
  part(form, "[role=status]", HTMLElement).textContent = isRefused ? REFUSED : "";
  const wanted = { sound: sound.checked, desktop: desktop.checked };
  remember("rings", wanted.sound || wanted.desktop ? wanted : null);
});
