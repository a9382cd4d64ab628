"""Lines of JSON: each answer with its route's template, status and time; what the fence turns away, counted by network.

No address, key or name ever.
"""

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime

import msgspec
from litestar.types import Scope

from app.activity.record import truncated
from app.web.measures import note_request, note_turned_away

EVERY = 10.0  # seconds that are told in one line
MOST_NETWORKS = 20  # lines at a time

log = logging.getLogger("bon.requests")
fence = logging.getLogger("bon.fence")


def note_answer(scope: Scope, status: int, seconds: float) -> None:
    """One line a request, once its answer begins; it is counted, too."""
    note_request(scope.get("path_template", ""), status, seconds)
    if log.isEnabledFor(logging.INFO):
        line = {
            "request": scope["state"].get("request_id", ""),
            "route": scope.get("path_template", ""),
            "method": scope.get("method", ""),
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        log.info(msgspec.json.encode(line).decode())


class _AsJson(logging.Formatter):
    """Time and level, then what the line says: JSON of ours, or a library's text."""

    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage()
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        body = said[1:] if said.startswith("{") else f'"event":{msgspec.json.encode(said).decode()}}}'
        return f'{{"at":"{moment}","level":"{record.levelname.lower()}","log":"{record.name}",{body}'


def to_standard_error(level: str) -> None:
    """Write the logs of Bon as lines of JSON: each request from "info" on, what is wrong from "warning" on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_AsJson())
    root = logging.getLogger("bon")
    root.handlers = [handler]
    root.setLevel(level.upper())
    root.propagate = False


class TurnedAway:
    """What was turned away: the first is told at once, the others together every EVERY seconds, by kind and network."""

    def __init__(self) -> None:
        self._times = Counter[tuple[str, str]]()
        self._waits = False

    def note(self, what: str, address: str) -> None:
        """Count one, of a person's address; only its network is kept."""
        note_turned_away(what)
        self._times[what, truncated(address)] += 1
        if not self._waits:
            self._tell()

    def _tell(self) -> None:
        self._waits = bool(self._times)
        for (kind, network), times in self._times.most_common(MOST_NETWORKS):
            line = {"event": "turned away", "what": kind, "network": network, "times": times}
            fence.warning(msgspec.json.encode(line).decode())
        self._times.clear()
        if self._waits:
            asyncio.get_running_loop().call_later(EVERY, self._tell)


TURNED_AWAY = TurnedAway()
