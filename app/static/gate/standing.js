// What is always in view: the network, how many wait, the counts, and what is wrong with this phone.
import { parts, root, say } from "./page.js";

const EARLY = 18 * 3600000,
  ROSTER_OLD = 15 * 60000; // milliseconds

export class Standing {
  constructor(scanner) {
    this.scanner = scanner;
  }

  draw() {
    const { facts, queue, counts } = this.scanner.book,
      zone = facts.event?.time_zone ?? "UTC",
      online = this.scanner.courier.online;
    parts.network.textContent = say(online ? "online" : "offline");
    parts.network.className = `badge ${online ? "good" : "wait"}`;
    parts.waiting.textContent = queue.length
      ? say("scans_wait", { number: queue.length, at: this.scanner.moment(queue[0].at, zone) })
      : "";
    root.dataset.waiting = queue.length;
    root.dataset.online = online;
    root.dataset.loaded = this.scanner.book.loaded;
    parts.rehearsing.hidden = !this.scanner.rehearsal;
    parts.rehearse.checked = this.scanner.rehearsal;
    parts.roster.textContent = this.scanner.book.loaded
      ? say("roster", {
          number: this.scanner.book.rows.size,
          at: this.scanner.moment(facts.syncedAt, zone),
        })
      : "";
    for (const name of ["view", "tools", "groups", "counts", "rehearsal-choice"])
      parts[name].hidden = Boolean(facts.over);
    if (facts.over) parts.undo.hidden = true;
    const free = facts.event?.entry_rule === "free";
    parts.direction.hidden = !free;
    parts.direction.querySelector("span").textContent = say(this.scanner.direction === "in" ? "way_in" : "way_out");
    if (counts) {
      const { tickets, groups } = this.scanner.book.uncounted;
      const shown = {
        inside: counts.inside + counts.walk_ins + tickets + groups,
        admitted: counts.admitted + tickets,
        registered: counts.registered,
      };
      for (const [name, number] of Object.entries(shown))
        root.querySelector(`[data-count=${name}]`).textContent = number;
    }
    this.#warn(zone);
  }

  #warn(zone) {
    const { facts, queue } = this.scanner.book,
      stuck = queue.filter((entry) => this.scanner.book.isStuck(entry)).length,
      found = [];
    const { offset } = this.scanner.book.clock,
      minutes = Math.round(offset / 60000);
    const early =
      facts.event && !this.scanner.rehearsal && Date.parse(facts.event.starts_at) - this.scanner.now > EARLY;
    if (facts.over) found.push(`${say("over")} ${queue.length ? say("over_waits") : ""} ${say("pair_again")}`);
    else if (!this.scanner.book.loaded) found.push(this.scanner.courier.online ? say("loading") : say("no_roster"));
    else if (this.scanner.now - facts.syncedAt > ROSTER_OLD)
      found.push(say("warn_old", { at: this.scanner.moment(facts.syncedAt, zone) }));
    if (Math.abs(offset) > 60000) found.push(say("warn_clock", { minutes: Math.abs(minutes) }));
    if (this.scanner.phone.persisted === false) found.push(say("warn_kept"));
    if (this.scanner.phone.battery !== null && this.scanner.phone.battery < 20)
      found.push(say("warn_battery", { percent: this.scanner.phone.battery }));
    if (early) found.push(say("early", { day: this.scanner.moment(Date.parse(facts.event.starts_at), zone, true) }));
    if (!facts.over && !root.dataset.kept) found.push(say(navigator.serviceWorker ? "warn_unkept" : "warn_unkeepable"));
    for (const trouble of this.scanner.troubles) found.push(say(`warn_${trouble}`));
    if (stuck && !facts.over) found.push(say("warn_stuck", { number: stuck }));
    if (parts.warnings.textContent === found.join("")) return;
    parts.warnings.replaceChildren(
      ...found.map((text) => {
        const line = document.createElement("li");
        line.textContent = text;
        return line;
      }),
    );
  }
}
