// Tickets at hand without a network: the party's pages from the network first, else as they were kept.
// Only GETs of our own; what the server says is gone (404, 410) is forgotten here too.
const KEPT = "bon-tickets-1";
const OURS = /^\/[a-z-]+\/r\/[\w-]+(\/\d+(\.svg)?)?\/?$/;
const PATIENCE = 6000; // milliseconds: a network that hangs is none

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  await self.clients.claim();
})()));

const bare = (path) => path.replace(/\/$/, "");

const refreshed = async (path, kept) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), PATIENCE);
  try {
    const answer = await fetch(path, { signal: controller.signal, credentials: "same-origin" });
    const key = bare(path.split("?")[0]);
    if (answer.ok) await kept.put(key, answer.clone());
    if (answer.status === 404 || answer.status === 410) {
      if (key.split("/").length === 4) await forget(key, kept); // the party itself is gone
      else await kept.delete(key);
    }
    return answer;
  } finally {
    clearTimeout(timer);
  }
};

const forget = async (path, kept) => {
  const party = path.split("/").slice(0, 4).join("/");
  for (const request of await kept.keys()) {
    const known = new URL(request.url).pathname;
    if (known === party || known.startsWith(`${party}/`)) await kept.delete(request);
  }
};

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/static/")) {
    event.respondWith(caches.match(pathname).then((found) => found || fetch(event.request)));
  } else if (OURS.test(pathname)) {
    event.respondWith((async () => {
      const kept = await caches.open(KEPT);
      try {
        return await refreshed(event.request.mode === "navigate" ? event.request.url.replace(origin, "") : pathname, kept);
      } catch (error) {
        const found = await kept.match(bare(pathname));
        if (found) return found;
        throw error;
      }
    })());
  }
});

self.addEventListener("message", (event) => event.waitUntil((async () => {
  const kept = await caches.open(KEPT);
  await Promise.all(event.data.keep.map((path) => refreshed(path, kept)));
  event.ports[0].postMessage("kept");
})()));
