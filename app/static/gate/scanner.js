// The scanner: what is seen, typed or tapped becomes an entry of the queue, and an answer as big as the screen.
import { Book } from "./book.js";
import { Courier } from "./courier.js";
import { Finding } from "./finding.js";
import { Groups } from "./groups.js";
import { takeOver } from "./handing.js";
import { localTime } from "./judge.js";
import { Leaving } from "./leaving.js";
import { newNonce, notice, parts, pause, root, say } from "./page.js";
import { keepPage, Phone, wasKept } from "./phone.js";
import { Seeing } from "./seeing.js";
import { stayAwake } from "./signals.js";
import { Standing } from "./standing.js";
import { Store } from "./store.js";
import { Undo } from "./undo.js";
import { Verdict } from "./verdict.js";

const ANSWER_WITHIN = 250; // milliseconds for the server, when there is one; then the phone answers by itself
const SAME_CODE = 4000,
  NEXT_AFTER = 1200,
  SYNC_EVERY = 4000,
  REHEARSAL_LASTS = 60 * 60000; // milliseconds

class Scanner {
  constructor(book) {
    this.book = book;
    this.courier = new Courier(book, (event, detail) => this.#heard(event, detail));
    this.direction = "in";
    this.rehearsalUntil = Number(localStorage.getItem("rehearsal-until") ?? 0);
    this.last = new Map(); // code → when it was last in view
    this.troubles = new Set();
    this.phone = new Phone(this);
    this.undo = new Undo(this);
    this.verdict = new Verdict(this, this.undo);
    this.standing = new Standing(this);
    this.seeing = new Seeing(this);
    new Finding(this);
    new Groups(this);
    new Leaving(this);
    this.#listen();
  }

  get busy() {
    return root.dataset.busy === "true";
  }

  set busy(busy) {
    root.dataset.busy = busy;
  }

  get rehearsal() {
    return Date.now() < this.rehearsalUntil;
  }

  get now() {
    return Date.now() + (this.book.facts.offset ?? 0);
  }

  draw() {
    this.standing.draw();
  }

  /** A code in view: answered once, not again while it stays there. */
  seen(text) {
    const now = performance.now(),
      before = this.last.get(text);
    if (this.last.size > 500) for (const [code, at] of this.last) if (now - at > SAME_CODE) this.last.delete(code);
    this.last.set(text, now);
    if (before !== undefined && now - before < SAME_CODE) return;
    if (this.busy || now - this.verdict.shownAt < NEXT_AFTER) {
      this.last.delete(text); // looked at again as soon as the answer before it was seen
      return;
    }
    this.scan(text);
  }

  async scan(text) {
    if (this.busy || !text.trim()) return;
    this.busy = true;
    try {
      const taken = await takeOver(this.book, text);
      if (this.book.facts.over) notice(`${say("over")} ${say("pair_again")}`);
      else if (taken) notice(taken.other ? say("taken_other") : say("taken_over", { number: taken.number }));
      else if (!this.book.ready) this.verdict.show({ kind: "unkept", why: say("too_early_keys") });
      else await this.#answer(await this.book.read(text));
    } finally {
      this.busy = false;
      this.courier.deliver();
    }
  }

  /** Judges, keeps, asks the server if it can, and shows. `more`: {numbers, override}. */
  async #answer(found, more = {}) {
    const at = this.now,
      steady = performance.now(),
      rehearsal = this.rehearsal;
    const local = this.book.judge(found, { ...more, direction: this.direction, rehearsal, at });
    const numbers = more.numbers ?? (found.ticket ? [found.ticket] : []);
    if (found.refusal && !more.override) {
      await this.verdict.tell(found, local, null);
      return;
    }
    const wall = Date.now();
    const entry = {
      kind: "scan",
      nonce: newNonce(),
      event: this.book.event,
      code: found.code,
      ticket: found.id,
      numbers: more.numbers,
      override: more.override,
      direction: this.direction,
      rehearsal,
      offline: false,
      shown: "",
      wall,
      corrected: this.courier.corrected(wall, steady),
      at,
      gate: this.book.myGate,
      reference: found.reference,
      admitted: [],
    };
    const shown = { ...entry, offline: true, shown: local.outcome };
    shown.admitted =
      local.outcome === "admitted" && local.code !== "already_admitted" && found.reference ? numbers : [];
    if (local.outcome === "left") shown.admitted = numbers;
    const asksServer = this.courier.online && !rehearsal;
    let kept,
      answered = null;
    try {
      kept = await this.book.enqueue(asksServer ? entry : shown);
    } catch {
      this.troubles.add("storage");
      this.verdict.show({ kind: "unkept", why: say("warn_storage") });
      return;
    }
    if (asksServer) {
      let late = null;
      const answer = new Promise((resolve) => {
        this.expecting = { nonce: entry.nonce, resolve };
      });
      answer.then((result) => {
        late = result;
      });
      this.courier.deliver();
      answered = await Promise.race([answer, pause(ANSWER_WITHIN)]);
      // from here on the phone's own word stands, unless the server's came just before
      if (!answered && !(await this.book.change({ ...shown, key: kept.key }))) answered = late;
      this.expecting = null;
    }
    if (answered) {
      shown.admitted = answered.numbers.filter((each) => each.outcome === "admitted").map((each) => each.number);
    }
    this.draw();
    await this.verdict.tell(found, local, answered, shown, numbers);
  }

