"""Several changes in one statement, on PostgreSQL: over a network each trip costs more than the work it asks for.

The parts of one WITH are kept together or not at all, so that it needs no transaction around it, and what its head
locks is held for no trip at all. SQLite has no such statement, and no network.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import asyncpg
import msgspec
from piccolo.table import Table

from app.database.connection import current, fetch, in_transaction
from app.database.lane import Row
from app.database.pool import PoolEngine


class SqlPart(msgspec.Struct, frozen=True):
    """A statement with its own `$1…`; it returns rows."""

    sql: str
    args: tuple[Any, ...]


class NewRows(msgspec.Struct, frozen=True):
    """Rows of equal columns to insert; `stamped` with the revision that the head returns."""

    table: type[Table]
    rows: list[dict[str, Any]]
    stamped: bool = False


def can_together() -> bool:
    """Whether the database takes several changes in one statement, and nothing is open that they would have to join."""
    return isinstance(current(), PoolEngine) and not in_transaction()


async def change_together(head: SqlPart, inserts: Sequence[NewRows], musts: Sequence[SqlPart] = ()) -> Row | None:
    """Run `head` (UPDATE … RETURNING revision), insert rows, and run `musts`, each of which has to meet one row.

    Musts may name `head`. Returns what the head returned. None where it met no row, a must did not, or a row meets a
    constraint: then nothing is done, and another way has to find out why.
    """
    parts = tuple((each.table, tuple(each.rows[0]), len(each.rows), each.stamped) for each in inserts if each.rows)
    sql = _text(head.sql, len(head.args), parts, tuple((must.sql, len(must.args)) for must in musts))
    values = [value for each in inserts for row in each.rows for value in row.values()]
    try:
        found = await fetch(sql, *head.args, *values, *(value for must in musts for value in must.args))
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DivisionByZeroError):
        return None
    return found[0] if found else None


@lru_cache(maxsize=512)
def _text(
    head: str,
    taken: int,
    inserts: tuple[tuple[type[Table], tuple[str, ...], int, bool], ...],
    musts: tuple[tuple[str, int], ...],
) -> str:
    places = count(taken + 1)
    parts = [f"head AS ({head})"]
    parts += [f"put_{index} AS ({_insert(*each, places)})" for index, each in enumerate(inserts)]
    for index, (sql, many) in enumerate(musts):
        own = [next(places) for _ in range(many)]
        parts.append(f"must_{index} AS ({_renumbered(sql, own)})")
    met = "".join(f", 1 / (SELECT count(*) FROM must_{index}) AS met_{index}" for index in range(len(musts)))
    return f"WITH {', '.join(parts)} SELECT head.*{met} FROM head"


def _renumbered(sql: str, places: list[int]) -> str:
    return re.sub(r"\$(\d+)", lambda found: f"${places[int(found[1]) - 1]}", sql)


def _insert(table: type[Table], columns: tuple[str, ...], many: int, stamped: bool, places: Iterator[int]) -> str:
    types = {column._meta.db_column_name: column.column_type for column in table._meta.columns}
    rows = ", ".join(
        "(" + ", ".join(f"${next(places)}::{types[column]}" for column in columns) + ")" for _ in range(many)
    )
    names = ", ".join(columns)
    revision, stamp = (", revision", ", head.revision") if stamped else ("", "")
    return (
        f"INSERT INTO {table._meta.tablename} ({names}{revision})"
        f" SELECT given.*{stamp} FROM head, (VALUES {rows}) AS given ({names}) RETURNING 1"
    )
