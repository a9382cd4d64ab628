"""What a link to our own pages looks like in a post: the welcome, a country's festivals, a country's help."""

from typing import Any

from app.directory.shapes import Country
from app.events.queries import Coming
from app.i18n.catalogues import long_date, pick, translate
from app.printing.fonts import fonts_for
from app.printing.texts import said
from app.printing.typesetting import jpeg
from app.settings import STATIC
from app.validation.marks import _
from models.states import Festival

SCENES = {Festival.PCHUM_BEN: "pchum_ben"}  # the drawing of a festival; the others show the New Year's
ABROAD = _("Khmer festivals abroad")
FREE = _("Free of charge. Nobody needs a ticket to enter. Everybody is welcome.")
HELP = _("Do you need help?")
ASK = _("Call or write. You need no registration, and nobody records that you asked.")


def scene_of(coming: Coming | None) -> str:
    """The name of the drawing that goes with the festival that comes next."""
    return SCENES.get(coming.event.festival, "new_year") if coming else "new_year"


async def welcome_card(language: str, soonest: Coming | None) -> bytes:
    """Of the way in."""
    return await _card(language, translate(language, ABROAD), [translate(language, FREE)], scene_of(soonest))


async def country_card(language: str, country: Country, coming: Coming | None) -> bytes:
    """Of a country's festivals: the next one with its day."""
    title = f"{translate(language, 'Khmer festivals')} · {pick(country.names, language)}"
    event = coming.event if coming else None
    lines = (
        [pick(event.title, language), long_date(language, event.first_day)] if event else [translate(language, FREE)]
    )
    return await _card(language, title, lines, scene_of(coming))


async def help_card(language: str, country: Country) -> bytes:
    """Of whom to call in a country."""
    title = f"{translate(language, HELP)} {pick(country.names, language)}"
    return await _card(language, title, [translate(language, ASK)], "new_year")


async def _card(language: str, title: str, lines: list[str], scene: str) -> bytes:
    return await jpeg("site.typ", facts_of(language, title, lines, scene))


def facts_of(language: str, title: str, lines: list[str], scene: str) -> dict[str, Any]:
    """What a card shows: a title, lines below it, and the drawing of a festival."""
    return {
        "language": language,
        "fonts": fonts_for(language),
        "title": said(language, title),
        "lines": [said(language, line) for line in lines],
        "scene": (STATIC / "scenes" / f"{scene}.svg").read_text(),
        "mark": (STATIC / "mark.svg").read_text(),
    }
