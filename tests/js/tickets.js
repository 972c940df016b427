/** A ticket as events and lists have it, and people. */
export const ANA = { id: 5, name: "Ana" };
export const BOB = { id: 6, name: "bob" };
export const ME = { id: 7, name: "alice" };
export const BILLING = { id: 3, name: "Billing" };
export const NETWORK = { id: 4, name: "Network" };

/**
 * @param {Partial<Desk.Known>} [fields]
 * @returns {Desk.Known}
 */
export const ticket = (fields) => ({
  id: 1,
  subject: "Printer on fire",
  status: "new",
  priority: "normal",
  queue: BILLING,
  assignee: null,
  requester_name: "",
  requester_email: "",
  tags: [],
  due_at: null,
  awaits_answer: true,
  version: 1,
  created_at: "2026-01-01T10:00:00Z",
  last_activity_at: "2026-01-01T10:00:00Z",
  last_activity_by: "requester",
  updated_at: "2026-01-01T10:00:00Z",
  ...fields,
});
