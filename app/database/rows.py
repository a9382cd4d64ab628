"""Small things that every statement needs: places for many values, JSON columns, ids as both databases give them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Column

Values = dict[Column | str, Any]  # of an update by the builder


def by_name(columns: Mapping[str, Any]) -> Values:
    """Columns by name as the builder's updates take them."""
    return dict(columns.items())


def places(values: Iterable[Any], first: int = 1) -> str:
    """`$first, $first+1, …`: one place for each value."""
    return ", ".join(f"${first + index}" for index, _ in enumerate(values))


def as_json(value: Any) -> str:
    """Python data for a JSON column."""
    return msgspec.json.encode(value).decode()


def json_of(value: Any) -> Any:
    """A JSON column as Python data."""
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value


def moment_of(value: Any) -> datetime | None:
    """An instant: SQLite gives what an expression makes of one as text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def uuid_of(value: Any) -> UUID:
    """An id: SQLite gives some as text, PostgreSQL as its own kind."""
    return value if type(value) is UUID else UUID(str(value))
