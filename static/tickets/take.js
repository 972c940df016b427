/** The button by which one takes a ticket, on each row of the board and beside a ticket, and the one
 * that takes a change back. Rows come and go, so it is the page that listens. What sends such a form
 * is loaded when the first one is sent. */

/** @type {WeakSet<HTMLFormElement>} */
const known = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return; // It listens by itself.
  if (!form.matches(".take, #take, .undo, .again")) return;
  event.preventDefault();
  if (known.has(form)) return;
  known.add(form);
  send(form).catch((error) => {
    console.warn("The browser has to send it by itself:", error);
    form.submit();
  });
});

/** @param {HTMLFormElement} form */
async function send(form) {
  const { SentForm } = await import("./sent-form.js");
  const sent = new SentForm(form);
  if (form.matches(".take")) sent.said = (messages) => tell(messages).catch(console.warn);
  sent.submit();
}

/** Who takes a ticket from the list goes on in the list.
 *
 * @param {Desk.Message[]} messages
 */
async function tell(messages) {
  const { toast } = await import("./toast.js");
  for (const { words, change } of messages) {
    const [id, version] = change.split(" ");
    toast(words, version ? { [id]: Number(version) } : {});
  }
}
