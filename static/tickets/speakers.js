/** Whose words a comment is, and how it came: tickets/public.py says the same. */

/** Whose words they are, as in tickets/public.py; "" where it is not known. A process of an older
 * release sends no author_name.
 *
 * @param {Desk.Comment} comment
 * @param {string} asker who the ticket is from
 */
export function saidBy(comment, asker) {
  const { author, author_name: name = author?.name ?? "", requester, via, internal } = comment;
  if (!requester) return internal && isUnproven(comment) ? `says they are ${name}` : name;
  return (via === "mail" && name) || asker || "Requester";
}

/** How it came, such as "noted by alice, by phone".
 *
 * @param {Desk.Comment} comment
 */
export function noted(comment) {
  const { author, requester, via, author_name: agent } = comment;
  if (via === "mail") return author || requester || isUnproven(comment) ? "by mail" : "";
  const by = [agent && `noted by ${agent}`, via === "phone" && "by phone"];
  return requester ? by.filter(Boolean).join(", ") : "";
}

/** What nobody may overlook.
 *
 * @param {Desk.Comment} comment
 */
export function tag(comment) {
  if (comment.internal) return `internal note${isUnproven(comment) ? ", not proven" : ""}`;
  return isUnproven(comment) ? "not the requester" : "";
}

/** @param {Desk.Comment} comment */
const isUnproven = ({ author, author_name: name, requester, via }) =>
  !author && !requester && via === "mail" && name?.endsWith(">");
