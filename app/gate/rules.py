"""Who is let in. Pure: states and the clock come in as arguments."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from app.events.shapes import EventRow
from app.gate.shapes import EntryRules, JudgedParty, JudgedTicket, PhoneState, ScanAsk, Seen, Verdict, WalkInAsk
from app.security.keyring import Keyring
from app.security.ticket_code import NotATicket, decode
from app.validation import forms
from app.validation.fields import Reader
from models.states import Act, Direction, EntryRule, EventState, Outcome, TicketState

LABEL = 120
MOST_SCANS = 500
MOST_NUMBERS = 60  # people in the largest party
MOST_GROUP = 1_000
CLOCK_TOLERANCE = timedelta(seconds=60)
LATE_DELIVERY = timedelta(days=14)
ROSTER_OLD = timedelta(minutes=15)
BATTERY_LOW = 20  # percent
OUTCOMES = tuple(Outcome)

# refusals of a ticket that can hold an admission all the same; whom else is let in is counted without a ticket
MAY_HOLD = {"ticket_waiting", "ticket_given_up", "entry_not_open", "entry_closed", "another_day", "event_cancelled"}
# what no phone of ours can have shown as admitted
NEVER_LET_IN = {"code_malformed", "code_unknown_key", "code_forged", "other_event"}

_OF_TICKET = {
    TicketState.GIVEN_UP: "ticket_given_up",
    TicketState.HANDED_ON: "ticket_reissued",
    TicketState.WAITING: "ticket_waiting",
}


class GateFields(msgspec.Struct, frozen=True):
    """A gate to pair phones with."""

    label: Annotated[
        str, forms.Line(most=LABEL, required=True, about="What people call the gate.", example="North gate")
    ]
    phones: Annotated[int, forms.Whole(low=1, high=500, default=20, about="How many phones may use its square.")] = 20


def read_gate(raw: Mapping[str, Any]) -> GateFields:
    """A gate as the desk wants it; raises Refused."""
    read = Reader(raw)
    gate = GateFields(**forms.walk(read, GateFields))
    read.finish()
    return gate


def read_scans(
    raw: Mapping[str, Any], keyring: Keyring, received: datetime, measured: timedelta | None = None
) -> list[ScanAsk]:
    """Check a batch of scans; raises Refused naming every wrong field.

    Times are corrected by the phone's offset: `measured` by the phone, else what `sent_at` shows.
    """
    read = Reader(raw)
    sent = read.moment("sent_at", exact=True)
    offset = timedelta(0) if sent is None else received - _aware(sent)
    if measured is not None:
        offset = measured
    scans = [_read_scan(scan, keyring, received, offset) for scan in read.objects("scans", MOST_SCANS)]
    if "scans" not in raw:
        read.wrong("scans", "required")
    read.finish()
    return scans


def _read_scan(read: Reader, keyring: Keyring, received: datetime, offset: timedelta) -> ScanAsk:
    phone_at = read.moment("scanned_at", exact=True)
    at, plausible = corrected(phone_at, offset, received)
    numbers = read.given("numbers")
    if numbers is not None and not (
        isinstance(numbers, list)
        and len(numbers) <= MOST_NUMBERS
        and all(isinstance(number, int) and not isinstance(number, bool) and 0 < number < 256 for number in numbers)
    ):
        read.wrong("numbers", "not_a_list")
        numbers = None
    ask = ScanAsk(
        nonce=read.text("nonce", 100, required=True),
        direction=Direction(read.choice("direction", tuple(Direction), default=Direction.IN)),
        scanned_at=at,
        phone_at=_aware(phone_at) if phone_at else received,
        clock_off=read.flag("clock_off") or abs(offset) > CLOCK_TOLERANCE or not plausible,
        offline=read.flag("offline"),
        shown=Outcome(shown) if (shown := read.choice("shown", OUTCOMES, default="")) else None,
        override=read.text("override", 200),
        undo=read.text("undo", 100),
        rehearsal=read.flag("rehearsal"),
        numbers=tuple(dict.fromkeys(numbers or ())),
    )
    text, ticket = read.text("code", 4_000), read.text("ticket", 40)
    if not (text or ticket or ask.undo) and not read.has_problem("code", "ticket", "undo"):
        read.wrong("code", "required")
    read.refuse_unknown()
    return understood(ask, text, ticket, keyring)


def read_walk_in(raw: Mapping[str, Any], received: datetime, measured: timedelta | None = None) -> WalkInAsk:
    """Check a counted group; raises Refused naming every wrong field. Its time is corrected like a scan's."""
    read = Reader(raw)
    ask = _read_walk_in(read, received, measured)
    read.finish()
    return ask


