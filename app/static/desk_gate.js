// Keeps the moving part of a desk's page fresh, unless somebody is about to press something in it, or nothing changed.
const part = document.querySelector("[data-live]");
let known = "";
const renew = async () => {
  if (document.hidden || part.matches(":focus-within")) return;
  const headers = known ? { "if-none-match": known } : {};
  const answer = await fetch(part.dataset.live, { credentials: "same-origin", cache: "no-store", headers });
  if (answer.status !== 200 || answer.redirected) return;
  known = answer.headers.get("etag") ?? "";
  const open = [...part.querySelectorAll("details")].map((each) => each.open);
  part.innerHTML = await answer.text();
  part.querySelectorAll("details").forEach((each, number) => {
    each.open = open[number] ?? each.open;
  });
};
setInterval(() => renew().catch(() => {}), Number(part.dataset.every ?? 4000));
