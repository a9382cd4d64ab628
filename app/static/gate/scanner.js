// The scanner: what is seen, typed or tapped becomes an entry of the queue, and an answer as big as the screen.
import { Book } from "./book.js";
import { Camera, Reader, readFile } from "./camera.js";
import { Courier } from "./courier.js";
import { handOver, takeOver } from "./handing.js";
import { PICKUP, SIZE, ATTENTION, localTime } from "./judge.js";
import { signal, stayAwake, wake } from "./signals.js";
import { Store } from "./store.js";

const WORDS = JSON.parse(document.querySelector("#words").textContent);
const ANSWER_WITHIN = 250; // milliseconds for the server, when there is one; then the phone answers by itself
const SAME_CODE = 4000, NEXT_AFTER = 1200, UNDO_FOR = 30; // milliseconds, milliseconds, seconds
const SYNC_EVERY = 4000, REPORT_EVERY = 20000, REHEARSAL_LASTS = 60 * 60000, EARLY = 18 * 3600000, ROSTER_OLD = 15 * 60000;
const SIGNS = { admitted: "✓", already: "!", refused: "✕", another: "◷", left: "←", unkept: "⚠" };
const ANOTHER = new Set(["another_day", "entry_not_open", "entry_closed"]);

const root = document.querySelector("#scanner");
const parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
const say = (word, facts = {}) => (WORDS[word] ?? word).replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const newNonce = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const language = document.documentElement.lang;
const pick = (texts) => (typeof texts === "string" ? texts : texts?.[language] ?? texts?.km ?? texts?.en ?? Object.values(texts ?? {})[0] ?? "");
const button = (words, act, kind = "") => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
};

