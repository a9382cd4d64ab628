"""Who is let in. Pure: states and the clock come in as arguments."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from app.gate.shapes import PartyState, ScanAsk, Seen, TicketState, Verdict
from app.security.keyring import Keyring
from app.tickets.code import NotATicket, decode
from app.web.fields import Reader

MOST_SCANS = 500
MOST_NUMBERS = 60  # people in the largest party
CLOCK_TOLERANCE = timedelta(seconds=60)
DAY_TURNS = timedelta(hours=4)
LATE_DELIVERY = timedelta(days=14)
EXPIRES_AFTER_EVENT = timedelta(hours=12)
OUTCOMES = ("admitted", "already_admitted", "left", "conflict", "refused")

_OF_TICKET = {"given_up": "ticket_given_up", "handed_on": "ticket_reissued", "revoked": "ticket_reissued"}
_OF_PARTY = {"waiting": "ticket_waiting", "cancelled": "ticket_given_up", "erased": "ticket_given_up"}


def read_scans(raw: Mapping[str, Any], keyring: Keyring, received: datetime) -> list[ScanAsk]:
    """Check a batch of scans; raises Refused naming every wrong field. Times are corrected by the phone's offset."""
    read = Reader(raw)
    sent = read.moment("sent_at", exact=True)
    offset = timedelta(0) if sent is None else received - _aware(sent)
    scans = [_read_scan(scan, keyring, received, offset) for scan in read.objects("scans", MOST_SCANS)]
    if "scans" not in raw:
        read.wrong("scans", "required")
    read.finish()
    return scans


def _read_scan(read: Reader, keyring: Keyring, received: datetime, offset: timedelta) -> ScanAsk:
    phone_at = read.moment("scanned_at", exact=True)
    at = received if phone_at is None else _corrected(_aware(phone_at), offset, received)
    plausible = received - LATE_DELIVERY <= at <= received + CLOCK_TOLERANCE
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
        direction=read.choice("direction", ("in", "out"), default="in"),
        scanned_at=min(at, received) if plausible else received,
        phone_at=_aware(phone_at) if phone_at else received,
        clock_off=abs(offset) > CLOCK_TOLERANCE or not plausible,
        offline=read.flag("offline"),
        shown=read.choice("shown", OUTCOMES, default=""),
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


def _corrected(phone_at: datetime, offset: timedelta, received: datetime) -> datetime:
    try:
        return phone_at + offset
    except OverflowError:  # a clock centuries off
        return received + LATE_DELIVERY


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


def day_of(entry_rule: str, moment: datetime, zone: str) -> str:
    """Under which day an admission counts: one for all unless the event admits daily (then it turns at 04:00)."""
    if entry_rule != "daily":
        return "once"
    return (moment.astimezone(ZoneInfo(zone)) - DAY_TURNS).date().isoformat()


def judge(ask: ScanAsk, party: PartyState | None, number: int, *, entry_rule: str, day: str, device: UUID) -> Verdict:
    """What to say of one ticket of a scan. `override` turns every refusal into an admission."""
    refusal = _refusal(ask, party, number)
    ticket = party.tickets.get(number) if party else None
    if ask.direction == "out":
        return _leaving(refusal, ticket, day)
    if refusal:
        return _let_in_anyway(refusal, ticket) if ask.override else Verdict("refused", refusal)
    seen = ticket.seen.get(day) if ticket else None
    if seen is None:
        return Verdict("admitted", "", "admit")
    if entry_rule == "free" and not seen.inside:
        return Verdict("admitted", "", "return")
    if ask.offline and ask.shown == "admitted" and seen.device != device:
        return Verdict("conflict", "already_admitted")
    if ask.override:
        return Verdict("admitted", "already_admitted", "count")
    return Verdict("already_admitted", "already_admitted")


def _refusal(ask: ScanAsk, party: PartyState | None, number: int) -> str:
    if ask.refusal:
        return ask.refusal
    ticket = party.tickets.get(number) if party else None
    if party is None or ticket is None:
        return "ticket_unknown"
    if number == ask.ticket and ask.issue is not None and ask.issue != ticket.issue:
        return "ticket_reissued"
    if ticket.state != "valid":
        return _OF_PARTY.get(party.state) or _OF_TICKET.get(ticket.state, "ticket_given_up")
    return ""


def _let_in_anyway(refusal: str, ticket: TicketState | None) -> Verdict:
    """A ticket of this event is admitted; anybody else is counted as a walk-in."""
    known = ticket is not None and refusal in {"ticket_waiting", "ticket_given_up"}
    return Verdict("admitted", refusal, "admit" if known else "count")


def _leaving(refusal: str, ticket: TicketState | None, day: str) -> Verdict:
    if ticket is None:
        return Verdict("refused", refusal)
    if day not in ticket.seen:
        return Verdict("refused", "not_inside")
    return Verdict("left", "", "leave" if ticket.seen[day].inside else "")


def apply(verdict: Verdict, ticket: TicketState | None, day: str, seen: Seen) -> None:
    """Bring the judge's picture up to date, so that the next scan of the batch sees it."""
    if ticket is None:
        return
    if verdict.act == "admit" and day not in ticket.seen:
        ticket.seen[day] = seen
    elif verdict.act in {"return", "leave"}:
        ticket.seen[day].inside = verdict.act == "return"
