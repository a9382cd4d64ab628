// What the phone knows: roster, queue, and what its own scans did that the roster does not know yet.
import { Clock } from "./clock.js";
import { ADMITTED, SEALED, STATE, admissions, judge, leftOf } from "./judge.js";
import { open, partySecrets } from "./seals.js";
import { done } from "./store.js";
import { NotATicket, decode } from "./ticket_code.js";

const AS_SHOWN = /-shown$/; // the second name of a scan whose answer came too late
const UNKNOWN = (reference) => [reference, "unknown", 0, 0, [], [], "", "", ""];
const CURSOR = ["cursor", "tag", "event", "device", "gates", "pickups", "others", "keys", "handing"];

export class Book {
  static async open(store) {
    const book = new Book();
    book.store = store;
    book.heard = () => {};
    book.rehearsed = [];
    book.removed = new Set();
    book.settled = []; // what the server took lately, which a page of the roster under way may not know
    await book.readAgain();
    book.clock = new Clock(book.facts.offset);
    book.clock.turnedBy = () => book.#keepOffset();
    store.refill = (tables) => book.#refill(tables);
    store.heard = (change, mine) => {
      book.#apply(change);
      if (!mine) book.heard(change);
    };
    return book;
  }

  /** Everything anew from the phone: a tab that slept has missed what the others did. */
  async readAgain() {
    const { facts, rows, queue } = await this.store.all();
    this.facts = facts;
    this.rows = new Map(rows.map((row) => [row[0], row]));
    this.gone = new Set(facts.gone ?? []);
    this.queue = queue;
    this.counts ??= facts.counts ?? null;
    this.last = queue.at(-1)?.key ?? 0;
    if (facts.offset !== undefined) this.clock?.adopt(facts.offset);
  }

