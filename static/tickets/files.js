/** What the page does with files; it is loaded as soon as somebody is at work on the page. Until then,
 * or if it does not come, chosen files go with the form, and pictures open by themselves. */
import { part } from "./elements.js";

/** @type {WeakSet<HTMLFormElement>} */
const followed = new WeakSet();

/** Uploads what is chosen, dropped on the page, or pasted into the form, and opens pictures in place.
 *
 * @param {HTMLFormElement} form
 */
export function follow(form) {
  if (followed.has(form)) return;
  followed.add(form);
  const chooser = part(form, "[type=file]", HTMLInputElement);
  const upload = (/** @type {File[]} */ files) =>
    import("./attach.js").then(({ attach }) => attach(form, files), console.warn);
  const take = (/** @type {Event} */ event, /** @type {DataTransfer | null} */ data) => {
    if (!data?.types.includes("Files")) return;
    event.preventDefault();
    if (data.files.length > 0) upload([...data.files]);
  };
  const takeChosen = () => chooser.files?.length && upload([...chooser.files]);
  chooser.addEventListener("change", takeChosen);
  form.addEventListener("paste", (event) => {
    const { clipboardData: data } = event; // A copied text may have a picture of itself beside it.
    if (!data?.types.includes("text/plain")) take(event, data);
  });
  document.addEventListener("dragover", (event) => take(event, event.dataTransfer));
  document.addEventListener("drop", (event) => take(event, event.dataTransfer));
  document.addEventListener("click", openPicture);
  takeChosen();
  if (part(form, "[name=attached]", HTMLInputElement).value) upload([]); // Of a draft.
}

/** @param {MouseEvent} event */
function openPicture(event) {
  const { target, ctrlKey, metaKey, shiftKey } = event;
  const link = target instanceof Element ? target.closest("a[data-picture]") : null;
  if (!(link instanceof HTMLAnchorElement) || ctrlKey || metaKey || shiftKey) return;
  event.preventDefault();
  import("./picture.js").then(
    ({ enlarge }) => enlarge(link),
    () => location.assign(link.href),
  );
}
