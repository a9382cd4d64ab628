// The phone itself: whether it keeps the page and what is in it, its battery, and telling the desk how it is.
import { root } from "./page.js";

const REPORT_EVERY = 20000; // milliseconds

/** Everything that the page needs comes along into the phone: it opens without a network from now on. */
export const keepPage = async () => {
  await navigator.serviceWorker.register("/sw.js");
  const { active } = await navigator.serviceWorker.ready;
  const links = [...document.querySelectorAll("link[href]")].map((link) => new URL(link.href).pathname);
  const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname);
  const files = [...links, ...loaded, ...Object.values(root.dataset)].filter((path) => path.startsWith("/static/"));
  const channel = new MessageChannel();
  const kept = new Promise((resolve, reject) => {
    channel.port1.onmessage = ({ data }) => (data === "kept" ? resolve() : reject(new Error(data)));
  });
  active.postMessage({ gate: [...new Set(files)] }, [channel.port2]);
  await kept;
  root.dataset.kept = "true";
};

/** Whether the page was kept at an earlier visit. */
export const wasKept = () => window.caches?.match("/gate", { cacheName: "bon-gate-1" }).catch(() => null);

export class Phone {
  constructor(scanner) {
    this.scanner = scanner;
    this.persisted = null;
    this.battery = null;
    this.reported = "";
    navigator.storage?.persist?.().then(
      (persisted) => {
        this.persisted = persisted;
      },
      () => {},
    );
    navigator.getBattery?.().then(
      (battery) => {
        const note = () => {
          this.battery = battery.charging ? null : Math.round(battery.level * 100);
        };
        battery.addEventListener("levelchange", note);
        battery.addEventListener("chargingchange", note);
        note();
      },
      () => {},
    );
  }

  async report() {
    if (this.scanner.book.facts.over || !this.scanner.courier.online) return;
    const waiting = this.scanner.book.queue,
      state = {
        synced_to: Number(this.scanner.book.facts.cursor ?? 0),
        scans_waiting: waiting.length,
        kept: this.persisted,
        battery: this.battery,
        rehearsing: this.scanner.rehearsal,
      };
    if (waiting.length) state.waiting_since = new Date(waiting[0].wall).toISOString();
    if (!this.scanner.book.loaded) state.synced_to = null;
    const told = JSON.stringify({ ...state, synced_to: this.scanner.book.loaded });
    if (told === this.reported && performance.now() - this.reportedAt < REPORT_EVERY) return;
    this.reported = told;
    this.reportedAt = performance.now();
    await this.scanner.courier.report(state);
  }
}
