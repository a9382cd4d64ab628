"""Lines of JSON: each answer with its route's template, status and time; what the fence turns away, counted by network.

No address, key or name ever.
"""

import logging
import time
from collections import Counter

import msgspec
from litestar.types import Scope

from app.activity.record import truncated

EVERY = 10.0  # seconds that are told in one line

log = logging.getLogger("bon.requests")
fence = logging.getLogger("bon.fence")


def note_answer(scope: Scope, status: int, seconds: float) -> None:
    """One line a request, once its answer begins."""
    if log.isEnabledFor(logging.INFO):
        line = {
            "route": scope.get("path_template", ""),
            "method": scope.get("method", ""),
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        log.info(msgspec.json.encode(line).decode())


class TurnedAway:
    """What was turned away: the first of a kind is told at once, the others together, by kind and network."""

    def __init__(self) -> None:
        self._times = Counter[tuple[str, str]]()
        self._told_at = float("-inf")

    def note(self, what: str, scope: Scope) -> None:
        """Count one; a flood makes a line for each network every EVERY seconds, and no more."""
        client = scope.get("client")
        self._times[what, truncated(client[0]) if client else ""] += 1
        at = time.monotonic()
        if at - self._told_at < EVERY:
            return
        self._told_at = at
        for (kind, network), times in self._times.most_common(20):
            line = {"event": "turned away", "what": kind, "network": network, "times": times}
            fence.warning(msgspec.json.encode(line).decode())
        self._times.clear()


TURNED_AWAY = TurnedAway()
