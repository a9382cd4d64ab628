"""A line for each statement that takes long, with its text: values are always arguments, so that it names nobody."""

import logging
import time

import msgspec

SLOW = 0.3  # seconds
LONGEST = 300  # characters of a statement

log = logging.getLogger("bon.database")


def note_slow(sql: str, began: float) -> float:
    """Say so if the statement that began at this `perf_counter` has taken long; returns the seconds."""
    seconds = time.perf_counter() - began
    if seconds >= SLOW:
        line = {"event": "slow", "ms": round(seconds * 1000), "sql": " ".join(sql.split())[:LONGEST]}
        log.warning(msgspec.json.encode(line).decode())
    return seconds
