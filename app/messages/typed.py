"""What an attaché writes to people, read and judged. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from app.events.shapes import EventRow
from app.messages.shapes import AUDIENCES, WORDS_MOST, Audience
from app.validation.fields import Reader, found_id
from app.validation.refusals import Refused

MOST_CHOSEN = 200


class WrittenDraft(msgspec.Struct, frozen=True):
    """Words by language, and for whom."""

    words: dict[str, str]
    audience: Audience


def read_draft(raw: Mapping[str, Any], event: EventRow) -> WrittenDraft:
    """Raises Refused with every wrong field."""
    reader = Reader(raw)
    words = reader.localised("words", WORDS_MOST, required=True, lines=True)
    audience = read_audience(reader.text("who", 40 * MOST_CHOSEN), event)
    if audience is None:
        reader.wrong("who", "not_an_audience")
    reader.finish()
    return WrittenDraft({tag: text for tag, text in words.items() if text}, audience or Audience())


def read_audience(who: str, event: EventRow) -> Audience | None:
    """ "all", "waiting" …, "bus:ID", "invitation:ID", "parties:ID,ID"; None for what is none of these."""
    kind, _, ids = who.partition(":")
    if not ids:
        return Audience(kind) if kind in AUDIENCES else None
    try:
        rows = tuple(found_id(each) for each in ids.split(",")[:MOST_CHOSEN])
    except Refused:
        return None
    match kind:
        case "bus" if event.pickup(rows[0]):
            return Audience("bus", bus=rows[0])
        case "invitation":
            return Audience("invitation", invitation=rows[0])
        case "parties":
            return Audience("parties", parties=rows)
    return None


def written_audience(audience: Audience) -> str:
    """An audience as the form holds it."""
    if audience.bus or audience.invitation:
        return f"{audience.who}:{audience.bus or audience.invitation}"
    if audience.parties:
        return f"parties:{','.join(map(str, audience.parties))}"
    return audience.who
