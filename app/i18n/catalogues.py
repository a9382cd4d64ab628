"""Languages: one catalogue each, Khmer first; sentences, dates and localised texts in the reader's language."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.validation.marks import Many
from app.validation.refusals import Refused, filled
from app.validation.sentences import NEARER, SENTENCES

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
def catalogue(language: str) -> GNUTranslations:
    """What a language says, with its plural forms, straight from the .po file."""
    with (LOCALE_DIR / f"{language}.po").open("rb") as file:
        entries = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, entries)
    compiled.seek(0)
    return GNUTranslations(compiled)


def translate(language: str, text: str, /, *, context: str = "", **facts: Any) -> str:
    """The sentence in the language, with its facts filled in; English where the catalogue has none.

    A sentence that counts (`Many`) takes the form of its number; `context` tells two meanings of one word apart.
    """
    known = catalogue(language)
    if isinstance(text, Many):
        said = _form(language, text, facts.get(text.number))
    elif context:
        said = known.pgettext(context, text)
    else:
        said = known.gettext(text)
    return said.format(**facts) if facts else said


def _counted(number: Any) -> int:
    """What decides about the form of a sentence; written in any digits."""
    return int(number) if isinstance(number, int) or str(number).isdecimal() else 2


@cache
def forms(language: str, text: Many) -> dict[str, str]:
    """Every form of a sentence that counts, by the names of CLDR's plural categories, for what counts in a browser."""
    known, locale = catalogue(language), _locale(language)
    return {locale.plural_form(number): known.ngettext(text.one, str(text), number) for number in reversed(range(200))}


def label(language: str, text: str) -> str:
    """A label before what it names, with the sign that its language puts there."""
    return translate(language, "{label}:", label=text)


def sentence(language: str, code: str, facts: Mapping[str, Any]) -> str:
    """What to tell a person about a refusal."""
    fact, nearer = NEARER.get(code, ("", ""))
    text = nearer if facts.get(fact) else SENTENCES[code][1]
    said = _form(language, text, facts.get(text.number)) if isinstance(text, Many) else translate(language, text)
    return filled(said, facts)


def _form(language: str, text: Many, number: Any) -> str:
    return catalogue(language).ngettext(text.one, str(text), _counted(number))


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
    names = [_spelt(language, str(_locale(language).days["format"]["wide"][day - 1])) for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return translate(language, "{first} – {last}", first=names[0], last=names[-1])
    if len(names) < 2:
        return "".join(names)
    return translate(language, "{first} and {last}", first=", ".join(names[:-1]), last=names[-1])


def month_name(language: str, day: date) -> str:
    """The month, short where the language has a short form."""
    return str(format_date(day, "MMM", locale=_locale(language)))


KHMER_DATE = "'ថ្ងៃ'EEEE 'ទី' d 'ខែ'MMMM 'ឆ្នាំ' y"
TIGHT_KHMER_DATE = "'ថ្ងៃ'EEEE d MMMM y"  # without the small words, where there is little room


def long_date(language: str, day: date, *, tight: bool = False) -> str:
    """With the weekday: "Sunday 11 April 2027", "ថ្ងៃអាទិត្យ ទី 11 ខែមេសា ឆ្នាំ 2027"; `tight` on prints."""
    if language not in LOCALES:
        return str(format_date(day, "full", locale=_locale(language)))
    khmer = TIGHT_KHMER_DATE if tight else KHMER_DATE
    form = khmer if language == "km" else "EEEE d MMMM y"
    return _spelt(language, str(format_date(day, form, locale=_locale(language))))


def _spelt(language: str, text: str) -> str:
    """The official dictionary's spelling of Monday, which CLDR writes otherwise."""
    return text.replace("ច័ន្ទ", "ចន្ទ") if language == "km" else text


def local_time(moment: datetime, zone: str) -> str:
    """Hour and minute at the place."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def moment_text(language: str, moment: datetime, zone: str, *, tight: bool = False) -> str:
    """Date and time at the place, for sentences."""
    day = long_date(language, moment.astimezone(ZoneInfo(zone)).date(), tight=tight)
    return translate(language, "{day} {clock}", day=day, clock=local_time(moment, zone))


def told(language: str, refused: Refused) -> str:
    """A refusal as one sentence, its instants written out."""
    facts = dict(refused.facts)
    if isinstance(facts.get("at"), datetime):
        facts["at"] = moment_text(language, facts["at"], facts.get("zone", "UTC"))
    facts.setdefault("seconds", 5)
    return sentence(language, refused.code, facts)
