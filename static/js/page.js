/** The page as the server would give it now. */
const PATIENCE = 20_000;

export class Gone extends Error {}

/** Its document, and the log position that its data is at least as new as. */
export async function fetchPage(url) {
  const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (response.status === 404) throw new Gone(url);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const live = page.getElementById("live");
  if (!response.ok || response.redirected || !live) {
    throw new Error(`${url} answered ${response.status}, ${response.url}`);
  }
  return { page, head: Number(live.dataset.head) };
}

/** Take the side navigation over from a fetched page: queues come and go. */
export function takeNavigation(page) {
  const [ours, theirs] = [document, page].map((from) => from.getElementById("side"));
  const links = (nav) => [...nav.querySelectorAll("a")].map((link) => link.textContent + link.href);
  if (ours && theirs && links(ours).join() !== links(theirs).join()) {
    const focused = ours.contains(document.activeElement) ? document.activeElement.href : null;
    ours.replaceChildren(...document.importNode(theirs, true).childNodes);
    [...ours.querySelectorAll("a")].find((link) => link.href === focused)?.focus();
  }
}
