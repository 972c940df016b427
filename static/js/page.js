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
