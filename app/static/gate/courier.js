// Between phone and server: the roster comes, the queue goes. One errand of each kind at a time, whatever the number of
// tabs. Only an answer of ours counts: what a proxy or a portal says is no network.
import { alone } from "./store.js";

const VERSION = 1; // of the roster's form
const SHORT_CODE = /^[2-9A-HJKMNP-TV-Z]{6}$/;
const BATCH = 50,
  PATIENCE = 10000,
  MEASURED_WITHIN = 60000, // scans; the others milliseconds
  REST_AT_MOST = 12000,
  OTHER_TAB = 15000; // one that hangs must not hold up the others: what is delivered twice counts once

export class Over extends Error {} // this phone's time at the gate has ended

const ask = async (device, path, body, patience = PATIENCE) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), patience);
  try {
    const answer = await fetch(path, {
      method: body ? "POST" : "GET",
      headers: { "x-gate-device": device, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
      signal: controller.signal,
      credentials: "same-origin",
      cache: "no-store",
    });
    if (answer.headers.get("x-bon") !== "1") throw new Error("not an answer of ours");
    const said = await answer.json();
    if (answer.ok) return said;
    if (answer.status === 401 && said.code === "device_unknown") throw new Over();
    throw Object.assign(new Error(said.code), { status: answer.status, code: said.code, detail: said.detail });
  } finally {
    clearTimeout(timer);
  }
};

const instant = (milliseconds) => new Date(Math.max(-62e12, Math.min(milliseconds, 25e13))).toISOString();

export class Courier {
  /** `book` holds what the phone knows (see book.js); `tell(event, detail)` is called when something changed. */
  constructor(book, tell) {
    this.book = book;
    this.clock = book.clock;
    this.tell = tell;
    this.contact = null; // when the server last answered, by performance.now()
    this.taken = true; // whether it took the scans that were last brought
    this.failures = 0;
    this.restsUntil = 0; // by performance.now()
    this.delivering = null;
    this.syncing = null;
  }

  /** Whether the server takes scans now, as far as is known. */
  get online() {
    return this.taken && this.contact !== null && performance.now() - this.contact < 15000;
  }

  get rests() {
    return performance.now() < this.restsUntil;
  }

  /** The network is back, or somebody looks again: try at once. */
  wakeUp() {
    this.restsUntil = 0;
  }

  /** The phone itself says that there is no network. */
  lost() {
    this.contact = null;
  }

