// Keeps the moving part of the desk's gate page fresh, unless somebody is about to press something in it.
const part = document.querySelector("[data-live]");
const renew = async () => {
  if (document.hidden || part.matches(":focus-within")) return;
  const answer = await fetch(part.dataset.live, { credentials: "same-origin" });
  if (answer.ok && !answer.redirected) part.innerHTML = await answer.text();
};
setInterval(() => renew().catch(() => {}), 4000);
