// Tickets and the gate at hand without a network. Party pages: from the network first, else as they were kept. Only a
// whole answer of ours replaces what is kept, and only our own 410 erases it: a proxy's 502 or a portal's page does
// neither. The gate: its page and files are kept together, as one set.
const TICKETS = "bon-tickets-1",
  GATE = "bon-gate-1";
const PARTY = /^\/[a-z-]+\/r\/[\w-]+(\/\d+(\.svg)?)?\/?$/;
const LIST = /^\/[a-z-]+\/tickets\/?$/; // which tickets this phone keeps: the page itself knows none
const SCANNER = /^\/(gate\/?$|t\/)/i; // a ticket's own address, too: on a paired phone it admits
const PATIENCE = 6000,
  GATE_PATIENCE = 3000; // milliseconds: a network that hangs is none

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) =>
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== TICKETS && name !== GATE) await caches.delete(name);
      await self.clients.claim();
    })(),
  ),
);

const bare = (path) => path.replace(/\/$/, "");

// the whole answer, or an error: half a page is none
const within = async (path, patience) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), patience);
  try {
    // past the browser's own cache: it keeps a 410 of some proxy for ever
    const answer = await fetch(path, { signal: controller.signal, credentials: "same-origin", cache: "no-store" });
    const body = [101, 204, 205, 304].includes(answer.status) ? null : await answer.arrayBuffer();
    return new Response(body, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
  } finally {
    clearTimeout(timer);
  }
};

// our word on the page itself: "later" (429, 503 …) is none
const FINAL = [401, 403, 404, 409, 410];
const ours = (answer) => answer.headers.get("x-bon") === "1" && (answer.ok || FINAL.includes(answer.status));

// the page itself can tell that it is the kept one (performance's serverTiming)
const asKept = async (kept, path) => {
  const found = await kept.match(path);
  if (!found) return undefined;
  const headers = new Headers(found.headers);
  headers.append("server-timing", "kept");
  return new Response(found.body, { status: found.status, headers });
};

const refreshed = async (path, kept) => {
  const answer = await within(path, PATIENCE);
  const key = bare(path.split("?")[0]);
  if (!ours(answer)) return (await asKept(kept, key)) || answer;
  if (answer.ok) await kept.put(key, answer.clone());
  if (answer.status === 410) {
    if (key.split("/").length === 4)
      await forget(key, kept); // the party itself is gone
    else await kept.delete(key);
  }
  return answer;
};

const forget = async (path, kept) => {
  const party = path.split("/").slice(0, 4).join("/");
  for (const request of await kept.keys()) {
    const known = new URL(request.url).pathname;
    if (known === party || known.startsWith(`${party}/`)) await kept.delete(request);
  }
};

const partyPage = async (request, pathname) => {
  const kept = await caches.open(TICKETS);
  try {
    return await refreshed(
      request.mode === "navigate" ? request.url.replace(self.location.origin, "") : pathname,
      kept,
    );
  } catch (error) {
    const found = await asKept(kept, bare(pathname));
    if (found) return found;
    throw error;
  }
};

const keepFiles = async (files) => {
  const kept = await caches.open(GATE);
  for (const path of files) {
    if (await kept.match(path)) continue;
    const file = await within(path, PATIENCE);
    if (!ours(file) || !file.ok) throw new Error("not a file of ours");
    await kept.put(path, file);
  }
  return kept;
};

const gatePage = async (request) => {
  const kept = await caches.match("/gate", { cacheName: GATE });
  if (!kept) return fetch(request); // not a phone of the gate
  try {
    const answer = await within(request.url, GATE_PATIENCE);
    if (!ours(answer)) return kept;
    // a new page without its new files would be nothing: then the kept one, which has all of its own
    await keepFiles(new Set((await answer.clone().text()).match(/\/static\/[\w.-]+/g)));
    return answer;
  } catch {
    return kept;
  }
};

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/static/")) {
    event.respondWith(caches.match(pathname).then((found) => found || fetch(event.request)));
  } else if (PARTY.test(pathname) || LIST.test(pathname)) {
    event.respondWith(partyPage(event.request, pathname));
  } else if (SCANNER.test(pathname) && event.request.mode === "navigate") {
    event.respondWith(gatePage(event.request));
  }
});

const keepTickets = async (paths) => {
  const kept = await caches.open(TICKETS);
  await Promise.all(paths.map((path) => refreshed(path, kept)));
};

// the files first, the page last: a page is never kept without what it needs
const keepGate = async (files) => {
  const kept = await keepFiles(files);
  const page = await within("/gate", PATIENCE);
  if (!ours(page) || !page.ok) throw new Error("not paired");
  await kept.put("/gate", page);
  for (const request of await kept.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname !== "/gate" && !files.includes(pathname)) await kept.delete(request);
  }
};

self.addEventListener("message", (event) =>
  event.waitUntil(
    (async () => {
      const { keep, gate } = event.data;
      const kept = gate ? keepGate(gate) : keepTickets(keep);
      event.ports[0].postMessage(
        await kept.then(
          () => "kept",
          () => "failed",
        ),
      );
    })(),
  ),
);

// A message: what stands on a locked screen names nobody and says nothing of tickets; the tap opens the page itself.
const told = (event) => {
  try {
    return event.data.json();
  } catch {
    return {};
  }
};
self.addEventListener("push", (event) => {
  const { title = "Bon", link = "/", id = "", language = "" } = told(event);
  const shown = { tag: id, lang: language, data: { link } };
  event.waitUntil(self.registration.showNotification(title, shown));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { link } = event.notification.data;
  if (new URL(link, self.location.origin).origin === self.location.origin)
    event.waitUntil(self.clients.openWindow(link));
});
