"""Every UPDATE of the whole suite is held against the table of column owners: who writes what is not its own fails."""

import re
import sys
from functools import lru_cache
from pathlib import Path
from types import FrameType

from app.database.lanes import LaneEngine
from app.database.pool import PoolEngine
from app.seats.columns import owner

APP = str(Path(__file__).parent.parent / "app")
_UPDATE = re.compile(r'\s*UPDATE\s+"?(\w+)"?\s+SET\s+(.*?)(?:\sWHERE\s|\sRETURNING\s|$)', re.IGNORECASE | re.DOTALL)
_UPSERT = re.compile(
    r'\s*INSERT INTO\s+"?(\w+)"?.*?DO UPDATE SET\s+(.*?)(?:\sWHERE\s|\sRETURNING\s|$)', re.IGNORECASE | re.DOTALL
)
_INNER = re.compile(r"\([^()]*\)")
_ASSIGNED = re.compile(r'(?:^|,)\s*"?(\w+)"?\s*=')


@lru_cache(maxsize=4096)
def written(sql: str) -> tuple[str, tuple[str, ...]] | None:
    """The table whose rows a statement changes, and the columns."""
    found = _UPDATE.match(sql) or _UPSERT.match(sql)
    if found is None:
        return None
    assignments = found[2]
    while (flat := _INNER.sub("", assignments)) != assignments:
        assignments = flat  # what stands in brackets assigns nothing
    return found[1], tuple(_ASSIGNED.findall(assignments))


def room_of_caller() -> str:
    """The room of the nearest caller in app, the engine's own files apart; "" for tests and migrations."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if "/piccolo_migrations/" in path:
            return ""
        if path.startswith(APP):
            room = path[len(APP) + 1 :].split("/", 1)[0]
            if not path.endswith(("lanes.py", "pool.py", "connection.py")):
                return room
        frame = frame.f_back
    return ""


def check(sql: str) -> None:
    """Raise AssertionError for a statement that writes another room's column."""
    found = written(sql)
    if found is None or not (room := room_of_caller()):
        return
    table, columns = found
    assert columns, f"no column was read out of {sql}"
    foreign = [column for column in columns if owner(table, column) != room]
    assert not foreign, f"app/{room} writes {table}.{', '.join(foreign)}, which is {owner(table, foreign[0])}'s"


def watch() -> None:
    """Look at every statement of both engines from now on."""
    for engine in (LaneEngine, PoolEngine):
        original = engine.fetch

        def fetch(self, sql, args=(), original=original):  # type: ignore[no-untyped-def]
            check(sql)
            return original(self, sql, args)

        engine.fetch = fetch  # type: ignore[method-assign]
