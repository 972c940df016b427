/** The operators' page of live connections loads itself afresh once per heartbeat. */
const shown = () => /** @type {HTMLElement} */ (document.getElementById("connections"));

async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("connections");
    if (!fresh) throw new Error("signed out");
    if (!shown().contains(document.activeElement)) shown().replaceWith(fresh);
    shown().style.opacity = "";
  } catch (error) {
    console.warn("The connections could not be read:", error);
    shown().style.opacity = "0.5"; // The page shows old data.
  }
}

setInterval(() => document.hidden || refresh(), 1000 * Number(shown().dataset.every));
