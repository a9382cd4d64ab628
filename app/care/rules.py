"""When the clock can be trusted with what cannot be undone; and which release this is."""

from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

MOST_SILENCE = timedelta(days=3)  # between two heartbeats: after that the clock may have jumped
MUST_RUN = timedelta(hours=24)  # by a steady clock, before it is believed again


class Beat(msgspec.Struct, frozen=True):
    """That it was running `at` a time; `waits` is how long it must run on before time is sound."""

    at: datetime
    waits: timedelta = timedelta()


def next_beat(last: Beat | None, moment: datetime, ran: timedelta) -> Beat:
    """The heartbeat of this moment; `ran` is how long it ran since the last one, by a clock that nobody sets."""
    if last is None:
        return Beat(moment)
    if moment - last.at > MOST_SILENCE:
        return Beat(moment, MUST_RUN)
    return Beat(moment, max(timedelta(), last.waits - ran))


def left_to_run(last: Beat | None, moment: datetime) -> timedelta | None:
    """How long it must run before time is sound; None where it is."""
    if last is None:
        return None
    if moment - last.at > MOST_SILENCE:
        return MUST_RUN
    return last.waits or None


@cache
def release() -> str:
    """This release of Bon: of the installed package, or of the checkout."""
    try:
        return version("bon")
    except PackageNotFoundError:
        text = (Path(__file__).parent.parent.parent / "pyproject.toml").read_text(encoding="utf-8")
        return next(line.split('"')[1] for line in text.splitlines() if line.startswith("version = "))
