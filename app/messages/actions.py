"""What staff do with messages: write, stop, try again, switch letters off, note that a text was posted."""

from uuid import UUID, uuid4, uuid5

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.activity.undo import WITHIN
from app.database.claims import claim
from app.database.connection import insert, now, write
from app.database.data_keys import words_key
from app.database.rows import Values, as_json
from app.messages.shapes import Audience
from app.security.keyring import Keyring
from models.events import Event
from models.messages import Announcement, Message
from models.states import Letter, MessageState


async def write_letter(keyring: Keyring, event: UUID, words: dict[str, str], audience: Audience, by: Actor) -> UUID:
    """Tell this audience in these words (by language); it goes out at once. The announcement's id."""
    row, moment = uuid4(), now()
    async with write():
        key = await words_key(keyring, event)
        await insert(
            Announcement,
            {
                "id": row,
                "event": event,
                "kind": Letter.WRITTEN.value,
                "content_revision": 0,
                "after": as_json({"audience": audience}),
                "created_at": moment,
                "not_before": moment,
                "told_at": moment,
                "sealed_words": key.seal(as_json(words), f"announcement.sealed_words:{row}"),
                "made_by": by.account,
            },
        )
        await record(Kind.LETTER_WRITTEN, by, event, event, announcement=str(row), who=audience.who)
    return row


async def stop(event: UUID, announcement: UUID, by: Actor) -> bool:
    """Tell nobody any more of it; whoever was told stays told. False where it was stopped already."""
    moment = now()
    async with write():
        stopped = (
            await Announcement.update({Announcement.stopped_at: moment, Announcement.told_at: moment})
            .where(Announcement.id == announcement, Announcement.event == event, Announcement.stopped_at.is_null())
            .returning(Announcement.id)
        )
        if not stopped:
            return False
        held: Values = {
            Message.state: MessageState.WITHHELD.value,
            Message.error: "stopped",
            Message.ended_at: moment,
        }
        await Message.update(held).where(
            Message.announcement == announcement, Message.state == MessageState.QUEUED.value
        )
        await record(Kind.LETTER_STOPPED, by, event, event, announcement=str(announcement))
    return True


async def try_again(event: UUID, announcement: UUID | None, by: Actor) -> int:
    """Give failed messages another day (None: those to single parties); returns how many."""
    moment = now()
    which = Announcement.subject.is_not_null() if announcement is None else Announcement.id == announcement
    async with write():
        again: Values = {
            Message.state: MessageState.QUEUED.value,
            Message.attempts: 0,
            Message.not_before: moment,
            Message.created_at: moment,
            Message.ended_at: None,
        }
        rows = (
            await Message.update(again)
            .where(
                Message.state == MessageState.FAILED.value,
                Message.announcement.is_in(
                    Announcement.select(Announcement.id).where(Announcement.event == event, which)
                ),
            )
            .returning(Message.id)
        )
        if rows:
            what = str(announcement or "")
            await record(Kind.LETTERS_TRIED_AGAIN, by, event, event, announcement=what, messages=len(rows))
    return len(rows)


async def switch_off(event: UUID, before: frozenset[Letter], off: frozenset[Letter], by: Actor) -> bool:
    """These letters do not go out by themselves for an event; False where another set was off than `before`."""
    if off == before:
        return True
    async with write():
        changed = (
            await Event.update({Event.letters_off: _words(off)})
            .where(Event.id == event, Event.letters_off == _words(before))
            .returning(Event.id)
        )
        if changed:
            await record(Kind.LETTERS_SET, by, event, event, off=_words(off).split())
    return bool(changed)


def _words(letters: frozenset[Letter]) -> str:
    return " ".join(sorted(letter.value for letter in letters))


async def note_posted(event: UUID, what: str, where: str, by: Actor) -> None:
    """Note that a text was posted somewhere; tapped twice in ten minutes, once.

    `what` is an announcement's id or the name of a text.
    """
    async with write():
        if await claim("posted", str(uuid5(event, f"{what} {where} {by.id}")), now() + WITHIN):
            await record(Kind.TEXT_POSTED, by, event, event, what=what, where=where)
