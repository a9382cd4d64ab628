// Texts to paste: one tap copies; without script the text can be marked by hand.
for (const button of document.querySelectorAll("[data-copy]")) {
  const text = button.closest("details").querySelector("[data-paste]");
  if (!navigator.clipboard) break;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => {
      button.textContent = label;
    }, 2000);
  });
}