  /** The clock was turned: the other tabs, and this page opened anew, must know. */
  #keepOffset() {
    const { offset } = this.clock;
    const kept = this.store.write(["facts"], ({ facts }) => {
      facts.put(offset, "offset");
      return { facts: { offset } };
    });
    kept.catch(() => {}); // this tab knows
  }

  /** The phone's memory was emptied under this page: what the page knows is written anew. */
  #refill({ facts, parties, queue }) {
    this.last = 0;
    this.removed.clear();
    for (const [name, value] of Object.entries(this.facts)) facts.put(value, name);
    for (const row of this.rows.values()) parties.put({ reference: row[0], row });
    for (const entry of this.queue) {
      const { key, ...kept } = entry;
      const adding = queue.add(kept);
      adding.onsuccess = () => {
        entry.key = adding.result;
        this.last = Math.max(this.last, entry.key);
      };
    }
  }

  /** What other tabs have put into the queue until now. */
  async catchUp() {
    const put = await this.store.after(this.last);
    this.#apply({ put });
    this.last = put.at(-1)?.key ?? this.last;
  }

  /** The one way in which what this tab knows changes: as the phone's own memory did. */
  #apply({ clear, reset, facts, rows = [], revoked = [], put = [], removed = [] }) {
    if (clear) this.facts = {};
    if (clear || reset) this.rows.clear();
    Object.assign(this.facts, facts);
    if (clear || facts?.gone) this.gone = new Set(facts?.gone ?? []);
    if (facts?.counts) this.counts = facts.counts;
    if (facts?.offset !== undefined) this.clock?.adopt(facts.offset);
    for (const row of rows) this.rows.set(row[0], row);
    for (const reference of revoked) this.rows.delete(reference);
    for (const key of removed) this.removed.add(key);
    if (removed.length) this.queue = this.queue.filter((entry) => !this.removed.has(entry.key));
    const places = put.length ? new Map(this.queue.map((entry, at) => [entry.key, at])) : null;
    for (const entry of put) {
      const at = places.get(entry.key);
      if (at !== undefined) this.queue[at] = entry;
      else if (!this.removed.has(entry.key)) {
        this.queue.push(entry);
        if (entry.rehearsal) this.rehearsed.push(entry);
      }
    }
    if (put.length > 1) this.queue.sort((one, other) => one.key - other.key);
  }

  #replaceFacts(facts) {
    return this.store.write(["parties", "facts"], ({ parties, facts: table }) => {
      parties.clear();
      table.clear();
      for (const [name, value] of Object.entries(facts)) table.put(value, name);
      return { clear: true, facts };
    });
  }

  /** Another pairing than the one whose roster is here: that roster goes, scans of its event stay to be handed over. */
  async pairedAs(device) {
    if (this.facts.device?.id === device && !this.facts.over) return;
    await this.#replaceFacts({ device: { id: device } });
  }

  /** The number of the event that this pairing is for, as far as it is known. */
  get event() {
    return this.facts.event?.number ?? this.facts.eventNumber;
  }

  /** Scans that this pairing cannot deliver: refused as unreadable, or made under another event's pairing. */
  isStuck(entry) {
    const ours = entry.device === this.facts.device?.id || (entry.event !== undefined && entry.event === this.event);
    return Boolean(entry.stuck) || !ours;
  }

  get ready() {
    return Boolean(this.facts.keys && this.facts.event);
  }

  get loaded() {
    return this.ready && this.facts.loadedAt !== undefined;
  }

  get myGate() {
    return (this.facts.device?.id ?? "").slice(0, 8);
  }

  /** A page of the roster and how far it reaches: both or neither, so that a broken load goes on where it was. */
  async keepPage(page, began) {
    if (this.facts.over) return; // it was under way when this phone's time ended
    const { reset, parties, revoked } = page;
    const rows = parties.map((row) => this.#withSettled(row, began));
    this.settled = this.settled.filter(({ at }) => at > began - 60000);
    const facts = { counts: page.counts, offset: this.clock.offset, syncedAt: this.clock.now };
    for (const name of CURSOR) if (page[name] !== undefined) facts[name] = page[name];
    if (!page.more) facts.loadedAt = facts.syncedAt;
    facts.gone = [...new Set([...(reset ? [] : this.gone), ...revoked])];
    await this.store.write(["parties", "facts"], ({ parties: kept, facts: table }) => {
      if (reset) kept.clear();
      for (const row of rows) kept.put({ reference: row[0], row });
      for (const reference of revoked) kept.delete(reference);
      for (const [name, value] of Object.entries(facts)) table.put(value, name);
      return { reset, facts, rows, revoked };
    });
  }

  #noteSettled(entry, run) {
    if (entry.undo) this.settled = this.settled.filter(({ reference }) => reference !== entry.reference);
    else if (run.length > 2 && entry.direction !== "out")
      this.settled.push({ reference: entry.reference, run, at: performance.now() });
  }

  /** A row of a page that was asked for at `began`, with what was delivered since: the page may be older. */
  #withSettled(row, began) {
    const since = this.settled.filter(({ reference, at }) => reference === row[0] && at >= began);
    return since.length ? changed(row, [...row[ADMITTED], ...since.map(({ run }) => run)]) : row;
  }

  /** A party's row as it is for this phone: what it took back and has not delivered yet is not done. */
  #row(reference) {
    const row = this.rows.get(reference);
    if (!row) return row;
    const undone = this.queue.filter((entry) => entry.undo && entry.reference === reference && !entry.rehearsal);
    return undone.reduce((left, entry) => without(left, entry.of, this.myGate), row);
  }

  /** Revoked or expired: keys and roster go at once, the queue stays until it is delivered. */
  async end() {
    const { device } = this.facts;
    await this.#replaceFacts({ over: true, device, offset: this.clock.offset, eventNumber: this.event });
  }

  /** Scans of this phone that its roster does not hold yet, for one party, in order. */
  #own(reference, rehearsal) {
    const scans = rehearsal ? this.rehearsed : this.queue.filter((entry) => !entry.rehearsal);
    const undone = new Set(scans.map((entry) => entry.undo));
    return scans.filter(
      (entry) =>
        entry.reference === reference && entry.admitted?.length && !undone.has(entry.nonce.replace(AS_SHOWN, "")),
    );
  }

  /**
   * Reads what was scanned or typed: a ticket of this event with its party's row, or {refusal, …} with why not. Of
   * several readings of one code the first that is a ticket counts.
   */
  async read(...texts) {
    let code, first;
    for (const text of texts) {
      try {
        code = await decode(text, this.facts.keys);
        break;
      } catch (error) {
        if (!(error instanceof NotATicket)) throw error;
        first ??= { refusal: error.code, code: text.slice(0, 200) };
      }
    }
    if (!code) return first;
    const { event } = this.facts;
    const found = { code: code.bare, registration: code.registration, ticket: code.ticket, issue: code.issue };
    if (code.event !== event.number) {
      const other = this.facts.others?.[code.event];
      return { ...found, refusal: other ? "another_day" : "other_event", other };
    }
    return { ...found, ...(await this.#party(code.registration)) };
  }

  /** The same for a party that the server found by its short code or name. */
  async party(registration, ticket) {
    return { id: `${registration}-${ticket}`, registration, ticket, issue: null, ...(await this.#party(registration)) };
  }

  async #party(registration) {
    const { reference, secret } = await partySecrets(registration, this.facts.event.number);
    return { reference, secret };
  }

  /** The judge's word on one ticket now, and what else there is to say of its party. */
  judge(found, { direction, override, numbers, rehearsal, at }) {
    const { event } = this.facts,
      row = this.#row(found.reference),
      own = this.#own(found.reference, rehearsal);
    const known = { event, row: row?.[STATE] === "unknown" ? undefined : row, own, at };
    if (row?.[STATE] === "unknown") known.own = [...this.#remembered(row), ...own];
    if (found.refusal) return { outcome: override ? "admitted" : "refused", code: found.refusal, left: [] };
    const gone = this.gone.has(found.reference);
    const number = !numbers || numbers.includes(found.ticket) ? found.ticket : numbers[0];
    const issue = number === found.ticket ? found.issue : null;
    const verdict = judge({ ...known, gone, number, issue, direction, override });
    return { ...verdict, left: this.left(found, rehearsal, at), row: known.row };
  }

  left(found, rehearsal, at) {
    const row = this.#row(found.reference);
    if (!row || row[STATE] === "unknown") return [];
    return leftOf(this.facts.event, row, this.#own(found.reference, rehearsal), at);
  }

  /** The numbers of this party that came in. */
  inside(found, rehearsal, at) {
    const row = this.#row(found.reference);
    return [...admissions(this.facts.event, row, this.#own(found.reference, rehearsal), at).keys()];
  }

  /** People whom this phone let in and has not delivered yet: {tickets, groups}. */
  get uncounted() {
    const undone = new Set(this.queue.map((entry) => entry.undo));
    const counted = this.queue.filter(
      (entry) => !entry.rehearsal && !undone.has(entry.nonce) && entry.direction !== "out",
    );
    return {
      tickets: counted.reduce((sum, entry) => sum + (entry.admitted?.length ?? 0), 0),
      groups: counted.reduce((sum, entry) => sum + (entry.size ?? 0), 0),
    };
  }

  #remembered(row) {
    return row[ADMITTED].map(([seconds, gate, ...admitted]) => ({
      at: seconds * 1000,
      gate,
      admitted,
      direction: "in",
    }));
  }

  /** The name and note that this party's tickets open. */
  async shown(found) {
    const row = this.rows.get(found.reference);
    return row && found.secret ? open(found.secret, row[SEALED]) : { name: "", note: "" };
  }

  /** Puts an entry at the end of the queue; it is on the disk, with its key, when this resolves. */
  async enqueue(entry) {
    const made = { device: this.facts.device?.id, ...entry };
    const { put } = await this.store.write(["queue"], async ({ queue }) => {
      const missed = await done(queue.getAll(IDBKeyRange.lowerBound(this.last, true)));
      const key = await done(queue.add(made));
      return { put: [...missed, { ...made, key }] };
    });
    this.last = put.at(-1).key;
    return put.at(-1);
  }

  /** Puts an entry in place of itself; false if it was delivered meanwhile, by this tab or another. */
  async change(entry) {
    const { put } = await this.store.write(["queue"], async ({ queue }) => {
      if (!(await done(queue.get(entry.key)))) return { removed: [entry.key] };
      await done(queue.put(entry));
      return { put: [entry] };
    });
    return Boolean(put);
  }

  /**
   * Takes delivered entries out of the queue; what they did moves into the party's row until the roster brings it.
   * Who was shown as admitted before the server's other answer came is inside: that is told as a scan of its own.
   */
  async settle(settled) {
    await this.store.write(["queue", "parties"], async ({ queue, parties }) => {
      const rows = new Map(),
        removed = [],
        put = [];
      for (const { entry: sent, scan, result } of settled) {
        const entry = await done(queue.get(sent.key));
        if (!entry) {
          removed.push(sent.key); // another tab delivered it as well
          continue;
        }
        const wrongly = shownWrongly(entry, scan, result);
        if (wrongly.length) {
          put.push({ ...entry, nonce: `${entry.nonce}-shown`, numbers: wrongly, admitted: wrongly, offline: true });
          await done(queue.put(put.at(-1)));
        } else {
          removed.push(entry.key);
          await done(queue.delete(entry.key));
        }
        if (!result || !entry.reference || entry.rehearsal) continue;
        const kept = rows.get(entry.reference) ?? (await done(parties.get(entry.reference)))?.row;
        const row = kept ?? UNKNOWN(entry.reference),
          run = runOf(entry, result, this.myGate);
        if (entry.undo) rows.set(entry.reference, without(row, entry.of, this.myGate));
        else if (run.length > 2) rows.set(entry.reference, changed(row, [...row[ADMITTED], run]));
        this.#noteSettled(entry, run);
      }
      for (const [reference, row] of rows) parties.put({ reference, row });
      const answers = settled.map(({ scan, result }) => ({ nonce: scan?.nonce, result }));
      return { rows: [...rows.values()], removed, put, answers };
    });
  }
}

/** The numbers that were shown as admitted and that the server, which did not know of it, has not let in. */
const shownWrongly = (entry, scan, result) => {
  const unknown = result && (!scan.shown || result.repeat) && !AS_SHOWN.test(entry.nonce);
  if (!unknown || entry.shown !== "admitted" || entry.override || entry.direction !== "in" || entry.rehearsal)
    return [];
  const refused = result.numbers.filter(({ outcome }) => ["already_admitted", "refused"].includes(outcome));
  return refused.map(({ number }) => number).filter((number) => entry.admitted.includes(number));
};

const changed = (row, admitted) => row.map((value, index) => (index === ADMITTED ? admitted : value));

/** What a delivered scan did, as a run of its party's row. */
const runOf = (entry, result, gate) => {
  const wanted = entry.direction === "out" ? ["left"] : ["admitted", "conflict"];
  const numbers = result.numbers.filter((each) => wanted.includes(each.outcome)).map((each) => each.number);
  return [Math.floor(entry.at / 1000), gate, ...numbers.map((each) => (entry.direction === "out" ? -each : each))];
};

const without = (row, { at, admitted }, gate) =>
  changed(
    row,
    row[ADMITTED].filter(
      ([seconds, where, ...numbers]) =>
        where !== gate || Math.abs(seconds - at / 1000) > 5 || !numbers.some((each) => admitted.includes(each)),
    ),
  );
