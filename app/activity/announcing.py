"""Announcements: one row for whatever people must be told, written in the transaction that causes it.

What concerns everybody of an event waits ten minutes, as long as it can be undone, and a later change takes its place;
what concerns one party goes out at once.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.undo import WITHIN
from app.database.connection import insert, now
from app.database.rows import as_json, json_of
from models.messages import Announcement
from models.states import Letter

LONGEST = timedelta(minutes=30)  # whoever goes on editing puts it off no longer than that
A_MOMENT = timedelta(minutes=1)


class News(msgspec.Struct, frozen=True):
    """What differs for people: public facts before and after, and the content revision that has them.

    `subject` is the one party or reach that it is for; None for everybody of the event. What is `quiet` only takes back
    what was still to be told.
    """

    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    revision: int = 0
    subject: UUID | None = None
    quiet: bool = False


async def announce(letter: Letter, event: UUID, news: News) -> None:
    """Write an announcement down; call it inside the transaction that makes the change, for everybody under `hold`."""
    moment = now()
    if news.subject is not None:
        await _add(letter, event, news, told_at=moment)
        return
    while open_one := await _open(event, letter):
        before = {**news.before, **json_of(open_one["before"])}
        after = {**json_of(open_one["after"]), **news.after}
        left = [name for name in before if before[name] != after.get(name)]
        if before and not left:  # it is again as people know it
            if await _gone(open_one["id"]):
                return
            continue
        replaced = (
            await Announcement.update(
                {
                    Announcement.before: as_json({name: before[name] for name in left}),
                    Announcement.after: as_json({name: after.get(name) for name in left}),
                    Announcement.content_revision: news.revision,
                    Announcement.not_before: min(moment + WITHIN, open_one["created_at"] + LONGEST),
                }
            )
            .where(Announcement.id == open_one["id"], Announcement.told_at.is_null())
            .returning(Announcement.id)
        )
        if replaced:
            return
    if not news.quiet:
        await _add(letter, event, news, told_at=None)


async def postpone(letter: Letter, event: UUID) -> None:
    """What waits to be told waits a little longer than what may still be taken back."""
    await Announcement.update({Announcement.not_before: now() + WITHIN + A_MOMENT}).where(
        Announcement.event == event, Announcement.kind == letter.value, Announcement.told_at.is_null()
    )


async def withdraw(letter: Letter, event: UUID) -> bool:
    """Take back what nobody was told yet; whether there was such a thing."""
    open_one = await _open(event, letter)
    return open_one is not None and await _gone(open_one["id"])


async def _open(event: UUID, letter: Letter) -> dict[str, Any] | None:
    return (
        await Announcement.select(Announcement.id, Announcement.before, Announcement.after, Announcement.created_at)
        .where(Announcement.event == event, Announcement.kind == letter.value, Announcement.told_at.is_null())
        .first()
    )


async def _gone(row: UUID) -> bool:
    gone = (
        await Announcement.delete()
        .where(Announcement.id == row, Announcement.told_at.is_null())
        .returning(Announcement.id)
    )
    return bool(gone)


async def _add(letter: Letter, event: UUID, news: News, told_at: Any) -> None:
    moment = now()
    await insert(
        Announcement,
        {
            "id": uuid4(),
            "event": event,
            "kind": letter.value,
            "content_revision": news.revision,
            "before": as_json(news.before),
            "after": as_json(news.after),
            "created_at": moment,
            "not_before": moment if told_at else moment + WITHIN,
            "told_at": told_at,
            "subject": news.subject,
        },
    )
