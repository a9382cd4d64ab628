"""Letters in words: what is new, what is so, and where to look; and the texts to paste in groups.

Templates hold sentences of ours alone. What attachés wrote goes in as it is: bodies are plain text everywhere, HTML is
escaped, and subjects are sentences of ours, so that nothing typed reaches a header.
"""

import re
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from app.events.shapes import EventRow, Pickup
from app.i18n.catalogues import direction, local_time, long_date, pick, translate
from app.messages.rules import changes_of
from app.messages.shapes import Matter, Pasted, Written
from app.security.sealing import RowKey, Unreadable
from app.settings import TEMPLATES
from app.validation.marks import Many, _
from models.states import Letter

OPENING = "opening"
ASKING = _("«Bon»: please confirm your e-mail address.")
SUBJECT = _("«Bon»: there is news about your festival.")
WRITTEN_BY_HAND = _("Written by hand")
OPENING_HEADING = _("Registration is open")
MOST_NEWS = 3  # lines of a heading
MOST_SHORT = 201  # three parts of 67 letters
OWN_FACTS = ("reminder", "reminder_eve")  # say themselves when and where, and the party's own bus
LANGUAGES = ("km", "en")  # with sentences; of other languages only what the attaché wrote, dates and places


@pass_context
def _translate(context: Context, text: str, **facts: Any) -> str:
    return translate(context["language"], text, **facts)


@pass_context
def _counting(context: Context, one: str, many: str, **facts: Any) -> str:
    return translate(context["language"], Many(one, many), **facts)


@cache
def _environment(*, escaping: bool) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES / "letters"),
        autoescape=escaping,  # noqa: S701 - off for plain text alone, where a < is a <
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(_=_translate, _n=_counting)
    return made


def _text(name: str, facts: dict[str, Any]) -> str:
    """A template as plain text: no empty line at its ends, never two in a row."""
    lines = [line.strip() for line in _environment(escaping=False).get_template(name).render(facts).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def written(
    told: Matter, language: str, *, link: str, label: str = "", people: int = 1, waiting: bool = False, stop: str = ""
) -> Written:
    """A letter to one party or address in its language; `link` opens what it is about, `stop` ends it."""
    facts = _facts(told, language, personal=True, people=people, waiting=waiting)
    facts["news"] = _text(f"news/{told.letter}.txt", facts)
    facts["facts"] = "" if told.letter in OWN_FACTS else _text("facts.txt", facts)
    body = _text("letter.txt", facts)
    short = _short([facts["title"], facts["news"]], link)
    subject = translate(language, ASKING if told.letter == Letter.CONFIRM else SUBJECT)
    return Written(language, subject, body, short, link, label or translate(language, "Open"), stop)


def opened_words(key: RowKey, sealed: str, announcement: UUID) -> dict[str, str]:
    """What an attaché wrote, by language; nothing once the event's key has ended."""
    try:
        text = key.unseal(sealed, f"announcement.sealed_words:{announcement}")
    except Unreadable:
        return {}
    return msgspec.json.decode(text or "{}", type=dict[str, str])


def headline(told: Matter, language: str) -> str:
    """What is new in a line, for the desk; "" where nothing is any more."""
    lines = _text(f"news/{told.letter}.txt", _facts(told, language)).splitlines()
    return " ".join(lines[:MOST_NEWS]) + (" …" if len(lines) > MOST_NEWS else "")


def has_news(told: Matter, language: str) -> bool:
    """Whether there is anything left to tell: what changed may be as it was by now."""
    return told.letter != Letter.CHANGED or bool(changes_of(told.before, told.event, language))


def html_of(letter: Written) -> str:
    """The same for a mail reader that shows pages."""
    template = _environment(escaping=True).get_template("letter.html")
    facts = {name: getattr(letter, name) for name in letter.__struct_fields__}
    return template.render(facts | {"direction": direction(letter.language)})


def pasted(told: Matter, languages: list[str], base_url: str) -> list[Pasted]:
    """The texts to paste, in these languages; sentences where there are some."""
    return [_pasted(told, language, f"{base_url}/e/{told.event.slug}") for language in languages]


def _pasted(told: Matter, language: str, link: str) -> Pasted:
    facts = _facts(told, language) | {"link": link}
    if language not in LANGUAGES:
        facts["facts"] = _text("facts.txt", facts)
        plain = _text("plain.txt", facts)
        return Pasted(language, plain, plain, _on_one_line(plain.removesuffix(link).splitlines(), link))
    facts["news"] = _text(f"news/{told.letter}.txt", facts)
    facts["facts"] = _text("facts.txt", facts)
    facts["facts_beside"] = told.letter not in (*OWN_FACTS, Letter.CANCELLED)
    line = _on_one_line([facts["title"], facts["news"]], link)
    return Pasted(language, _text("group.txt", facts), _text("post.txt", facts), line)


def _on_one_line(texts: list[str], link: str) -> str:
    parts = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    if len(parts) > 1 and parts[0] in parts[1]:
        parts = parts[1:]  # the sentence names it
    return f"{' · '.join(parts)} {link}"


def _short(texts: list[str], link: str) -> str:
    """One line of at most three parts of an SMS, ended between two words; the page says the rest."""
    line = _on_one_line(texts, link)
    if len(line) <= MOST_SHORT:
        return line
    text = line.removesuffix(f" {link}")[: MOST_SHORT - len(link) - 3]
    return f"{text[: max(text.rfind(' '), MOST_SHORT // 3)].rstrip(' ·')} … {link}"


def _facts(
    told: Matter, language: str, *, personal: bool = False, people: int = 1, waiting: bool = False
) -> dict[str, Any]:
    event = told.event
    venue = pick(event.venue, language) or pick(event.address, language)
    return {
        "language": language,
        "letter": str(told.letter),
        "personal": personal,
        "people": people,
        "waiting": waiting,
        "full": event.seats_waiting > 0,
        "title": pick(event.title, language),
        "day": long_date(language, event.first_day),
        "last_day": long_date(language, event.last_day) if event.last_day != event.first_day else "",
        "clock": "" if event.all_day else local_time(event.starts_at, event.time_zone),
        "until": "" if event.all_day else local_time(event.ends_at, event.time_zone),
        "venue": venue,
        "place": venue,
        "address": pick(event.address, language) if pick(event.venue, language) else "",
        "notice": pick(event.notice, language) if told.letter != Letter.CHANGED else "",
        "words": pick(told.words, language) if told.words else "",
        "changes": changes_of(told.before, event, language),
        "buses": [_bus(bus, event, language) for bus in event.pickup_points],
        **_own_bus(told.pickup, event, language),
    }


def _bus(bus: Pickup, event: EventRow, language: str) -> dict[str, str]:
    leaves = local_time(bus.departs_at, event.time_zone) if bus.departs_at else ""
    if bus.departs_local and bus.departs_local.date() != event.first_day:  # it leaves on another day
        leaves = f"{leaves} ({long_date(language, bus.departs_local.date(), tight=True)})"
    returns = local_time(bus.returns_at, event.time_zone) if bus.returns_at else ""
    return {
        "name": pick(bus.name, language),
        "place": pick(bus.place, language),
        "leaves": leaves,
        "returns": returns,
    }


def _own_bus(bus: Pickup | None, event: EventRow, language: str) -> dict[str, str]:
    if bus is None:
        return {"bus": "", "bus_place": "", "leaves": ""}
    own = _bus(bus, event, language)
    return {"bus": own["name"], "bus_place": own["place"], "leaves": own["leaves"]}
