// Between phone and server: the roster comes, the queue goes. One errand of each kind at a time.
const VERSION = 1; // of the roster's form
const SHORT_CODE = /^[2-9A-HJKMNP-TV-Z]{6}$/;
const BATCH = 50,
  PATIENCE = 10000,
  JUMP = 5000; // scans, milliseconds, milliseconds

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
    this.tell = tell;
    this.contact = null; // when the server last answered, by performance.now()
    this.clock = null; // {offset, wall, steady}: what the phone's clock lacks, and when that was measured
    this.delivering = null;
    this.syncing = null;
  }

  get online() {
    return navigator.onLine && this.contact !== null && performance.now() - this.contact < 15000;
  }

  /** The time as the server has it, if the phone's clock was measured and not turned since; else null. */
  corrected(wall, steady) {
    if (!this.clock) return null;
    const turned = Math.abs(wall - this.clock.wall - (steady - this.clock.steady)) > JUMP;
    return turned ? null : wall + this.clock.offset;
  }

  #ask(path, body, patience) {
    return ask(this.book.facts.device?.id ?? "", path, body, patience);
  }

  #heard(said, began) {
    this.contact = performance.now();
    if (said.now) {
      const middle = (began + Date.now()) / 2;
      this.clock = { offset: Date.parse(said.now) - middle, wall: Date.now(), steady: performance.now() };
      this.book.facts.offset = this.clock.offset;
    }
    if (said.counts) this.book.counts = said.counts;
  }

  /** Brings the roster up to date, page by page. */
  sync() {
    return (this.syncing ??= this.#sync().finally(() => {
      this.syncing = null;
    }));
  }

  async #sync() {
    try {
      for (let more = true; more; ) {
        const { cursor = "", tag = "" } = this.book.facts,
          began = Date.now();
        const page = await this.#ask(`/gate/api/roster?since=${encodeURIComponent(cursor)}&known=${tag}`, null, 60000);
        if (page.version > VERSION) {
          this.contact = performance.now();
          this.tell("newer");
          return;
        }
        this.#heard(page, began);
        await this.book.keepPage(page);
        more = page.more;
        this.tell("roster", { loading: more });
      }
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #failed(error) {
    if (error instanceof Over) {
      this.contact = performance.now();
      await this.book.end();
      this.tell("over");
    } else if (error.name === "QuotaExceededError") this.tell("storage");
    else if (error.code === "another_pairing") this.tell("another");
    else if (error.status) this.contact = performance.now();
    else this.contact = null;
    this.tell("contact");
  }

  /** Delivers what waits, in order; resolves when nothing is left or the server cannot be reached. */
  deliver() {
    return (this.delivering ??= this.#deliver().finally(() => {
      this.delivering = null;
    }));
  }

  async #deliver() {
    // first how wrong the clock is: it may have been turned since these scans were made
    if (this.book.queue.length && !this.clock && !this.book.facts.over) await this.sync();
    try {
      for (;;) {
        const waiting = this.book.queue.filter((entry) => !this.book.isStuck(entry));
        if (!waiting.length) break;
        const groups = waiting.findIndex((entry) => entry.kind === "walk_in");
        if (groups === 0) await this.#deliverGroup(waiting[0]);
        else await this.#deliverScans(waiting.slice(0, groups < 0 ? BATCH : Math.min(groups, BATCH)));
      }
    } catch (error) {
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
    this.contact = performance.now();
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
    this.contact = performance.now();
    await this.book.settle([{ entry, result: null }]);
  }

  /** What the server cannot read must not keep the rest from going: it is tried alone, then set aside and kept. */
  async #refused(error, entries, alone) {
    const overdue = error instanceof Over && entries[0].kind === "walk_in"; // counted after this phone's time
    if (!overdue && ![400, 413, 422].includes(error.status)) throw error;
    this.contact = performance.now();
    if (entries.length > 1) for (const entry of entries) await alone(entry);
    else await this.book.change({ ...entries[0], stuck: error.code ?? "device_unknown" });
  }

  /** When it was by this phone's clock as it is now: a clock that was put right meanwhile moves no scan. */
  #wall(entry) {
    return entry.corrected === null || !this.clock ? entry.wall : entry.corrected - this.clock.offset;
  }

  /** A queue entry as the API takes it. */
  scanOf(entry) {
    const { nonce, code, ticket, numbers, direction, override, undo, rehearsal, offline, shown } = entry;
    const scan = { nonce, scanned_at: instant(this.#wall(entry)), offline, direction };
    for (const [name, value] of Object.entries({ code, ticket, numbers, override, undo, rehearsal, shown })) {
      if (value) scan[name] = value;
    }
    return scan;
  }

  /** Tells the desk how this phone is. */
  async report(state) {
    try {
      const began = Date.now();
      this.#heard(await this.#ask("/gate/api/phone", { sent_at: instant(began), ...state }), began);
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
