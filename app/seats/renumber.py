"""Revisions after a restore: far above whatever a phone, a page or a calendar has seen, so that each asks anew.

SQL by name: it raises columns of whole tables by a number.
"""

from app.database.connection import fetch, now

FAR = 1_000_000_000  # more than any event's changes, and a thousandth of what the column and a browser can count

_RAISED = {
    "event": ("revision", "content_revision", "tallied_revision"),
    "registration": ("revision",),
    "ticket": ("revision",),
    "admission": ("revision",),
}


async def renumber() -> None:
    """Raise every revision by as much: their order, and what was equal, stay; call it while nobody else writes."""
    for table, columns in _RAISED.items():
        raised = ", ".join(f"{column} = {column} + {FAR}" for column in columns)
        await fetch(f"UPDATE {table} SET {raised}")
    await fetch("UPDATE event SET modified_at = $1", now().replace(microsecond=0))
