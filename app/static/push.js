// "Tell me on this phone": asks the browser, subscribes, and sends the form with what the browser gave.
const form = document.querySelector("[data-push]");
const bytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};
const subscribe = async () => {
  if ((await Notification.requestPermission()) !== "granted") return null;
  await navigator.serviceWorker.register("/sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  const known = await pushManager.getSubscription();
  return known || pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(form.dataset.push) });
};
if (form && navigator.serviceWorker && window.PushManager && window.Notification) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = await subscribe().catch(() => null);
    form.querySelector("[data-push-refused]").hidden = Boolean(given);
    if (!given) return;
    form.querySelector("[name=subscription]").value = JSON.stringify(given);
    form.submit();
  });
}
