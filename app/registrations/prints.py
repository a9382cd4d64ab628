"""A party's tickets as pictures to save or forward and as sheets to print: Khmer first, the host country beside it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.directory.queries import country_by_slug
from app.events.prints import place_of, title_of
from app.events.shapes import EventRow
from app.events.words import days_of, hours_of
from app.i18n.catalogues import local_time, moment_text, pick, translate
from app.printing import qr
from app.printing.fonts import fonts_for
from app.printing.texts import said
from app.printing.typesetting import typeset
from app.registrations.shapes import Party, TicketRow
from app.security import ticket_code
from app.security.keyring import Keyring
from app.settings import STATIC
from app.validation.refusals import Refused

PIXELS = 144  # an inch: a ticket of 90 mm is 510 pixels wide, a module of its QR six
ADMITS = {
    "km": "សម្រាប់មនុស្សម្នាក់",
    "en": "Admits 1",
    "ko": "1명 입장",
    "ja": "1名様入場",
    "th": "สำหรับ 1 คน",
    "ms": "Untuk 1 orang",
    "zh": "供 1 人入場",
    "ar": "لشخص واحد",
}


class Bus(msgspec.Struct, frozen=True):
    """Where a party is picked up, and " · 08:00" where the hour is known."""

    name: str
    departs: str


class Printed(msgspec.Struct, frozen=True):
    """One ticket to print: which it is of so many, its person's name (perhaps ""), and what its QR holds."""

    number: int
    total: int
    name: str
    child: bool
    address: str
    code: str = ""


def facts_of(
    event: EventRow, tickets: Sequence[Printed], language: str, hosts: Sequence[str], short_code: str, bus: Bus | None
) -> dict[str, Any]:
    """What a ticket shows. `hosts` are the host country's languages; what changed or was cancelled stands first."""
    others = list(dict.fromkeys(tag for tag in (*hosts, "en") if tag != language))
    return {
        "language": language,
        "fonts": fonts_for(hosts[0] if hosts else language),
        "title": title_of(event, language),
        "titles": [said(tag, event.title[tag]) for tag in others if tag in event.title],
        "notice": said(language, notice_of(event, language)),
        "date": said(language, days_of(event, language, tight=True)),
        "dates": [said(tag, days_of(event, tag, tight=True)) for tag in others],
        "time": hours_of(event),
        **place_of(event, language, others),
        "bus": said(language, bus.name) if bus else None,
        "departs": bus.departs if bus else "",
        "part": part_of(tickets, language),
        "admits": [said(tag, ADMITS[tag]) for tag in others if tag in ADMITS],
        "code": short_code,
        "mark": (STATIC / "mark.svg").read_text(),
        "tickets": [
            {
                "words": said(language, _words(ticket, language)),
                "name": said(language, ticket.name),
                "symbol": qr.svg(ticket.address),
                "code": ticket.code or short_code,
            }
            for ticket in tickets
        ],
    }


def part_of(tickets: Sequence[Printed], language: str) -> str:
    """Which tickets these are of a party's that need several pictures: "11–20 of 60", else ""."""
    first, last = tickets[0], tickets[-1]
    if len(tickets) == 1 or len(tickets) == first.total:
        return ""
    return translate(language, "{first}–{last} of {total}", first=first.number, last=last.number, total=first.total)


def _words(ticket: Printed, language: str) -> str:
    words = translate(language, "Ticket {number} of {total}", number=ticket.number, total=ticket.total)
    return f"{words} · {translate(language, 'child')}" if ticket.child else words


def notice_of(event: EventRow, language: str) -> str:
    """What changed since the event was announced, in words; "" where nothing did."""
    if event.cancelled:
        said = [translate(language, "This event is cancelled.")]
    elif event.previous_starts_at is not None:
        before = moment_text(language, event.previous_starts_at, event.time_zone, tight=True)
        said = [translate(language, "The time has changed."), translate(language, "Before, it was {at}.", at=before)]
    else:
        said = []
    return " ".join([*said, pick(event.notice, language) if event.notice else ""]).strip()


async def picture(facts: dict[str, Any]) -> bytes:
    """A PNG: one ticket, or a party's squares below one another."""
    return await typeset("ticket.typ", facts | {"layout": "picture"}, "picture", ppi=PIXELS)


async def sheet(facts: dict[str, Any]) -> bytes:
    """A PDF of A4 pages, eight tickets each, to cut; every QR is 38 mm wide."""
    return await typeset("ticket.typ", facts | {"layout": "sheet"})


def printed_of(
    keyring: Keyring, base_url: str, event: EventRow, party: Party, number: int | None = None
) -> list[Printed]:
    """A party's tickets (or the one of this number) as they are printed; raises Refused where there is none."""
    valid = party.valid_tickets if party.confirmed else ()
    printed = [
        Printed(
            party.place(ticket.number),
            len(valid),
            party.name if ticket.number == 1 else ticket.name,
            ticket.child,
            address_of(keyring, base_url, event, party, ticket),
            party.short_code,
        )
        for ticket in valid
        if number in {None, ticket.number}
    ]
    if not printed:
        raise Refused("not_found")
    return printed


def address_of(keyring: Keyring, base_url: str, event: EventRow, party: Party, ticket: TicketRow) -> str:
    """What the QR of a ticket holds."""
    code = ticket_code.encode(keyring, event.number, party.number, ticket.number, ticket.issue)
    return ticket_code.address(base_url, code)


async def facts_to_print(event: EventRow, party: Party, tickets: list[Printed], language: str) -> dict[str, Any]:
    """The same with what the host country and the party's bus add."""
    country = await country_by_slug(event.country_slug)
    bus = event.pickup(party.pickup_point)
    departs = f" · {local_time(bus.departs_at, event.time_zone)}" if bus and bus.departs_at else ""
    hosts = country.languages if country else ()
    taken = Bus(pick(bus.name, language), departs) if bus else None
    return facts_of(event, tickets, language, hosts, party.short_code, taken)
