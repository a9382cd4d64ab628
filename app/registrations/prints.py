"""A party's tickets as pictures to save or forward and as sheets to print: Khmer first, the host country beside it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.events.prints import place_of, title_of
from app.events.shapes import EventRow
from app.events.words import days_of, hours_of
from app.i18n.catalogues import moment_text, pick, translate
from app.printing import qr
from app.printing.fonts import fonts_for
from app.printing.texts import said
from app.printing.typesetting import typeset
from app.settings import STATIC

PIXELS = 220  # an inch: a ticket of 90 mm is 780 pixels wide
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
    return await typeset("ticket.typ", facts | {"layout": "picture"}, "png", ppi=PIXELS)


async def sheet(facts: dict[str, Any]) -> bytes:
    """A PDF of A4 pages, eight tickets each, to cut; every QR is 38 mm wide."""
    return await typeset("ticket.typ", facts | {"layout": "sheet"})
