/** What has become of the mail of a reply. It is loaded with the first that is told live. */
import { part } from "./elements.js";
import { flash } from "./flash.js";

/** Of each reply what was told last, for a page that is fetched may have been read before that.
 *
 * @type {Map<number, {mail: Desk.Mail, position: number}>}
 */
const told = new Map();

/**
 * @param {number} comment
 * @param {Desk.Mail} mail
 * @param {number} position in the log
 */
export function showMail(comment, mail, position) {
  if ((told.get(comment)?.position ?? 0) > position) return;
  told.set(comment, { mail, position });
  draw(comment, mail);
}

/** After the timeline was taken from a page that was read at this position.
 *
 * @param {number} head
 */
export function showMailSince(head) {
  for (const [comment, { mail, position }] of told) {
    if (position > head) draw(comment, mail);
    else told.delete(comment);
  }
}

/**
 * @param {number} comment
 * @param {Desk.Mail} mail
 */
function draw(comment, mail) {
  const place = document.querySelector(`#comment-${comment} [data-part="mail"]`);
  if (!(place instanceof HTMLElement)) return; // On another page of the timeline.
  const sentence = part(place, "span", HTMLElement);
  const form = part(place, "form", HTMLFormElement);
  place.hidden = false;
  place.dataset.state = mail.state;
  sentence.textContent = worded(mail);
  form.hidden = mail.state !== "failed";
  flash(sentence);
}

/** tickets/mail/telling.py says the same.
 *
 * @param {Desk.Mail} mail
 */
export function worded({ state, reason, to, cc }) {
  const all = [to, ...cc].join(", ");
  const why = reason && ` ${reason}`;
  if (state === "sent") return `Mailed to ${all}.${why}`;
  if (state === "failed") return `Not mailed to ${all}.${why}`;
  return why ? `Still to be mailed to ${all}.${why}` : `Being mailed to ${all}.`;
}