def _read_walk_in(read: Reader, received: datetime, measured: timedelta | None) -> WalkInAsk:
    nonce = read.text("nonce", 100, required=True)
    size = read.whole("size", 1, MOST_GROUP, 1) or 1
    children = read.whole("children", 0, MOST_GROUP, 0) or 0
    if children > size:
        read.wrong("children", "children_exceed_party")
    phone_at, sent = read.moment("at", exact=True), read.moment("sent_at", exact=True)
    offset = timedelta(0) if sent is None else received - _aware(sent)
    counted_at, _ = corrected(phone_at, offset if measured is None else measured, received)
    return WalkInAsk(nonce, size, children, _aware(phone_at) if phone_at else received, counted_at)


def read_phone(raw: Mapping[str, Any], received: datetime) -> PhoneState:
    """Check how a phone says it is; raises Refused naming every wrong field."""
    read = Reader(raw)
    sent, since = read.moment("sent_at", exact=True), read.moment("waiting_since", exact=True)
    offset = timedelta(0) if sent is None else received - _aware(sent)
    phone = PhoneState(
        synced_to=read.whole("synced_to", 0, 2**62),
        synced_at=received,
        scans_waiting=read.whole("scans_waiting", 0, 1_000_000, 0) or 0,
        waiting_since=None if since is None else corrected(since, offset, received)[0],
        clock_offset=None if sent is None else _seconds(offset),
        kept=read.flag("kept") if read.given("kept") is not None else None,
        battery=read.whole("battery", 0, 100),
        rehearsing=read.flag("rehearsing"),
    )
    read.finish()
    return phone


def _seconds(offset: timedelta) -> int:
    return max(-(2**31), min(2**31 - 1, round(offset.total_seconds())))


def corrected(phone_at: datetime | None, offset: timedelta, received: datetime) -> tuple[datetime, bool]:
    """When it really was, and whether that can be: a clock that cannot be right gives the time of arrival."""
    try:
        at = received if phone_at is None else _aware(phone_at) + offset
    except OverflowError:  # a clock centuries off
        return received, False
    plausible = received - LATE_DELIVERY <= at <= received + CLOCK_TOLERANCE
    return (min(at, received), True) if plausible else (received, False)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def understood(ask: ScanAsk, text: str, ticket: str, keyring: Keyring) -> ScanAsk:
    """The scan with the ticket that its code (verified) or its plain "registration-number" names."""
    if text:
        try:
            code = decode(keyring, text)
        except NotATicket as refusal:
            return msgspec.structs.replace(ask, refusal=refusal.code)
        return msgspec.structs.replace(
            ask, registration=code.registration, ticket=code.ticket, issue=code.issue, event_number=code.event
        )
    registration, _, number = ticket.partition("-")
    if not ticket:
        return ask
    if not number.isascii() or not number.isdigit() or not 0 < int(number) < 256:
        return msgspec.structs.replace(ask, refusal="code_malformed")
    return msgspec.structs.replace(ask, registration=registration.lower(), ticket=int(number))


def entry_of(event: EventRow) -> EntryRules:
    """What the judge needs to know of an event."""
    return EntryRules(**{name: getattr(event, name) for name in EntryRules.__struct_fields__})


def judge(ask: ScanAsk, party: JudgedParty | None, number: int, *, entry: EntryRules, day: str) -> Verdict:
    """What to say of one ticket of a scan. `override` turns every refusal into an admission.

    A phone without a network has let in whom it showed as admitted: that stands, and is a conflict, also where another
    tab of the same phone came first.
    """
    refusal = _refusal(ask, party, number, entry)
    ticket = party.tickets.get(number) if party else None
    if ask.direction == Direction.OUT:
        return _leaving(refusal, ticket, day)
    seen = ticket.seen.get(day) if ticket and (not refusal or refusal in MAY_HOLD) else None
    return _again(ask, seen, entry) if seen else _first_time(ask, refusal, ticket, entry)


def _was_let_in(ask: ScanAsk) -> bool:
    return ask.offline and ask.shown == Outcome.ADMITTED


def _was_turned_away(ask: ScanAsk) -> bool:  # and went: a later yes would have somebody inside who is not
    return ask.offline and not ask.override and ask.shown in {Outcome.REFUSED, Outcome.ALREADY_ADMITTED}


