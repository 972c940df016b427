/** The page of preferences offers the time zone of this computer. */
import { part } from "./elements.js";
import "./navigation.js";

const field = part(document, "#id_time_zone", HTMLInputElement);
const offer = part(document, "#use-zone", HTMLButtonElement);
const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
const isKnown = [...(field.list?.options ?? [])].some(({ value }) => value === timeZone);

offer.hidden = !isKnown || part(document, "#live", HTMLElement).dataset.zone === timeZone;
offer.textContent = `Use ${timeZone}, as this computer does`;
offer.addEventListener("click", () => {
  field.value = timeZone;
  offer.hidden = true;
});
