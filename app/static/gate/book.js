// What the phone knows: roster, queue, and what its own scans did that the roster does not know yet.
import { ADMITTED, SEALED, STATE, admissions, judge, leftOf } from "./judge.js";
import { open, partySecrets } from "./seals.js";
import { NotATicket, decode } from "./ticket_code.js";

const AS_SHOWN = /-shown$/; // the second name of a scan whose answer came too late
const UNKNOWN = (reference) => [reference, "unknown", 0, 0, [], [], "", "", ""];
const CURSOR = ["cursor", "tag", "event", "device", "gates", "pickups", "others", "keys", "handing"];

export class Book {
  static async open(store) {
    const book = new Book();
    book.store = store;
    book.facts = await store.facts();
    book.rows = new Map((await store.all("parties")).map(({ reference, row }) => [reference, row]));
    book.gone = new Set(book.facts.gone ?? []);
    book.queue = await store.all("queue");
    book.counts = book.facts.counts ?? null;
    book.rehearsed = [];
    return book;
  }

  /** Another pairing than the one whose roster is here: that roster goes, scans of its event stay to be handed over. */
  async pairedAs(device) {
    if (this.facts.device?.id === device && !this.facts.over) return;
    await this.store.forgetRoster();
    this.rows.clear();
    this.gone.clear();
    this.facts = { device: { id: device } };
    await this.store.keepFacts(this.facts);
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

  async keepPage(page) {
    if (this.facts.over) return; // it was under way when this phone's time ended
    const facts = { counts: page.counts, offset: this.facts.offset, syncedAt: Date.now() };
    for (const name of CURSOR) if (page[name] !== undefined) facts[name] = page[name];
    if (!page.more) facts.loadedAt = Date.now();
    if (page.reset) {
      this.rows.clear();
      this.gone.clear();
    }
    for (const reference of page.revoked) this.gone.add(reference);
    facts.gone = [...this.gone];
    await this.store.keepPage(page.parties, page.revoked, facts, page.reset);
    Object.assign(this.facts, facts);
    for (const row of page.parties) this.rows.set(row[0], row);
    for (const reference of page.revoked) this.rows.delete(reference);
  }

  /** Revoked or expired: keys and roster go at once, the queue stays until it is delivered. */
  async end() {
    const { device, offset } = this.facts,
      left = { over: true, device, offset, eventNumber: this.event };
    await this.store.forgetRoster();
    await this.store.keepFacts(left);
    this.rows.clear();
    this.gone.clear();
    this.facts = left;
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

  /** Reads what was scanned or typed: a ticket of this event with its party's row, or {refusal, …} with why not. */
  async read(text) {
    let code;
    try {
      code = await decode(text, this.facts.keys);
    } catch (error) {
      if (!(error instanceof NotATicket)) throw error;
      return { refusal: error.code, code: text.slice(0, 200) };
    }
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
      row = this.rows.get(found.reference),
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
    const row = this.rows.get(found.reference);
    if (!row || row[STATE] === "unknown") return [];
    return leftOf(this.facts.event, row, this.#own(found.reference, rehearsal), at);
  }

  /** The numbers of this party that came in. */
  inside(found, rehearsal, at) {
    const row = this.rows.get(found.reference);
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

  async enqueue(entry) {
    const kept = await this.store.enqueue({ device: this.facts.device?.id, ...entry });
    this.queue.push(kept);
    if (entry.rehearsal) this.rehearsed.push(kept);
    return kept;
  }

  /** Puts an entry in place of itself; false if it was delivered meanwhile. */
  async change(entry) {
    const at = this.queue.findIndex((each) => each.key === entry.key);
    if (at < 0) return false;
    this.queue[at] = entry;
    await this.store.change(entry);
    return true;
  }

  /**
   * Takes delivered entries out of the queue; what they did moves into the party's row until the roster brings it.
   * Who was shown as admitted before the server's other answer came is inside: that is told as a scan of its own.
   */
  async settle(settled) {
    const rows = new Map(),
      delivered = [],
      told = [];
    for (const { entry: sent, scan, result } of settled) {
      const entry = this.queue.find((each) => each.key === sent.key) ?? sent;
      const otherwise =
        result &&
        entry.shown === "admitted" &&
        !scan.shown &&
        !entry.override &&
        ["already_admitted", "refused"].includes(result.outcome) &&
        entry.direction === "in" &&
        !entry.rehearsal;
      if (otherwise) told.push({ ...entry, nonce: `${entry.nonce.replace(AS_SHOWN, "")}-shown`, offline: true });
      else delivered.push(entry);
      if (!result || !entry.reference || entry.rehearsal || otherwise) continue;
      const row = rows.get(entry.reference) ?? this.rows.get(entry.reference) ?? UNKNOWN(entry.reference);
      const run = runOf(entry, result, this.myGate);
      if (entry.undo) rows.set(entry.reference, without(row, entry.of, this.myGate));
      else if (run.length > 2) rows.set(entry.reference, changed(row, [...row[ADMITTED], run]));
    }
    await this.store.settle(delivered, told, [...rows.values()]);
    for (const [reference, row] of rows) this.rows.set(reference, row);
    const gone = new Set(delivered.map((entry) => entry.key));
    this.queue = this.queue
      .filter((entry) => !gone.has(entry.key))
      .map((entry) => told.find((each) => each.key === entry.key) ?? entry);
    return told;
  }
}

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
