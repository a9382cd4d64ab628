"""Which statements are so short that handing them to another thread costs more than running them.

Nobody names them: each SQL text earns its place by how long it took before, and loses it when it is long once. A small
event may earn it a place that a large one has to pay for: what reads is therefore broken off (lane.py).
"""

TRUSTED = 3  # short runs in a row
LONG = 0.001  # seconds
DOUBTED = -1_000  # so many short runs more after a long one
MOST_TEXTS = 2_000


class Short:
    """What is known of the statements of one database file."""

    def __init__(self) -> None:
        self._runs: dict[str, int] = {}

    def knows(self, sql: str) -> bool:
        """Whether this statement was short lately."""
        return self._runs.get(sql, 0) >= TRUSTED

    def note(self, sql: str, seconds: float) -> None:
        """A statement has taken so long."""
        runs = self._runs.get(sql, 0)
        if seconds >= LONG:
            self._runs[sql] = DOUBTED
        elif runs < TRUSTED:
            if len(self._runs) >= MOST_TEXTS:
                self._runs.clear()
            self._runs[sql] = runs + 1
