/** Why a row has left the list, in a few words: "taken by Ana", "moved to Network". Of a ticket that
 * has left the reader's sight nothing is known but that. */
const DONE = ["resolved", "closed"];

/**
 * @param {number} id
 * @param {import("./store.js").Store} store
 * @param {import("./filter.js").Filter} filter
 * @param {boolean} seesAll
 */
export function reasonOf(id, store, filter, seesAll) {
  const ticket = store.get(id);
  if (!ticket) return seesAll ? "deleted" : "moved away, or deleted";
  const field = filter.keptOutBy(ticket) ?? (DONE.includes(ticket.status) ? "status" : "");
  const actor = store.actorOf(id, field);
  const by = actor ? ` by ${nameFor(store.reader, actor)}` : "";
  if (field === "status" && ticket.merged_into) return `merged into #${ticket.merged_into}${by}`;
  if (field === "queue") return `moved to ${ticket.queue.name}${by}`;
  if (field === "assignee") return assigned(ticket.assignee, actor, store.reader);
  if (field === "priority") return `${ticket.priority} priority${by}`;
  if (field === "tags") return `tag taken off${by}`;
  if (field !== "status") return "not among these any more";
  return `${DONE.includes(ticket.status) ? ticket.status : `set to ${ticket.status}`}${by}`;
}

/**
 * @param {Desk.Named | null} assignee
 * @param {Desk.Named | null | undefined} actor
 * @param {number} reader
 */
function assigned(assignee, actor, reader) {
  const by = actor ? ` by ${nameFor(reader, actor)}` : "";
  if (!assignee) return `given back${by}`;
  if (assignee.id === actor?.id) return `taken${by}`;
  return `assigned to ${nameFor(reader, assignee)}${by}`;
}

/**
 * @param {number} reader
 * @param {Desk.Named} person
 */
const nameFor = (reader, { id, name }) => (id === reader ? "you" : name);
