/** A row changes in place, comes first if its order is new, and goes if that is deleted. */
document.addEventListener("live:event", ({ detail: { data: { id, row } } }) => {
  (document.getElementById(id) ?? document.querySelector("tbody").insertRow(0)).outerHTML = row;
});
document.addEventListener("live:reset", () => location.reload());
