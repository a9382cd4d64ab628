import { drop, keepOnly, kept } from "./kept.js";
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
  const pictures = [...document.querySelectorAll(".qr img")].map((image) => new URL(image.src).pathname);
  const alone = pictures.map((path) => path.replace(/\.svg$/, ""));
  const sheets = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon]")].map(
    (link) => new URL(link.href).pathname,
  );
  const scripts = [...document.querySelectorAll("script[src]")].map((script) => new URL(script.src).pathname);
  const channel = new MessageChannel();
  channel.port1.onmessage = (message) => {
    if (message.data === "kept") shown("kept");
  };
  const list = `/${here.split("/")[1]}/tickets`;
  active.postMessage({ keep: [here, list, ...pictures, ...alone, ...sheets, ...scripts] }, [channel.port2]);
};
if (performance.getEntriesByType("navigation")[0]?.serverTiming?.some(({ name }) => name === "kept")) {
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

// one tap keeps the link on this phone, one takes it away; what is kept follows what the page says at each visit
const [, , , key] = location.pathname.split("/");
const isKept = () => kept().some((each) => each.key === key);
const row = document.querySelector("[data-keep]");
const keepThis = () => {
  const { event, until, label } = row.dataset;
  const others = kept().filter((each) => each.key !== key);
  keepOnly([...others, { key, path: location.pathname, event, until: Number(until), label }]);
};
if (row) {
  const button = row.querySelector("button");
  const draw = () => {
    button.querySelector("[data-on]").hidden = !isKept();
    button.querySelector("[data-off]").hidden = isKept();
  };
  row.hidden = false;
  if (isKept()) keepThis();
  draw();
  button.addEventListener("click", () => {
    if (isKept()) drop(key);
    else keepThis();
    draw();
  });
} else if (!document.body.classList.contains("alone")) {
  drop(key); // given up, cancelled or over: nothing to come back to
}

// large and alone on the screen: it stays lit while a gate reads it
const lit = () => navigator.wakeLock?.request("screen").catch(() => {});
if (document.body.classList.contains("alone")) {
  lit();
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && lit());
} else {
  keep().catch(() => {});
}
