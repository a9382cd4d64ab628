// Passkeys: the form carries what the browser is asked for, and sends what it answers.
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

const asked = (form) => {
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const each of [...(options.excludeCredentials ?? []), ...(options.allowCredentials ?? [])])
    each.id = bytes(each.id);
  return { publicKey: options };
};

const told = (made) => {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[part]) response[part] = text(made.response[part]);
  }
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
};

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) break;
  form.hidden = false;
  document.querySelector("[data-no-passkey]")?.remove();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    button.disabled = true;
    try {
      form.elements.answer.value = told(await navigator.credentials[form.dataset.passkey](asked(form)));
      form.submit();
    } catch {
      failed.hidden = false; // nobody answered, or this browser may not
    } finally {
      button.disabled = false;
    }
  });
}
