// The answer as big as the screen: colour, sign, word, sound, and what can be done about the rest of the party.
import { ATTENTION, PICKUP, SIZE } from "./judge.js";
import { button, parts, pick, say, words } from "./page.js";
import { signal } from "./signals.js";

const SIGNS = { admitted: "✓", already: "!", refused: "✕", another: "◷", left: "←", unkept: "⚠" };
const ANOTHER = new Set(["another_day", "entry_not_open", "entry_closed"]);

export class Verdict {
  constructor(scanner, undo) {
    this.scanner = scanner;
    this.undo = undo;
    this.shownAt = 0;
    this.answers = 0;
  }

  async tell(found, local, answered, entry = null, numbers = []) {
    const outcome = answered?.outcome ?? local.outcome,
      code = answered ? answered.code : local.code;
    const { facts } = this.scanner.book,
      row = local.row,
      zone = facts.event?.time_zone ?? "UTC";
    let kind = {
      admitted: "admitted",
      conflict: "admitted",
      already_admitted: "already",
      left: "left",
      refused: "refused",
    }[outcome];
    if (kind === "refused" && ANOTHER.has(code)) kind = "another";
    const shows = { kind, found, why: "" };
    if (kind !== "refused" && kind !== "another" && found.reference) {
      const { name, note } = await this.scanner.book.shown(found);
      shows.name = name || found.name || "";
      const attention = (row?.[ATTENTION] ?? "").split(" ").filter(Boolean);
      shows.monk = attention.includes("monk");
      shows.attention = [...attention.map((word) => words.attention[word]), note].filter(Boolean);
      const bus = row?.[PICKUP] && facts.pickups?.[row[PICKUP]];
      if (bus && kind === "admitted") shows.attention.push(pick(bus));
    }
    const first = answered?.first
      ? { at: Date.parse(answered.first.at), gate: answered.first.device }
      : local.seen && { at: local.seen.at, gate: facts.gates?.[local.seen.gate] ?? "" };
    if (kind === "already" && first) {
      shows.why = say("came", { at: this.scanner.moment(first.at, zone), gate: first.gate });
    } else if (kind === "refused" || kind === "another") shows.why = this.#why(code, found);
    const not = (answered?.numbers ?? []).filter((each) => ["already_admitted", "refused"].includes(each.outcome));
    if (kind === "admitted" && not.length)
      shows.why = say("not_these", { numbers: not.map((each) => each.number).join(", ") });
    if (row)
      shows.party = say("of_party", {
        admitted: this.scanner.book.inside(found, this.scanner.rehearsal, this.scanner.now).length,
        size: row[SIZE],
      });
    if (entry && outcome === "admitted") {
      this.undo.offer(entry, shows.name || say("ticket", { number: numbers.join(", ") }));
      shows.undo = entry;
    }
    if ((kind === "admitted" || kind === "already") && this.scanner.direction === "in") {
      shows.left = this.scanner.book.left(found, this.scanner.rehearsal, this.scanner.now);
      shows.unknown = kind === "admitted" && !row && !found.refusal && numbers.length === 1;
    }
    if (outcome !== "admitted" && outcome !== "left" && this.scanner.direction === "in") shows.anyway = true;
    this.show(shows);
  }

