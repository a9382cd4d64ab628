// The scanner: what is seen, typed or tapped becomes an entry of the queue, and an answer as big as the screen.
import { Book } from "./book.js";
import { Courier } from "./courier.js";
import { Finding } from "./finding.js";
import { Groups } from "./groups.js";
import { takeOver } from "./handing.js";
import { localTime } from "./judge.js";
import { keyboardOf } from "./keys.js";
import { Leaving } from "./leaving.js";
import { newNonce, notice, parts, pause, root, say } from "./page.js";
import { keepPage, Phone, wasKept } from "./phone.js";
import { Seeing } from "./seeing.js";
import { stayAwake } from "./signals.js";
import { Standing } from "./standing.js";
import { alone, Store } from "./store.js";
import { Undo } from "./undo.js";
import { Verdict } from "./verdict.js";

const ANSWER_WITHIN = 250; // milliseconds for the server, when there is one; then the phone answers by itself
const SAME_CODE = 4000,
  NEXT_AFTER = 1200,
  OTHER_TAB_WITHIN = 1000,
  KEPT_WITHIN = 8000,
  SYNC_EVERY = 4000,
  REHEARSAL_LASTS = 60 * 60000, // milliseconds
  REHEARSAL = "rehearsal-until"; // in this phone's memory: all its tabs rehearse together

const neverAnswered = async () => {
  await pause(KEPT_WITHIN);
  throw new DOMException("no answer", "TimeoutError");
};

class Scanner {
  constructor(book) {
    this.book = book;
    this.courier = new Courier(book, (event, detail) => this.#heard(event, detail));
    book.heard = (change) => this.#heardFromAnother(change);
    this.direction = "in";
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
    return this.now < Number(localStorage.getItem(REHEARSAL) ?? 0);
  }

  get now() {
    return this.book.clock.now;
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

  /** Answers what was read; of several readings of one code (a hand scanner's) the one that is a ticket. */
  scan(...texts) {
    return this.#busyWith(async () => {
      const [text] = texts,
        taken = await takeOver(this.book, text);
      if (this.book.facts.over) notice(`${say("over")} ${say("pair_again")}`);
      else if (taken) notice(taken.other ? say("taken_other") : say("taken_over", { number: taken.number }));
      else if (!this.book.ready) this.verdict.show({ kind: "unkept", why: say("too_early_keys") });
      else {
        const found = await this.book.read(...texts);
        if (found.refusal === "code_malformed") found.keyboard = keyboardOf(text);
        await this.#answer(found);
      }
    }, texts.join(""));
  }

  more(found, more) {
    return this.#busyWith(() => this.#answer(found, more));
  }

