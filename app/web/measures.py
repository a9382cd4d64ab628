"""What `/metrics` counts of requests: of every process that `bon serve` started, added up.

prometheus-client keeps the counts of several processes in files of one folder, which `bon serve` names in the
environment before it starts them; without one (a test, a shell) they are this process's own.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's name

_own = CollectorRegistry()
_seconds = Histogram(
    "bon_request_seconds",
    "Seconds until an answer began, by the route's template and the status",
    ["route", "status"],
    buckets=(0.005, 0.02, 0.1, 0.5, 2.0),
    registry=_own,
)
_away = Counter("bon_turned_away", "What the fence, the limits and the crowd sent back", ["what"], registry=_own)
_failures = Counter("bon_failures", "Answers that failed, by what the failure means", ["what"], registry=_own)


def note_request(route: str, status: int, seconds: float) -> None:
    """One answer began."""
    _seconds.labels(route, str(status)).observe(seconds)


def note_turned_away(what: str) -> None:
    """One request was sent back."""
    _away.labels(what).inc()


def note_failure(what: str) -> None:
    """One request failed: the database, or a mistake of ours."""
    _failures.labels(what).inc()


def registry() -> CollectorRegistry:
    """Everything counted so far, by all processes of this `bon serve`."""
    if not os.environ.get(FOLDER):
        return _own
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together
