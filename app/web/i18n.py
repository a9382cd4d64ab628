"""Languages: one catalogue each, Khmer first; sentences, dates and localised texts in the reader's language."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po

from app.web.refusals import SENTENCES, Refused

LOCALE_DIR = Path(__file__).parent.parent / "locale"
DEFAULT = "km"


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, Khmer first."""
    found = sorted(path.stem for path in LOCALE_DIR.glob("*.po"))
    return (DEFAULT, *(language for language in found if language != DEFAULT))


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """English sentence → sentence in `language`, straight from the .po file."""
    with (LOCALE_DIR / f"{language}.po").open("rb") as file:
        entries = read_po(file, locale=language)
    return {str(entry.id): str(entry.string) for entry in entries if entry.id and entry.string}


def translate(language: str, text: str, **facts: Any) -> str:
    """The sentence in the language, with its facts filled in; English where the catalogue has none."""
    sentence = catalogue(language).get(text, text)
    return sentence.format(**facts) if facts else sentence


def sentence(language: str, code: str, facts: Mapping[str, Any]) -> str:
    """What to tell a person about a refusal."""
    text = translate(language, SENTENCES[code][1])
    return text.format(**facts) if facts else text


def preferred(accept_language: str) -> str:
    """The best of our languages for an Accept-Language header, else Khmer."""
    wanted = []
    for position, part in enumerate(accept_language.split(",")[:20]):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        wanted.append((-quality, position, tag.strip().lower().split("-")[0]))
    for negative, _, language in sorted(wanted):
        if negative < 0 and language in languages():
            return language
    return DEFAULT


def pick(texts: str | Mapping[str, str], language: str) -> str:
    """A localised text in the language, else Khmer, English, or any."""
    if isinstance(texts, str):
        return texts
    for tag in (language, "km", "en"):
        if texts.get(tag):
            return texts[tag]
    return next(iter(texts.values()), "")


@cache
def _locale(language: str) -> Locale:
    return Locale.parse({"km": "km_KH", "en": "en_GB"}.get(language, language), sep="_")


def long_date(language: str, day: date) -> str:
    """With the weekday: "Sunday 11 April 2027", "ថ្ងៃអាទិត្យ 11 មេសា 2027"."""
    text = format_date(day, "EEEE d MMMM y", locale=_locale(language))
    return f"ថ្ងៃ{text}" if language == "km" else text


def local_time(moment: datetime, zone: str) -> str:
    """Hour and minute at the place."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def moment_text(language: str, moment: datetime, zone: str) -> str:
    """Date and time at the place, for sentences."""
    return f"{long_date(language, moment.astimezone(ZoneInfo(zone)).date())} {local_time(moment, zone)}"


def told(language: str, refused: Refused) -> str:
    """A refusal as one sentence, its instants written out."""
    facts = dict(refused.facts)
    if isinstance(facts.get("at"), datetime):
        facts["at"] = moment_text(language, facts["at"], facts.get("zone", "UTC"))
    facts.setdefault("seconds", 5)
    return sentence(language, refused.code, facts)