  #why(code, found) {
    const { event } = this.scanner.book.facts;
    if (found.keyboard) return say(`keyboard_${found.keyboard}`);
    if (found.other) {
      return say("other_event", {
        title: pick(found.other.title),
        at: this.scanner.moment(Date.parse(found.other.starts_at), found.other.time_zone, true),
      });
    }
    const sentence = words.refusals[code] ?? code,
      opens = Date.parse(event?.entry_opens_at),
      closes = Date.parse(event?.entry_closes_at);
    if (!ANOTHER.has(code)) return sentence;
    if (opens && this.scanner.now < opens)
      return `${sentence} ${say("opens", { at: this.scanner.moment(opens, event.time_zone) })}`;
    if (closes && this.scanner.now > closes)
      return `${sentence} ${say("closes", { at: this.scanner.moment(closes, event.time_zone) })}`;
    return sentence;
  }

  show({
    kind,
    monk = false,
    name = "",
    attention = [],
    why = "",
    party = "",
    found,
    left = [],
    unknown = false,
    anyway = false,
    undo = null,
  }) {
    for (const open of document.querySelectorAll("dialog[open]")) open.close(); // an answer is never under something
    parts.verdict.className = `verdict full ${kind === "unkept" ? "refused" : kind}`;
    parts.verdict.dataset.outcome = kind;
    parts.verdict.dataset.answer = ++this.answers;
    parts.sign.textContent = SIGNS[kind];
    parts.word.textContent = say(monk && kind === "admitted" ? "admitted_monk" : kind);
    parts.name.textContent = name;
    parts.attention.replaceChildren(
      ...attention.flatMap((text) => {
        const badge = document.createElement("span");
        badge.className = "badge";
        badge.textContent = text;
        return [badge, " "];
      }),
    );
    parts.why.textContent = this.scanner.rehearsal ? `${why} ${say("rehearsed")}`.trim() : why;
    parts.party.textContent = party;
    const choices = [];
    if (left.length) choices.push(...this.#leftButtons(found, left));
    if (unknown) choices.push(...this.#countButtons(found));
    if (anyway) choices.push(this.#anywayButtons(found));
    if (undo) choices.push(button(say("take_back"), () => this.undo.take(undo), "quiet block"));
    choices.push(
      button(
        left.length && kind === "admitted" ? say("only_this") : say("next"),
        () => this.hide(),
        left.length || unknown || anyway ? "quiet block" : "block",
      ),
    );
    parts.choices.replaceChildren(...choices);
    parts.verdict.hidden = false;
    parts.verdict.focus({ preventScroll: true });
    parts.verdict.scrollTop = 0;
    this.shownAt = performance.now();
    signal(kind === "unkept" ? "refused" : kind);
    clearTimeout(this.hiding);
    if (kind === "admitted" && !left.length && !unknown) this.hiding = setTimeout(() => this.hide(), 2500);
  }

  hide() {
    clearTimeout(this.hiding);
    parts.verdict.hidden = true;
    parts.choices.replaceChildren();
  }

  #leftButtons(found, left) {
    const text = left.length === 1 ? say("the_last") : say("all_left", { number: left.length });
    const all = button(text, () => this.scanner.more(found, { numbers: left }), "block big");
    if (left.length === 1) return [all];
    return [
      all,
      this.#stepper(left.length - 1, (count) => this.scanner.more(found, { numbers: left.slice(0, count) })),
    ];
  }

  /** Without a roster nobody knows the party: how many come is asked. */
  #countButtons(found) {
    const line = document.createElement("p");
    line.textContent = `${say("offline_singly")} ${say("more_people")}`;
    const inside = new Set(this.scanner.book.inside(found, this.scanner.rehearsal, this.scanner.now));
    const others = Array.from({ length: 60 }, (_, index) => index + 1).filter((number) => !inside.has(number));
    return [line, this.#stepper(20, (count) => this.scanner.more(found, { numbers: others.slice(0, count) }))];
  }

  #stepper(most, act) {
    const row = document.createElement("div"),
      shown = document.createElement("output");
    let count = 1;
    const step = (by) => {
      count = Math.max(1, Math.min(most, count + by));
      shown.textContent = count;
      go.textContent = say("some", { number: count });
    };
    const go = button("", () => act(count));
    row.className = "count";
    row.append(
      button("−", () => step(-1), "quiet"),
      shown,
      button("+", () => step(1), "quiet"),
      go,
    );
    step(0);
    return row;
  }

  #anywayButtons(found) {
    const part = document.createElement("div"),
      line = document.createElement("p");
    part.className = "reasons";
    line.textContent = say("anyway");
    part.append(
      line,
      ...Object.entries(words.reasons).map(([reason, text]) =>
        button(text, () => this.scanner.more(found, { override: reason }), "quiet block"),
      ),
    );
    return part;
  }
}