  /** One answer at a time; whatever goes wrong is said. */
  async #busyWith(act, text = "something") {
    if (this.busy || !text.trim()) return;
    this.busy = true;
    try {
      await Promise.race([act(), neverAnswered()]);
    } catch (error) {
      this.unkept(error);
    } finally {
      this.busy = false;
      this.courier.deliver();
    }
  }

  /** The phone could not keep it: nobody may take it for recorded. */
  unkept(error) {
    const newer = error?.name === "VersionError";
    this.troubles.add(newer ? "form" : "storage");
    this.verdict.show({ kind: "unkept", why: say(newer ? "warn_form" : "warn_storage") });
    this.draw();
  }

  /** An entry of the queue, made now. */
  entry(facts) {
    const at = this.now,
      { clock } = this.book;
    return {
      nonce: newNonce(),
      event: this.book.event,
      wall: Date.now(),
      at,
      corrected: clock.known ? at : null,
      clock_off: clock.turned,
      ...facts,
    };
  }

  /** Judges, keeps, asks the server if it can, and shows. `more`: {numbers, override}. */
  async #answer(found, more = {}) {
    const numbers = more.numbers ?? (found.ticket ? [found.ticket] : []);
    const asksServer = this.courier.online && !this.rehearsal;
    // what the other tabs let in until now is known, and they wait
    const judged = await alone("judge", () => this.#judged(found, more, numbers, asksServer), OTHER_TAB_WITHIN);
    const { local, shown, kept } = judged;
    if (!kept) {
      await this.verdict.tell(found, local, null);
      return;
    }
    const answered = asksServer ? await this.#asked({ ...shown, key: kept.key }) : null;
    if (answered) {
      shown.admitted = answered.numbers.filter((each) => each.outcome === "admitted").map((each) => each.number);
    }
    this.draw();
    await this.verdict.tell(found, local, answered, shown, numbers);
  }

  async #judged(found, more, numbers, asksServer) {
    await this.book.catchUp();
    const at = this.now,
      { direction, rehearsal } = this;
    const local = this.book.judge(found, { ...more, direction, rehearsal, at });
    if (found.refusal && !more.override) return { local };
    const entry = this.entry({
      kind: "scan",
      code: found.code,
      ticket: found.id,
      numbers: more.numbers,
      override: more.override,
      direction,
      rehearsal,
      offline: false,
      shown: "",
      gate: this.book.myGate,
      reference: found.reference,
      admitted: [],
    });
    const shown = { ...entry, offline: true, shown: local.outcome };
    shown.admitted =
      local.outcome === "admitted" && local.code !== "already_admitted" && found.reference ? numbers : [];
    if (local.outcome === "left") shown.admitted = numbers;
    entry.admitted = shown.admitted; // for the other tabs, until the server has answered
    const kept = await this.book.enqueue(asksServer ? entry : shown);
    this.troubles.delete("storage");
    return { local, shown, kept };
  }

  /** The server's answer to a scan if it comes in time; else the phone's own word stands, and is told. */
  async #asked(shown) {
    let resolve,
      late = null;
    const answer = new Promise((made) => {
      resolve = made;
    });
    this.expecting = { nonce: shown.nonce, resolve };
    answer.then((result) => {
      late = result;
    });
    this.courier.deliver();
    try {
      const answered = await Promise.race([answer, pause(ANSWER_WITHIN)]);
      if (answered || (await this.book.change(shown))) return answered ?? null;
      // delivered just before, perhaps by another tab, from which the answer is on its way
      return late ?? (await Promise.race([answer, pause(OTHER_TAB_WITHIN)])) ?? null;
    } finally {
      this.expecting = null;
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
    if (event === "delivered") this.#answers(detail.map(({ scan, result }) => ({ nonce: scan.nonce, result })));
    if (event === "storage") this.troubles.add(detail?.name === "VersionError" ? "form" : "storage");
    if (event === "newer" || event === "another") this.troubles.add(event);
    if (event === "another") this.#openAnew();
    if (event === "roster") this.troubles.delete("newer");
    this.draw();
  }

  #answers(answers) {
    for (const { nonce, result } of answers) if (this.expecting?.nonce === nonce) this.expecting.resolve(result);
  }

  /** What another tab of this phone has done. */
  #heardFromAnother(change) {
    if (change.answers) this.#answers(change.answers);
    const { device, over } = this.book.facts;
    if (!over && device && device.id !== root.dataset.device) this.#openAnew();
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
    this.draw(); // the clock is looked at, too
    if (document.hidden || this.courier.rests) return;
    await this.courier.deliver();
    if (!this.book.facts.over) await this.courier.sync();
    await this.phone.report();
    if (!root.dataset.kept && this.courier.online) await keepPage().catch(() => {});
    this.draw();
  }

  #rehearse(on) {
    localStorage.setItem(REHEARSAL, on ? this.now + REHEARSAL_LASTS : 0);
    this.#forgetRehearsed();
    this.phone.report();
  }

  #forgetRehearsed() {
    this.book.rehearsed = []; // what was rehearsed before leaves no trace
    this.draw();
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
    addEventListener("offline", () => {
      this.courier.lost();
      this.draw();
    });
    addEventListener("online", () => {
      this.courier.wakeUp();
      this.beat();
    });
    addEventListener("storage", ({ key }) => key === REHEARSAL && this.#forgetRehearsed());
    document.addEventListener("visibilitychange", () => this.#seen());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#seen());
    setInterval(() => this.beat(), SYNC_EVERY);
  }

  /** The page is looked at again, or no longer: what other tabs did meanwhile may not have reached it. */
  async #seen() {
    this.seeing.visible(!document.hidden);
    if (document.hidden) return;
    stayAwake();
    this.courier.wakeUp();
    await this.book.readAgain().catch((error) => this.#heard("storage", error));
    await this.beat();
  }
}

const start = async () => {
  if (!crypto.subtle || !window.indexedDB) return; // the plain form below works without
  let book;
  try {
    book = await Book.open(await Store.open());
    await book.pairedAs(root.dataset.device);
  } catch (error) {
    const line = document.createElement("p");
    line.className = "notice bad";
    line.textContent = say(error.name === "VersionError" ? "warn_form" : "warn_storage");
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
  const beaten = scanner.beat();
  const arrived = /^\/T\/([^/]+)/i.exec(location.pathname); // a ticket that the phone's own camera opened without a network
  if (!arrived || !book.ready) await beaten; // a network that hangs must not hold up a ticket
  if (arrived) {
    history.replaceState(null, "", "/gate");
    await scanner.scan(arrived[1]);
  }
};

start();
