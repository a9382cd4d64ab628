// Puts a part of another page where it belongs; without script there is a link to that page instead.
for (const part of document.querySelectorAll("[data-fill]")) {
  fetch(part.dataset.fill, { credentials: "same-origin", cache: "no-store" })
    .then(async (answer) => {
      if (answer.ok && !answer.redirected) part.innerHTML = await answer.text();
    })
    .catch(() => {});
}
