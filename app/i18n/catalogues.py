"""Languages: one catalogue each, Khmer first; sentences, dates and localised texts in the reader's language."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.pofile import read_po

from app.validation.refusals import SENTENCES, Refused, filled

HOST_LANGUAGES = {"ko": "한국어", "ja": "日本語", "th": "ไทย", "ms": "Bahasa Melayu", "zh": "中文", "ar": "العربية"}
LOCALES = {"km": "km_KH", "en": "en_GB"}  # the territory decides about weeks and orders
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
    return filled(translate(language, SENTENCES[code][1]), facts)


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
    return pick_tagged(texts, language)[1]


def pick_tagged(texts: str | Mapping[str, str], *wanted: str) -> tuple[str, str]:
    """The same for several languages, the dearest first, with the tag of the one it is in ("" where none is said)."""
    if isinstance(texts, str):
        return "", texts
    for tag in (*wanted, "km", "en"):
        if texts.get(tag):
            return tag, texts[tag]
    return next(iter(texts.items()), ("", ""))


@cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(LOCALES.get(language, language.replace("-", "_")), sep="_")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")  # a tag that attachés made up must not break a page


@cache
def own_name(language: str) -> str:
    """What the speakers of a language call it."""
    name = HOST_LANGUAGES.get(language) or _locale(language).get_language_name() or language
    return {"km": "ភាសាខ្មែរ"}.get(language, name[:1].upper() + name[1:])


def direction(language: str) -> str:
    """ "rtl" for languages written from right to left, else "ltr"."""
    return str(_locale(language).text_direction)


def days_text(language: str, days: tuple[int, ...]) -> str:
    """ISO weekdays in words: "every day", "Monday – Friday", "Monday, Friday"."""
    if len(days) == 7:
        return translate(language, "every day")
    names = [str(_locale(language).days["format"]["wide"][day - 1]) for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]} – {names[-1]}"
    return ", ".join(names)


def month_name(language: str, day: date) -> str:
    """The month, short where the language has a short form."""
    return str(format_date(day, "MMM", locale=_locale(language)))


def long_date(language: str, day: date) -> str:
    """With the weekday: "Sunday 11 April 2027", "ថ្ងៃអាទិត្យ 11 មេសា 2027"."""
    if language not in LOCALES:
        return str(format_date(day, "full", locale=_locale(language)))
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
