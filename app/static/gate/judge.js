// Who is let in, as far as a phone can know: the same rules as app/gate/rules.py, on roster rows. Pure.
// A row: [reference, state, size, children, admitted, issues, sealed, pickup, attention];
// admitted: runs of [seconds, gate, ...numbers], a number negative once that person went out.
export const STATE = 1,
  SIZE = 2,
  ADMITTED = 4,
  ISSUES = 5,
  SEALED = 6,
  PICKUP = 7,
  ATTENTION = 8;
const NO_LONGER = -1,
  HANDED_ON = -2;
const MAY_HOLD = new Set([
  "",
  "ticket_waiting",
  "ticket_given_up",
  "entry_not_open",
  "entry_closed",
  "another_day",
  "event_cancelled",
]);

const clocks = new Map();

/** Date and time of day in a zone: {date: "2027-04-11", clock: "09:30"}. */
export const localTime = (at, zone) => {
  if (!clocks.has(zone)) {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
    clocks.set(zone, new Intl.DateTimeFormat("en-CA", { ...parts, hourCycle: "h23", timeZone: zone }));
  }
  const found = Object.fromEntries(
    clocks
      .get(zone)
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );
  return { date: `${found.year}-${found.month}-${found.day}`, clock: `${found.hour}:${found.minute}` };
};

/** Under which day an admission counts. */
export const dayOf = (event, at) => {
  if (event.entry_rule !== "daily") return "once";
  const { date, clock } = localTime(at, event.time_zone);
  if (clock >= event.day_turns) return date;
  const before = new Date(`${date}T12:00:00Z`);
  before.setUTCDate(before.getUTCDate() - 1);
  return before.toISOString().slice(0, 10);
};

/** Who of a party is or was in on the day of `at`: number → {at, gate, inside}. `own` are this phone's scans in order. */
export const admissions = (event, row, own, at) => {
  const day = dayOf(event, at),
    seen = new Map();
  for (const [seconds, gate, ...numbers] of row ? row[ADMITTED] : []) {
    if (dayOf(event, seconds * 1000) !== day) continue;
    for (const number of numbers) seen.set(Math.abs(number), { at: seconds * 1000, gate, inside: number > 0 });
  }
  for (const scan of own) {
    if (dayOf(event, scan.at) !== day) continue;
    for (const number of scan.admitted) {
      if (scan.direction === "out") {
        if (seen.has(number)) seen.get(number).inside = false;
      } else if (seen.has(number)) seen.get(number).inside = true;
      else seen.set(number, { at: scan.at, gate: scan.gate, inside: true });
    }
  }
  return seen;
};

const stateOf = (event, row, number, issue) => {
  if (!row) return ""; // registered after the roster was made: the signature proves it, so it is admitted singly
  const held = row[ISSUES][number - 1];
  if (held === undefined) return "";
  if (issue !== null && held >= 0 && issue < held) return "ticket_reissued";
  if (held === HANDED_ON) return "ticket_reissued";
  if (held === NO_LONGER) return "ticket_given_up";
  if (row[STATE] === "waiting" && !event.admit_waiting) return "ticket_waiting";
  return "";
};

const notNow = (event, at) => {
  if (event.state === "cancelled") return "event_cancelled";
  const day = (moment) => localTime(moment, event.time_zone).date;
  for (const [bound, outside, code] of [
    [event.entry_opens_at, (limit) => at < limit, "entry_not_open"],
    [event.entry_closes_at, (limit) => at > limit, "entry_closed"],
  ]) {
    const limit = bound && Date.parse(bound);
    if (bound && outside(limit)) return day(limit) === day(at) ? code : "another_day";
  }
  return "";
};

/**
 * What to say of one ticket: {outcome, code, seen}. `issue` null where no code was read; `gone`: the party was erased.
 */
export const judge = ({ event, row, own, gone, number, issue, direction, override, at }) => {
  const seenNow = admissions(event, row, own, at).get(number);
  let refusal = gone ? "ticket_given_up" : stateOf(event, row, number, issue);
  if (direction === "out") {
    if (!seenNow) return { outcome: "refused", code: "not_inside" };
    return { outcome: "left", code: "", seen: seenNow };
  }
  const seen = MAY_HOLD.has(refusal) ? seenNow : undefined;
  if (!seen) {
    refusal ||= notNow(event, at);
    if (!refusal) return { outcome: "admitted", code: "" };
    return { outcome: override ? "admitted" : "refused", code: refusal };
  }
  if (event.entry_rule === "free" && !seen.inside) return { outcome: "admitted", code: "", seen };
  if (override) return { outcome: "admitted", code: "already_admitted", seen };
  return { outcome: "already_admitted", code: "already_admitted", seen };
};

/** The numbers of a party that may still come in, in order. */
export const leftOf = (event, row, own, at) => {
  if (!row) return [];
  const seen = admissions(event, row, own, at);
  return row[ISSUES].flatMap((issue, index) => {
    const there = seen.get(index + 1);
    const mayCome = !there || (event.entry_rule === "free" && !there.inside);
    return issue >= 0 && mayCome ? [index + 1] : [];
  });
};
