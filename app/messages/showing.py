"""What several of the desk's pages about messages show: words, channels, languages, and whom a letter reaches."""

from typing import Any

from app.directory.queries import countries
from app.events.shapes import EventRow
from app.messages import letters
from app.messages.channels import set_up
from app.messages.queries import reachable
from app.messages.shapes import BY_THEMSELVES, CHANNELS, ERRORS, STATES, Audience, Reachable
from app.seats.fresh import Fresh
from app.settings import Settings

_fresh = Fresh[Reachable]()


def words_of(settings: Settings) -> dict[str, Any]:
    """Words for letters, channels, states and errors, and which channels are set up."""
    return {
        "letters": BY_THEMSELVES,
        "channel_words": CHANNELS,
        "state_words": STATES,
        "error_words": ERRORS,
        "channels": set_up(settings),
    }


async def reach_of(settings: Settings, event: EventRow, audience: Audience) -> Reachable:
    """Whom a letter reaches; counted once for everybody who asks within a moment."""
    channels = set_up(settings)
    if audience != Audience():
        return await reachable(event.id, audience, channels)
    return await _fresh.of(event.id, event.revision, lambda: reachable(event.id, audience, channels))


async def languages_at(event: EventRow) -> list[str]:
    """Khmer, English, then what is spoken there."""
    spoken = next((each.languages for each in await countries() if each.code == event.host_country), ())
    return list(dict.fromkeys([*letters.LANGUAGES, *spoken]))
