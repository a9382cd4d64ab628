"""An event as poster and as picture for posts: the facts that templates/print/event.typ sets."""

import base64
import io
from typing import Any

import msgspec
from PIL import Image

from app.events.shapes import EventRow
from app.i18n.catalogues import local_time, long_date, pick, translate
from app.printing import qr
from app.printing.typesetting import fonts_for, typeset
from app.settings import STATIC
from app.validation.marks import _
from app.web.icons import symbol
from calendars.feed import cut
from calendars.words import lunar_line

VENUE, ADDRESS = 150, 200  # octets: more would run over what stands below
PIXELS = 152.4  # an inch: 200 mm become 1200 pixels


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


def line(tag: str, text: str) -> dict[str, str]:
    """A line in a language; the template takes its first part alone ("zh" of "zh-TW")."""
    return {"language": tag.partition("-")[0], "text": text}


def when(event: EventRow, language: str) -> str:
    """The day or days of an event, in few words."""
    days = dict.fromkeys((event.first_day, event.last_day))
    return " – ".join(long_date(language, day, tight=True) for day in days)


def facts_of(event: EventRow, language: str, base_url: str, picture: bytes | None) -> dict[str, Any]:
    """What a print shows: the language first, then the host country's own, else English beside Khmer."""
    others = [tag for tag in event.title if tag not in {language, "km", "en"}]
    others = others or [tag for tag in ("km", "en") if tag != language and tag in event.title]
    venue, address = cut(pick(event.venue, language), VENUE), cut(pick(event.address, language), ADDRESS)
    hours = f"{local_time(event.starts_at, event.time_zone)}–{local_time(event.ends_at, event.time_zone)}"
    places = [{"language": language, "text": address}] if address else []
    if isinstance(event.venue, dict):
        places += [line(tag, cut(event.venue[tag], VENUE)) for tag in others if event.venue.get(tag)]
    short = f"{base_url}/e/{event.slug}"
    return {
        "language": language,
        "fonts": fonts_for(others[0] if others else language),
        "title": pick(event.title, language),
        "titles": [line(tag, event.title[tag]) for tag in others],
        "cancelled": translate(language, "Cancelled") if event.cancelled else "",
        "date": when(event, language),
        "dates": [line(tag, when(event, tag)) for tag in others],
        "time": "" if event.all_day else hours,
        "lunar": lunar_line("km", event.first_day),
        "venue": venue or address,
        "places": places if venue else places[1:],
        "address": short.partition("://")[2],
        "symbol": qr.svg(short),
        "welcome": translate(language, "Free of charge. Nobody needs a ticket to enter. Everybody is welcome."),
        "organiser": translate(language, "Ministry of Labour and Vocational Training of Cambodia"),
        "picture": _framed(picture),
        "mark": (STATIC / "mark.svg").read_text(),
        "icons": {name: symbol(name, "#b4530a") for name in ("day", "place")},
    }


async def print_of(name: str, event: EventRow, language: str, base_url: str, picture: bytes | None) -> bytes:
    """A file of PRINTS; the same event always gives the same bytes."""
    facts = facts_of(event, language, base_url, picture) | {"size": PRINTS[name].size}
    if name.endswith(".pdf"):
        return await typeset("event.typ", facts)
    file = io.BytesIO()
    drawn = await typeset("event.typ", facts, "png", ppi=PIXELS)
    Image.open(io.BytesIO(drawn)).convert("RGB").save(file, "JPEG", quality=86, optimize=True)
    return file.getvalue()
