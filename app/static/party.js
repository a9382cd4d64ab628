// Keeps the party's page and its pictures in the phone, where the browser can (see sw.js). Nothing here is needed to use it.
const shown = (name) =>
  document.querySelectorAll(`[data-${name}]`).forEach((part) => {
    part.hidden = false;
  });
const keep = async () => {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/sw.js");
  const { active } = await navigator.serviceWorker.ready;
  const here = location.pathname.replace(/\/$/, "");
  const pictures = [...document.querySelectorAll(".ticket img")].map((image) => new URL(image.src).pathname);
  const alone = pictures.map((path) => path.replace(/\.svg$/, ""));
  const sheets = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon]")].map(
    (link) => new URL(link.href).pathname,
  );
  const scripts = [...document.querySelectorAll("script[src]")].map((script) => new URL(script.src).pathname);
  const channel = new MessageChannel();
  channel.port1.onmessage = (message) => {
    if (message.data === "kept") shown("kept");
  };
  active.postMessage({ keep: [here, ...pictures, ...alone, ...sheets, ...scripts] }, [channel.port2]);
};
if (performance.getEntriesByType("navigation")[0]?.workerStart && !navigator.onLine) {
  shown("offline");
  document.querySelectorAll(".contact .badge").forEach((badge) => {
    badge.remove();
  }); // "open now" was true when it was kept
}
const send = document.querySelector("[data-share]");
if (send && navigator.share) {
  send.hidden = false;
  send.addEventListener("click", () =>
    navigator.share({ title: document.title, url: document.querySelector("#link").value }).catch(() => {}),
  );
}
keep().catch(() => {});