class Scanner {
  constructor(book) {
    this.book = book;
    this.courier = new Courier(book, (event, detail) => this.#heard(event, detail));
    this.direction = "in";
    this.rehearsalUntil = Number(localStorage.getItem("rehearsal-until") ?? 0);
    this.last = new Map(); // code → when it was last in view
    this.shownAt = 0;
    this.answers = 0;
    this.troubles = new Set();
    this.persisted = null;
    this.battery = null;
    this.reported = "";
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

  // -- answers -------------------------------------------------------------------------------------------------------

  /** A code in view: answered once, not again while it stays there. */
  seen(text) {
    const now = performance.now(), before = this.last.get(text);
    if (this.last.size > 500) for (const [code, at] of this.last) if (now - at > SAME_CODE) this.last.delete(code);
    this.last.set(text, now);
    if (before !== undefined && now - before < SAME_CODE) return;
    if (this.busy || now - this.shownAt < NEXT_AFTER) {
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
      if (this.book.facts.over) this.#notice(`${say("over")} ${say("pair_again")}`);
      else if (taken) this.#notice(taken.other ? say("taken_other") : say("taken_over", { number: taken.number }));
      else if (!this.book.ready) this.#show({ kind: "unkept", why: say("too_early_keys") });
      else await this.#answer(await this.book.read(text));
    } finally {
      this.busy = false;
      this.courier.deliver();
    }
  }

  /** Judges, keeps, asks the server if it can, and shows. `more`: {numbers, override}. */
  async #answer(found, more = {}) {
    const at = this.now, steady = performance.now(), rehearsal = this.rehearsal;
    const local = this.book.judge(found, { ...more, direction: this.direction, rehearsal, at });
    const numbers = more.numbers ?? (found.ticket ? [found.ticket] : []);
    if (found.refusal && !more.override) {
      await this.#verdict(found, local, null);
      return;
    }
    const wall = Date.now();
    const entry = {
      kind: "scan", nonce: newNonce(), event: this.book.event, code: found.code, ticket: found.id, numbers: more.numbers, override: more.override,
      direction: this.direction, rehearsal, offline: false, shown: "", wall, corrected: this.courier.corrected(wall, steady),
      at, gate: this.book.myGate, reference: found.reference, admitted: [],
    };
    const shown = { ...entry, offline: true, shown: local.outcome };
    shown.admitted = local.outcome === "admitted" && local.code !== "already_admitted" && found.reference ? numbers : [];
    if (local.outcome === "left") shown.admitted = numbers;
    const asksServer = this.courier.online && !rehearsal;
    let kept, answered = null;
    try {
      kept = await this.book.enqueue(asksServer ? entry : shown);
    } catch {
      this.troubles.add("storage");
      this.#show({ kind: "unkept", why: say("warn_storage") });
      return;
    }
    if (asksServer) {
      let late = null;
      const answer = new Promise((resolve) => { this.expecting = { nonce: entry.nonce, resolve }; });
      answer.then((result) => { late = result; });
      this.courier.deliver();
      answered = await Promise.race([answer, pause(ANSWER_WITHIN)]);
      // from here on the phone's own word stands, unless the server's came just before
      if (!answered && !(await this.book.change({ ...shown, key: kept.key }))) answered = late;
      this.expecting = null;
    }
    if (answered) {
      shown.admitted = answered.numbers.filter((each) => each.outcome === "admitted").map((each) => each.number);
    }
    this.#draw();
    await this.#verdict(found, local, answered, shown, numbers);
  }

  async #verdict(found, local, answered, entry = null, numbers = []) {
    const outcome = answered?.outcome ?? local.outcome, code = answered ? answered.code : local.code;
    const { facts } = this.book, row = local.row, zone = facts.event?.time_zone ?? "UTC";
    let kind = { admitted: "admitted", conflict: "admitted", already_admitted: "already", left: "left", refused: "refused" }[outcome];
    if (kind === "refused" && ANOTHER.has(code)) kind = "another";
    const shows = { kind, found, why: "" };
    if (kind !== "refused" && kind !== "another" && found.reference) {
      const { name, note } = await this.book.shown(found);
      shows.name = name || found.name || "";
      shows.attention = [...(row?.[ATTENTION] ?? "").split(" ").filter(Boolean).map((word) => WORDS.attention[word]), note].filter(Boolean);
      const bus = row?.[PICKUP] && facts.pickups?.[row[PICKUP]];
      if (bus && kind === "admitted") shows.attention.push(pick(bus));
    }
    const first = answered?.first ? { at: Date.parse(answered.first.at), gate: answered.first.device }
      : local.seen && { at: local.seen.at, gate: facts.gates?.[local.seen.gate] ?? "" };
    if (kind === "already" && first) {
      shows.why = say("came", { at: this.#moment(first.at, zone), gate: first.gate });
    } else if (kind === "refused" || kind === "another") shows.why = this.#why(code, found);
    if (row) shows.party = say("of_party", { admitted: this.book.inside(found, this.rehearsal, this.now).length, size: row[SIZE] });
    if (entry && outcome === "admitted") {
      this.#offerUndo(entry, shows.name || say("ticket", { number: numbers.join(", ") }));
      shows.undo = entry;
    }
    if ((kind === "admitted" || kind === "already") && this.direction === "in") {
      shows.left = this.book.left(found, this.rehearsal, this.now);
      shows.unknown = kind === "admitted" && !row && !found.refusal && numbers.length === 1;
    }
    if (outcome !== "admitted" && outcome !== "left" && this.direction === "in") shows.anyway = true;
    this.#show(shows);
  }

  #why(code, found) {
    const { event } = this.book.facts;
    if (found.other) {
      return say("other_event", { title: pick(found.other.title), at: this.#moment(Date.parse(found.other.starts_at), found.other.time_zone, true) });
    }
    const sentence = WORDS.refusals[code] ?? code, opens = Date.parse(event?.entry_opens_at), closes = Date.parse(event?.entry_closes_at);
    if (!ANOTHER.has(code)) return sentence;
    if (opens && this.now < opens) return `${sentence} ${say("opens", { at: this.#moment(opens, event.time_zone) })}`;
    if (closes && this.now > closes) return `${sentence} ${say("closes", { at: this.#moment(closes, event.time_zone) })}`;
    return sentence;
  }

  /** The hour at the place, with the day where it is not today. */
  #moment(at, zone, withDay = false) {
    const then = localTime(at, zone);
    if (!withDay && then.date === localTime(this.now, zone).date) return then.clock;
    const [, month, day] = then.date.split("-");
    return `${Number(day)}/${Number(month)} ${then.clock}`;
  }

  #show({ kind, name = "", attention = [], why = "", party = "", found, left = [], unknown = false, anyway = false, undo = null }) {
    parts.verdict.className = `verdict full ${kind === "unkept" ? "refused" : kind}`;
    parts.verdict.dataset.outcome = kind;
    parts.verdict.dataset.answer = ++this.answers;
    parts.sign.textContent = SIGNS[kind];
    parts.word.textContent = say(kind);
    parts.name.textContent = name;
    parts.attention.replaceChildren(...attention.flatMap((words) => {
      const badge = document.createElement("span");
      badge.className = "badge";
      badge.textContent = words;
      return [badge, " "];
    }));
    parts.why.textContent = this.rehearsal ? `${why} ${say("rehearsed")}`.trim() : why;
    parts.party.textContent = party;
    const choices = [];
    if (left.length) choices.push(...this.#leftButtons(found, left));
    if (unknown) choices.push(...this.#countButtons(found));
    if (anyway) choices.push(this.#anywayButtons(found));
    if (undo) choices.push(button(say("take_back"), () => this.#undo(undo), "quiet block"));
    choices.push(button(left.length && kind === "admitted" ? say("only_this") : say("next"), () => this.#hide(), left.length || unknown || anyway ? "quiet block" : "block"));
    parts.choices.replaceChildren(...choices);
    parts.verdict.hidden = false;
    parts.verdict.focus({ preventScroll: true });
    parts.verdict.scrollTop = 0;
    this.shownAt = performance.now();
    signal(kind === "unkept" ? "refused" : kind);
    clearTimeout(this.hiding);
    if (kind === "admitted" && !left.length && !unknown) this.hiding = setTimeout(() => this.#hide(), 2500);
  }

  #hide() {
    clearTimeout(this.hiding);
    parts.verdict.hidden = true;
    parts.choices.replaceChildren();
  }

  async #more(found, more) {
    if (this.busy) return;
    this.busy = true;
    try {
      await this.#answer(found, more);
    } finally {
      this.busy = false;
      this.courier.deliver();
    }
  }

  #leftButtons(found, left) {
    const words = left.length === 1 ? say("the_last") : say("all_left", { number: left.length });
    const all = button(words, () => this.#more(found, { numbers: left }), "block big");
    if (left.length === 1) return [all];
    return [all, this.#stepper(left.length - 1, (count) => this.#more(found, { numbers: left.slice(0, count) }))];
  }

  /** Without a roster nobody knows the party: how many come is asked. */
  #countButtons(found) {
    const words = document.createElement("p");
    words.textContent = `${say("offline_singly")} ${say("more_people")}`;
    const inside = new Set(this.book.inside(found, this.rehearsal, this.now));
    const others = Array.from({ length: 60 }, (_, index) => index + 1).filter((number) => !inside.has(number));
    return [words, this.#stepper(20, (count) => this.#more(found, { numbers: others.slice(0, count) }))];
  }

  #stepper(most, act) {
    const row = document.createElement("div"), shown = document.createElement("output");
    let count = 1;
    const step = (by) => {
      count = Math.max(1, Math.min(most, count + by));
      shown.textContent = count;
      go.textContent = say("some", { number: count });
    };
    const go = button("", () => act(count));
    row.className = "count";
    row.append(button("−", () => step(-1), "quiet"), shown, button("+", () => step(1), "quiet"), go);
    step(0);
    return row;
  }

  #anywayButtons(found) {
    const part = document.createElement("div"), words = document.createElement("p");
    part.className = "reasons";
    words.textContent = say("anyway");
    part.append(words, ...Object.entries(WORDS.reasons).map(([reason, text]) => button(text, () => this.#more(found, { override: reason }), "quiet block")));
    return part;
  }

  // -- taking back -----------------------------------------------------------------------------------------------------

  #offerUndo(entry, what) {
    clearInterval(this.undoing);
    let seconds = UNDO_FOR;
    const tick = () => {
      parts.undo.textContent = say("undo", { what, seconds });
      parts.undo.hidden = seconds <= 0;
      if (seconds-- <= 0) clearInterval(this.undoing);
    };
    this.undoing = setInterval(tick, 1000);
    tick();
    parts.undo.onclick = () => this.#undo(entry);
  }

  async #undo(entry) {
    clearInterval(this.undoing);
    parts.undo.hidden = true;
    const wall = Date.now();
    await this.book.enqueue({
      kind: "scan", nonce: newNonce(), event: entry.event, undo: entry.nonce, of: { at: entry.at, admitted: entry.admitted ?? [] }, direction: "in",
      rehearsal: Boolean(entry.rehearsal), offline: !this.courier.online, shown: "", wall, at: this.now,
      corrected: this.courier.corrected(wall, performance.now()), reference: entry.reference,
    });
    this.#hide();
    this.#notice(say("undone"));
    this.courier.deliver();
    this.#draw();
  }

  // -- people without tickets --------------------------------------------------------------------------------------------

  async #count(size, children) {
    const wall = Date.now();
    const entry = {
      kind: "walk_in", nonce: newNonce(), event: this.book.event, size, children, wall, at: this.now, corrected: this.courier.corrected(wall, performance.now()),
    };
    if (!this.rehearsal) {
      try {
        await this.book.enqueue(entry);
      } catch {
        this.troubles.add("storage");
        this.#show({ kind: "unkept", why: say("warn_storage") });
        return;
      }
    }
    this.#notice(say("counted", { number: size }));
    signal("admitted");
    if (!this.rehearsal) this.#offerUndo(entry, say("counted", { number: size }));
    this.courier.deliver();
    this.#draw();
  }

  #notice(words) {
    parts.notice.textContent = words;
    parts.notice.hidden = false;
    clearTimeout(this.noticing);
    this.noticing = setTimeout(() => { parts.notice.hidden = true; }, 4000);
  }

  // -- the link to the server --------------------------------------------------------------------------------------------

  #heard(event, detail) {
    if (event === "delivered") {
      for (const { entry, result } of detail) {
        if (this.expecting?.nonce === entry.nonce) this.expecting.resolve(result);
      }
    }
    if (event === "newer" || event === "storage" || event === "another") this.troubles.add(event);
    if (event === "another") this.#openAnew();
    if (event === "roster") this.troubles.delete("newer");
    this.#draw();
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
    await this.#report();
    if (!root.dataset.kept && this.courier.online) await keepPage().catch(() => {});
    this.#draw();
  }

  async #report() {
    if (this.book.facts.over || !this.courier.online) return;
    const waiting = this.book.queue, state = {
      synced_to: Number(this.book.facts.cursor ?? 0), scans_waiting: waiting.length, kept: this.persisted, battery: this.battery,
      rehearsing: this.rehearsal,
    };
    if (waiting.length) state.waiting_since = new Date(waiting[0].wall).toISOString();
    if (!this.book.loaded) state.synced_to = null;
    const told = JSON.stringify({ ...state, synced_to: this.book.loaded });
    if (told === this.reported && performance.now() - this.reportedAt < REPORT_EVERY) return;
    this.reported = told;
    this.reportedAt = performance.now();
    await this.courier.report(state);
  }

  // -- what is always in view ----------------------------------------------------------------------------------------------

  #draw() {
    const { facts, queue, counts } = this.book, zone = facts.event?.time_zone ?? "UTC", online = this.courier.online;
    parts.network.textContent = say(online ? "online" : "offline");
    parts.network.className = `badge ${online ? "good" : "wait"}`;
    parts.waiting.textContent = queue.length
      ? say("scans_wait", { number: queue.length, at: this.#moment(queue[0].at, zone) }) : "";
    root.dataset.waiting = queue.length;
    root.dataset.online = online;
    root.dataset.loaded = this.book.loaded;
    parts.rehearsing.hidden = !this.rehearsal;
    parts.rehearse.checked = this.rehearsal;
    parts.roster.textContent = this.book.loaded
      ? say("roster", { number: this.book.rows.size, at: this.#moment(facts.syncedAt + (facts.offset ?? 0), zone) }) : "";
    for (const name of ["view", "tools", "groups", "counts", "rehearsal-choice"]) parts[name].hidden = Boolean(facts.over);
    if (facts.over) parts.undo.hidden = true;
    const free = facts.event?.entry_rule === "free";
    parts.direction.hidden = !free;
    parts.direction.querySelector("span").textContent = say(this.direction === "in" ? "way_in" : "way_out");
    if (counts) {
      const { tickets, groups } = this.book.uncounted;
      const shown = {
        inside: counts.inside + counts.walk_ins + tickets + groups, admitted: counts.admitted + tickets, registered: counts.registered,
      };
      for (const [name, number] of Object.entries(shown)) root.querySelector(`[data-count=${name}]`).textContent = number;
    }
    this.#drawWarnings(zone);
  }

  #drawWarnings(zone) {
    const { facts, queue } = this.book, stuck = queue.filter((entry) => this.book.isStuck(entry)).length, found = [];
    const minutes = Math.round((facts.offset ?? 0) / 60000);
    const early = facts.event && !this.rehearsal && Date.parse(facts.event.starts_at) - this.now > EARLY;
    if (facts.over) found.push(`${say("over")} ${queue.length ? say("over_waits") : ""} ${say("pair_again")}`);
    else if (!this.book.loaded) found.push(this.courier.online ? say("loading") : say("no_roster"));
    else if (Date.now() - facts.syncedAt > ROSTER_OLD) found.push(say("warn_old", { at: this.#moment(facts.syncedAt + (facts.offset ?? 0), zone) }));
    if (Math.abs(facts.offset ?? 0) > 60000) found.push(say("warn_clock", { minutes: Math.abs(minutes) }));
    if (this.persisted === false) found.push(say("warn_kept"));
    if (this.battery !== null && this.battery < 20) found.push(say("warn_battery", { percent: this.battery }));
    if (early) found.push(say("early", { day: this.#moment(Date.parse(facts.event.starts_at), zone, true) }));
    if (!facts.over && !root.dataset.kept && navigator.serviceWorker) found.push(say("warn_unkept"));
    for (const trouble of this.troubles) found.push(say(`warn_${trouble}`));
    if (stuck && !facts.over) found.push(say("warn_stuck", { number: stuck }));
    if (parts.warnings.textContent === found.join("")) return;
    parts.warnings.replaceChildren(...found.map((words) => {
      const line = document.createElement("li");
      line.textContent = words;
      return line;
    }));
  }

  // -- what the volunteer can touch --------------------------------------------------------------------------------------

  listen() {
    this.reader = new Reader(root.dataset);
    this.camera = new Camera(parts.video, this.reader, (text) => this.seen(text));
    parts.begin.addEventListener("click", () => { wake(); this.begin(); });
    parts.type.addEventListener("click", () => { wake(); parts.typing.showModal(); parts.find.focus(); });
    parts["find-form"].addEventListener("submit", (event) => { event.preventDefault(); this.#find(); });
    parts.picture.addEventListener("click", () => { wake(); parts.file.click(); });
    parts.file.addEventListener("change", () => this.#pictures());
    parts.torch.addEventListener("click", () => this.#light());
    parts.swap.addEventListener("click", () => this.#otherCamera());
    parts.direction.addEventListener("click", () => { this.direction = this.direction === "in" ? "out" : "in"; this.#draw(); });
    parts.one.addEventListener("click", () => { wake(); this.#count(1, 0); });
    parts.group.addEventListener("click", () => parts.grouping.showModal());
    parts["with-children"].addEventListener("change", () => { parts["children-field"].hidden = !parts["with-children"].checked; });
    for (const each of root.querySelectorAll("[data-size]")) each.addEventListener("click", () => this.#group(Number(each.dataset.size)));
    parts.grouping.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); this.#group(numberIn(parts.size.value)); });
    for (const each of root.querySelectorAll("[data-close]")) each.addEventListener("click", () => each.closest("dialog").close());
    parts.rehearse.addEventListener("change", () => this.#rehearse(parts.rehearse.checked));
    parts["hand-over"].addEventListener("click", () => this.#handOver());
    parts.unpair.addEventListener("click", () => this.#unpair());
    this.#handScanner();
    for (const event of ["online", "offline"]) addEventListener(event, () => { this.#draw(); this.beat(); });
    document.addEventListener("visibilitychange", () => { stayAwake(); this.beat(); });
    setInterval(() => this.beat(), SYNC_EVERY);
  }

  /** A hand scanner types fast and ends with Enter; whatever has the focus, it is heard. */
  #handScanner() {
    let typed = "", last = 0;
    document.addEventListener("keydown", (event) => {
      if (event.target.closest?.("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (performance.now() - last > 100) typed = "";
      last = performance.now();
      if (event.key === "Enter" && typed.length > 5) {
        event.preventDefault();
        this.scan(typed);
        typed = "";
      } else if (event.key.length === 1) typed += event.key;
    });
  }

  async begin(deviceId = "") {
    parts.trouble.textContent = "";
    stayAwake();
    try {
      await this.camera.open(deviceId);
      await this.reader.ready;
      parts.start.hidden = true;
    } catch (error) {
      const known = { NotAllowedError: "camera_denied", SecurityError: "camera_denied", NotReadableError: "camera_busy", AbortError: "camera_busy" };
      this.camera.close();
      parts.start.hidden = false;
      parts.trouble.textContent = say(error.name === "Error" ? "reader_failed" : known[error.name] ?? "camera_none");
    }
    const cameras = await this.camera.cameras().catch(() => []);
    parts.swap.hidden = cameras.length < 2;
    parts.torch.hidden = !this.camera.hasTorch;
  }

  async #otherCamera() {
    const cameras = await this.camera.cameras(), now = this.camera.track?.getSettings().deviceId;
    const at = cameras.findIndex((device) => device.deviceId === now);
    await this.begin(cameras[(at + 1) % cameras.length]?.deviceId ?? "");
  }

  async #light() {
    this.lit = !this.lit;
    await this.camera.light(this.lit).catch(() => { this.lit = false; });
    parts.torch.querySelector("span").textContent = say(this.lit ? "light_on" : "light_off");
  }

  async #pictures() {
    const [file] = parts.file.files;
    parts.file.value = "";
    if (!file) return;
    const [text] = await readFile(this.reader, file);
    if (text) await this.scan(text);
    else this.#notice(say("no_code"));
  }

  async #find() {
    const text = parts.find.value.trim();
    const wrong = (words) => { parts["find-wrong"].textContent = words; parts["find-wrong"].hidden = !words; };
    wrong("");
    parts.found.replaceChildren();
    if (text.length > 40) {
      parts.typing.close();
      parts.find.value = "";
      await this.scan(text);
      return;
    }
    if (!text) return;
    let parties, sure;
    if (!this.courier.couldBe(text) && !this.book.facts.event?.search) {
      wrong(WORDS.refusals.short_code_unknown);
      return;
    }
    try {
      ({ parties, sure } = await this.courier.find(text));
    } catch (error) {
      wrong(error.status ? error.detail : say("find_offline"));
      return;
    }
    if (!parties.length) wrong(say("nobody"));
    for (const party of parties) parts.found.append(button(`${party.name} · ${party.short_code} · ${party.party}`, () => this.#chosen(party), "quiet block"));
    if (sure) await this.#chosen(parties[0]);
  }

  async #chosen(party) {
    const ticket = party.tickets.find((each) => ["valid", "waiting"].includes(each.state) && !each.admitted_at)
      ?? party.tickets[0];
    if (!ticket) return;
    parts.typing.close();
    parts.find.value = "";
    parts.found.replaceChildren();
    const found = await this.book.party(party.registration, ticket.number);
    await this.#more({ ...found, name: party.name }, {});
  }

  #group(size) {
    const children = parts["with-children"].checked ? numberIn(parts.children.value || "1") : 0;
    const wrong = !(size >= 1 && size <= 1000) ? say("size_wrong") : !(children >= 0 && children <= size) ? say("children_wrong") : "";
    parts["group-wrong"].textContent = wrong;
    parts["group-wrong"].hidden = !wrong;
    if (wrong) return;
    parts.grouping.close();
    parts.size.value = parts.children.value = "";
    parts["with-children"].checked = false;
    parts["children-field"].hidden = true;
    this.#count(size, children);
  }

  async #rehearse(on) {
    this.book.rehearsed = []; // what was rehearsed before leaves no trace
    this.rehearsalUntil = on ? Date.now() + REHEARSAL_LASTS : 0;
    localStorage.setItem("rehearsal-until", this.rehearsalUntil);
    this.#draw();
    this.#report();
  }

  async #handOver() {
    if (!this.book.queue.length) {
      this.#notice(say("nothing_waits"));
      return;
    }
    const handed = await handOver(this.book, (entry) => this.courier.scanOf(entry));
    parts.download.href = handed.file;
    let at = 0;
    const draw = () => {
      parts.square.hidden = !handed.squares;
      if (!handed.squares) return;
      parts.square.innerHTML = handed.square(at);
      parts.sheet.textContent = say("square", { number: at + 1, all: handed.squares });
    };
    parts["next-square"].onclick = () => { at = (at + 1) % handed.squares; draw(); };
    parts["next-square"].hidden = handed.squares < 2;
    draw();
    parts.handing.showModal();
  }

  async #unpair() {
    await this.courier.deliver();
    if (this.book.queue.length) {
      this.#notice(say("unpair_waits", { number: this.book.queue.length }));
      return;
    }
    if (!confirm(say("unpair_sure"))) return;
    document.querySelector("form[action='/gate/unpair']").submit(); // the page that follows clears the phone
  }
}

const numberIn = (text) => {
  const latin = text.trim().replace(/[០-៩]/g, (digit) => digit.codePointAt(0) - 0x17e0);
  return /^\d{1,5}$/.test(latin) ? Number(latin) : NaN;
};

/** Everything that the page needs comes along into the phone: it opens without a network from now on. */
const keepPage = async () => {
  await navigator.serviceWorker.register("/sw.js");
  const { active } = await navigator.serviceWorker.ready;
  const links = [...document.querySelectorAll("link[href]")].map((link) => new URL(link.href).pathname);
  const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname);
  const files = [...links, ...loaded, ...Object.values(root.dataset)].filter((path) => path.startsWith("/static/"));
  const channel = new MessageChannel();
  const kept = new Promise((resolve) => { channel.port1.onmessage = resolve; });
  active.postMessage({ gate: [...new Set(files)] }, [channel.port2]);
  await kept;
  root.dataset.kept = "true";
};

const start = async () => {
  if (!crypto.subtle || !window.indexedDB) return; // the plain form below works without
  let book;
  try {
    book = await Book.open(await Store.open());
    await book.pairedAs(root.dataset.device);
  } catch {
    const words = document.createElement("p");
    words.className = "notice bad";
    words.textContent = say("warn_storage");
    root.before(words);
    return;
  }
  const scanner = new Scanner(book);
  root.hidden = false;
  document.querySelector("#plain").hidden = true;
  if (await window.caches?.match("/gate", { cacheName: "bon-gate-1" }).catch(() => null)) root.dataset.kept = "true";
  keepPage().catch(() => {});
  navigator.storage?.persist?.().then((persisted) => { scanner.persisted = persisted; }, () => {});
  navigator.getBattery?.().then((battery) => {
    const note = () => { scanner.battery = battery.charging ? null : Math.round(battery.level * 100); };
    battery.addEventListener("levelchange", note);
    battery.addEventListener("chargingchange", note);
    note();
  }, () => {});
  parts.torch.hidden = parts.swap.hidden = true;
  scanner.listen();
  const granted = await navigator.permissions?.query({ name: "camera" }).then((found) => found.state === "granted", () => false);
  if (granted) scanner.begin();
  await scanner.beat();
  const arrived = /^\/T\/([^/]+)/i.exec(location.pathname); // a ticket that the phone's own camera opened without a network
  if (arrived) {
    history.replaceState(null, "", "/gate");
    await scanner.scan(arrived[1]);
  }
};

start();