  async more(found, more) {
    if (this.busy) return;
    this.busy = true;
    try {
      await this.#answer(found, more);
    } finally {
      this.busy = false;
      this.courier.deliver();
    }
  }

  /** The hour at the place, with the day where it is not today. */
  moment(at, zone, withDay = false) {
    const then = localTime(at, zone);
    if (!withDay && then.date === localTime(this.now, zone).date) return then.clock;
    const [, month, day] = then.date.split("-");
    return `${Number(day)}/${Number(month)} ${then.clock}`;
  }

  // -- the link to the server ----------------------------------------------------------------------------------------

  #heard(event, detail) {
    if (event === "delivered") {
      for (const { entry, result } of detail) {
        if (this.expecting?.nonce === entry.nonce) this.expecting.resolve(result);
      }
    }
    if (event === "newer" || event === "storage" || event === "another") this.troubles.add(event);
    if (event === "another") this.#openAnew();
    if (event === "roster") this.troubles.delete("newer");
    this.draw();
  }

  /** Another tab paired this browser anew: this page's cookie is another device's now. */
  #openAnew() {
    const last = Number(sessionStorage.getItem("opened-anew") ?? 0);
    if (Date.now() - last < 30000) return;
    sessionStorage.setItem("opened-anew", Date.now());
    location.reload();
  }

  async beat() {
    if (document.hidden) return;
    await this.courier.deliver();
    if (!this.book.facts.over) await this.courier.sync();
    await this.phone.report();
    if (!root.dataset.kept && this.courier.online) await keepPage().catch(() => {});
    this.draw();
  }

  async #rehearse(on) {
    this.book.rehearsed = []; // what was rehearsed before leaves no trace
    this.rehearsalUntil = on ? Date.now() + REHEARSAL_LASTS : 0;
    localStorage.setItem("rehearsal-until", this.rehearsalUntil);
    this.draw();
    this.phone.report();
  }

  #listen() {
    parts.direction.addEventListener("click", () => {
      this.direction = this.direction === "in" ? "out" : "in";
      this.draw();
    });
    for (const each of root.querySelectorAll("[data-close]")) {
      each.addEventListener("click", () => each.closest("dialog").close());
    }
    parts.rehearse.addEventListener("change", () => this.#rehearse(parts.rehearse.checked));
    for (const event of ["online", "offline"]) {
      addEventListener(event, () => {
        this.draw();
        this.beat();
      });
    }
    document.addEventListener("visibilitychange", () => {
      stayAwake();
      this.beat();
    });
    setInterval(() => this.beat(), SYNC_EVERY);
  }
}

const start = async () => {
  if (!crypto.subtle || !window.indexedDB) return; // the plain form below works without
  let book;
  try {
    book = await Book.open(await Store.open());
    await book.pairedAs(root.dataset.device);
  } catch {
    const line = document.createElement("p");
    line.className = "notice bad";
    line.textContent = say("warn_storage");
    root.before(line);
    return;
  }
  root.hidden = false;
  document.querySelector("#plain").hidden = true;
  if (await wasKept()) root.dataset.kept = "true";
  keepPage().catch(() => {});
  const scanner = new Scanner(book);
  const granted = await navigator.permissions?.query({ name: "camera" }).then(
    (found) => found.state === "granted",
    () => false,
  );
  if (granted) scanner.seeing.begin();
  await scanner.beat();
  const arrived = /^\/T\/([^/]+)/i.exec(location.pathname); // a ticket that the phone's own camera opened without a network
  if (arrived) {
    history.replaceState(null, "", "/gate");
    await scanner.scan(arrived[1]);
  }
};

start();