  #ask(path, body, patience) {
    return ask(this.book.facts.device?.id ?? "", path, body, patience);
  }

  #heard(said, began) {
    this.#answered();
    if (said.now) this.clock.measured(Date.parse(said.now), began);
    if (said.counts) this.book.counts = said.counts;
  }

  #answered() {
    this.contact = performance.now();
    this.failures = this.restsUntil = 0;
  }

  /** Brings the roster up to date, page by page. */
  sync() {
    return (this.syncing ??= alone("roster", () => this.#sync(), OTHER_TAB).finally(() => {
      this.syncing = null;
    }));
  }

  async #sync() {
    try {
      for (let more = true; more; ) {
        const { cursor = "", tag = "" } = this.book.facts,
          began = performance.now();
        const page = await this.#ask(`/gate/api/roster?since=${encodeURIComponent(cursor)}&known=${tag}`, null, 60000);
        if (page.version > VERSION) {
          this.#answered();
          this.tell("newer");
          return;
        }
        this.#heard(page, began);
        await this.book.keepPage(page, began);
        more = page.more;
        this.tell("roster", { loading: more });
      }
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #failed(error) {
    if (error instanceof Over) {
      this.#answered();
      if (!this.book.facts.over) await this.book.end().catch(() => this.tell("storage"));
      this.tell("over");
    } else if (error.code === "another_pairing") this.tell("another");
    else if (error instanceof DOMException && error.name !== "AbortError") this.tell("storage", error);
    else if (error.status && error.status < 500) this.contact = performance.now();
    else {
      this.contact = null;
      this.failures += 1;
      this.restsUntil = performance.now() + Math.min(REST_AT_MOST, 2000 * 2 ** Math.min(this.failures, 6));
    }
    this.tell("contact");
  }

  /** Delivers what waits, in order; resolves when nothing is left or the server cannot be reached. */
  deliver() {
    return (this.delivering ??= alone("courier", () => this.#deliver(), OTHER_TAB).finally(() => {
      this.delivering = null;
    }));
  }

  async #deliver() {
    try {
      await this.book.catchUp();
      if (!this.book.queue.length) {
        this.taken = true;
        return;
      }
      // first how wrong the clock is: it may have been turned since these scans were made
      if (!this.clock.isFresh(MEASURED_WITHIN) && !this.book.facts.over) await this.sync();
      for (;;) {
        const waiting = this.book.queue.filter((entry) => !this.book.isStuck(entry));
        if (!waiting.length) break;
        const [first] = waiting,
          groups = waiting.findIndex((entry) => entry.kind === "walk_in");
        if (groups === 0) await this.#deliverGroup(first);
        else await this.#deliverScans(waiting.slice(0, groups < 0 ? BATCH : Math.min(groups, BATCH)));
        if (this.book.queue.includes(first)) throw new Error("nothing came of it"); // not again at once
      }
      this.taken = true;
    } catch (error) {
      this.taken = error instanceof Over;
      await this.#failed(error);
    }
    this.tell("queue");
  }

  async #deliverScans(entries) {
    const now = Date.now(),
      sent = [];
    for (const entry of entries) {
      try {
        sent.push({ entry, scan: this.scanOf(entry) });
      } catch {
        await this.book.change({ ...entry, stuck: "unreadable" });
      }
    }
    if (!sent.length) return;
    let results;
    try {
      ({ results } = await this.#ask("/gate/api/scans", {
        sent_at: instant(now),
        scans: sent.map(({ scan }) => scan),
      }));
    } catch (error) {
      await this.#refused(
        error,
        sent.map(({ entry }) => entry),
        (entry) => this.#deliverScans([entry]),
      );
      return;
    }
    this.#answered();
    const settled = results.flatMap((result, index) =>
      result.nonce === sent[index].scan.nonce ? [{ ...sent[index], result }] : [],
    );
    await this.book.settle(settled);
    this.tell("delivered", settled);
  }

  async #deliverGroup(entry) {
    const { nonce, size, children } = entry;
    const body = { nonce, size, children, at: instant(this.#wall(entry)), sent_at: instant(Date.now()) };
    try {
      await this.#ask("/gate/api/walk-ins", body);
    } catch (error) {
      await this.#refused(error, [entry]);
      return;
    }
    this.#answered();
    await this.book.settle([{ entry, result: null }]);
  }

  /** What the server cannot read must not keep the rest from going: it is tried alone, then set aside and kept. */
  async #refused(error, entries, alone) {
    const overdue = error instanceof Over && entries[0].kind === "walk_in"; // counted after this phone's time
    if (!overdue && ![400, 413, 422].includes(error.status)) throw error;
    this.#answered();
    if (entries.length > 1) for (const entry of entries) await alone(entry);
    else await this.book.change({ ...entries[0], stuck: error.code ?? "device_unknown" });
  }

  /** When it was by this phone's clock as it is now: a clock that was turned or put right meanwhile moves no scan. */
  #wall(entry) {
    const moment = this.clock.momentOf(entry);
    return moment === null || !this.clock.known ? entry.wall : moment - this.clock.offset;
  }

  /** A queue entry as the API takes it. */
  scanOf(entry) {
    const { nonce, code, ticket, numbers, direction, override, undo, rehearsal, offline, shown, clock_off } = entry;
    const scan = { nonce, scanned_at: instant(this.#wall(entry)), offline, direction };
    for (const [name, value] of Object.entries({
      code,
      ticket,
      numbers,
      override,
      undo,
      rehearsal,
      shown,
      clock_off,
    })) {
      if (value) scan[name] = value;
    }
    return scan;
  }

  /** Tells the desk how this phone is. */
  async report(state) {
    try {
      const began = performance.now();
      this.#heard(await this.#ask("/gate/api/phone", { sent_at: instant(Date.now()), ...state }), began);
    } catch (error) {
      await this.#failed(error);
    }
  }

  /** Whether a text has the form of a short code. */
  couldBe(text) {
    return SHORT_CODE.test(text.toUpperCase().replace(/[^A-Z0-9]/g, ""));
  }

  /** {parties, sure}: the one with this short code (sure), or those with a name. */
  async find(text) {
    const short = text.toUpperCase().replace(/[^A-Z0-9]/g, "");
    if (SHORT_CODE.test(short)) {
      try {
        return { parties: [await this.#ask(`/gate/api/short-codes/${short}`)], sure: true };
      } catch (error) {
        if (error.code !== "short_code_unknown" || !this.book.facts.event?.search) throw error;
      }
    }
    return { parties: (await this.#ask("/gate/api/names", { name: text })).items, sure: false };
  }
}
