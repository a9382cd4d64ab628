"""An event as poster and as picture for posts: the facts that templates/print/event.typ sets."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import msgspec
from PIL import Image

from app.events.shapes import EventRow
from app.events.words import days_of, hours_of
from app.festivals.shapes import NAMES
from app.i18n.catalogues import pick, translate
from app.printing import qr
from app.printing.fonts import fonts_for
from app.printing.texts import said
from app.printing.typesetting import jpeg, typeset
from app.settings import STATIC
from app.validation.marks import _
from app.web.icons import symbol
from calendars.words import lunar_line

EVERYBODY = _("Free of charge. Nobody needs a ticket to enter. Everybody is welcome.")


class Print(msgspec.Struct, frozen=True):
    """A file to download: `size` in the template, and what it is as a sentence of the catalogues."""

    size: str
    media_type: str
    words: str


CARD = "card.jpg"
PRINTS = {
    "poster-a4.pdf": Print("a4", "application/pdf", _("Poster, A4")),
    "poster-a3.pdf": Print("a3", "application/pdf", _("Poster, A3")),
    "square.jpg": Print("square", "image/jpeg", _("Square picture for posts")),
    "tall.jpg": Print("tall", "image/jpeg", _("Tall picture for stories")),
    CARD: Print("card", "image/jpeg", _("Wide picture for links")),
}


def _framed(picture: bytes | None) -> str:
    """A picture as SVG, which the template takes as text."""
    if not picture:
        return ""
    width, height = Image.open(io.BytesIO(picture)).size
    data = base64.b64encode(picture).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<image href="data:image/jpeg;base64,{data}" width="{width}" height="{height}"/></svg>'
    )


def place_of(event: EventRow, language: str, others: Sequence[str]) -> dict[str, Any]:
    """Where it is, as prints say it: the venue (else its address), the address, and the venue in other languages."""
    venue, address = pick(event.venue, language), pick(event.address, language)
    names = event.venue if isinstance(event.venue, dict) else {}
    return {
        "venue": said(language, venue or address),
        "address": said(language, address if venue else ""),
        "places": [said(tag, names[tag]) for tag in others if names.get(tag)],
    }


def facts_of(event: EventRow, language: str, base_url: str, picture: bytes | None) -> dict[str, Any]:
    """What a print shows: the language first, then the host country's own, else English beside Khmer."""
    others = [tag for tag in event.title if tag not in {language, "km", "en"}]
    others = others or [tag for tag in ("km", "en") if tag != language and tag in event.title]
    short = f"{base_url}/e/{event.slug}"
    return {
        "language": language,
        "fonts": fonts_for(others[0] if others else language),
        "title": title_of(event, language),
        "titles": [said(tag, event.title[tag]) for tag in others],
        "alarm": said(language, alarm_of(event, language)),
        "date": said(language, days_of(event, language, tight=True)),
        "dates": [said(tag, days_of(event, tag, tight=True)) for tag in others],
        "time": hours_of(event),
        "lunar": said("km", lunar_line("km", event.first_day)),
        **place_of(event, language, others),
        "short": said("en", short.partition("://")[2]),
        "symbol": qr.svg(short),
        "welcome": said(language, translate(language, EVERYBODY)),
        "organiser": said(language, translate(language, "Ministry of Labour and Vocational Training of Cambodia")),
        "picture": _framed(picture),
        "mark": (STATIC / "mark.svg").read_text(),
        "icons": {name: symbol(name, "#b4530a") for name in ("day", "place")},
    }


def title_of(event: EventRow, language: str) -> dict[str, Any]:
    """The title as prints say it; the festival's name where no letter of the title can be drawn."""
    title = said(language, pick(event.title, language))
    return title if title["pieces"] else said(language, translate(language, NAMES[event.festival]))


def alarm_of(event: EventRow, language: str) -> str:
    """What everybody must see first: that it is cancelled, or that its time has changed; else ""."""
    if event.cancelled:
        return translate(language, "Cancelled")
    return translate(language, "The time has changed.") if event.previous_starts_at is not None else ""


async def print_of(name: str, event: EventRow, language: str, base_url: str, picture: bytes | None) -> bytes:
    """A file of PRINTS; the same event always gives the same bytes."""
    facts = facts_of(event, language, base_url, picture) | {"size": PRINTS[name].size}
    if name.endswith(".pdf"):
        return await typeset("event.typ", facts)
    return await jpeg("event.typ", facts)