def _first_time(ask: ScanAsk, refusal: str, ticket: JudgedTicket | None, entry: EntryRules) -> Verdict:
    refusal = refusal or _not_now(entry, ask.scanned_at) or ("turned_away" if _was_turned_away(ask) else "")
    if not refusal:
        return Verdict(Outcome.ADMITTED, "", Act.ADMIT)
    if refusal == "device_unknown":  # after its time a phone lets nobody in, but the desk learns whom it let in
        return Verdict(Outcome.CONFLICT if _was_let_in(ask) else Outcome.REFUSED, refusal)
    if ask.override:
        return Verdict(Outcome.ADMITTED, refusal, _let_in(refusal, ticket))
    if _was_let_in(ask) and refusal not in NEVER_LET_IN:
        return Verdict(Outcome.CONFLICT, refusal, _let_in(refusal, ticket))
    return Verdict(Outcome.REFUSED, refusal)


def _again(ask: ScanAsk, seen: Seen, entry: EntryRules) -> Verdict:
    if entry.entry_rule == EntryRule.FREE and not seen.inside:
        return Verdict(Outcome.ADMITTED, "", Act.RETURN)
    if ask.override:
        return Verdict(Outcome.ADMITTED, "already_admitted", Act.COUNT)
    if _was_let_in(ask):
        return Verdict(Outcome.CONFLICT, "already_admitted")
    return Verdict(Outcome.ALREADY_ADMITTED, "already_admitted")


def _refusal(ask: ScanAsk, party: JudgedParty | None, number: int, entry: EntryRules) -> str:
    if ask.refusal:
        return ask.refusal
    ticket = party.tickets.get(number) if party else None
    if party is None or ticket is None:
        return "ticket_unknown"
    held = ticket.state in {TicketState.VALID, TicketState.WAITING}
    if held and number == ask.ticket and ask.issue is not None and ask.issue != ticket.issue:
        return "ticket_reissued"
    if ticket.state == TicketState.VALID or (ticket.state == TicketState.WAITING and entry.admit_waiting):
        return ""
    return _OF_TICKET[ticket.state]


def _not_now(entry: EntryRules, moment: datetime) -> str:
    """Why the gate does not admit by itself at this instant, or ""."""
    if entry.state == EventState.CANCELLED:
        return "event_cancelled"
    opens, closes = entry.entry_opens_at, entry.entry_closes_at
    if opens and moment < opens:
        return "entry_not_open" if _same_day(entry, moment, opens) else "another_day"
    if closes and moment > closes:
        return "entry_closed" if _same_day(entry, moment, closes) else "another_day"
    return ""


def _same_day(entry: EntryRules, moment: datetime, other: datetime) -> bool:
    zone = ZoneInfo(entry.time_zone)
    return moment.astimezone(zone).date() == other.astimezone(zone).date()


def _let_in(refusal: str, ticket: JudgedTicket | None) -> Act:
    """A ticket of this event is admitted; anybody else is counted as a walk-in."""
    return Act.ADMIT if ticket is not None and refusal in MAY_HOLD else Act.COUNT


def _leaving(refusal: str, ticket: JudgedTicket | None, day: str) -> Verdict:
    if ticket is None:
        return Verdict(Outcome.REFUSED, refusal)
    if day not in ticket.seen:
        return Verdict(Outcome.REFUSED, "not_inside")
    return Verdict(Outcome.LEFT, "", Act.LEAVE if ticket.seen[day].inside else Act.NOTHING)


def apply(verdict: Verdict, ticket: JudgedTicket | None, day: str, seen: Seen) -> None:
    """Bring the judge's picture up to date, so that the next scan of the batch sees it."""
    if ticket is None:
        return
    if verdict.act == Act.ADMIT and day not in ticket.seen:
        ticket.seen[day] = seen
    elif verdict.act in {Act.RETURN, Act.LEAVE}:
        ticket.seen[day].inside = verdict.act == Act.RETURN


def warnings(phone: PhoneState, revision: int, now: datetime) -> list[str]:
    """What is wrong with a phone before the doors open (and later): codes, the gravest first."""
    told = phone.synced_at is not None
    found = {
        "phone_not_synced": phone.synced_to is None,
        "phone_roster_old": told
        and phone.synced_to is not None
        and phone.synced_to < revision
        and now - (phone.synced_at or now) > ROSTER_OLD,
        "phone_clock_off": abs(phone.clock_offset or 0) > CLOCK_TOLERANCE.total_seconds(),
        "phone_not_kept": phone.kept is False,
        "phone_battery_low": phone.battery is not None and phone.battery < BATTERY_LOW,
        "phone_rehearsing": phone.rehearsing,
    }
    return [code for code, true in found.items() if true]
