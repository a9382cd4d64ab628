"""Letters, channels' answers and what the desk shows of both."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

import msgspec

from app.events.shapes import EventRow, Pickup
from app.validation.marks import _
from models.states import Channel, Letter, MessageState

WORDS_MOST = 2000  # characters of what an attaché writes in one language

# what goes out by itself, and can be switched off for an event
BY_THEMSELVES: dict[Letter, str] = {
    Letter.REGISTERED: _("Your places, once somebody asked for messages"),
    Letter.MOVED_UP: _("Moved up from the waiting list"),
    Letter.BUS: _("Put on another bus by the attaché"),
    Letter.CHANGED: _("Changed: time, place, buses, notice"),
    Letter.CANCELLED: _("Cancelled"),
    Letter.REINSTATED: _("Takes place after all"),
    Letter.REMINDER_EVE: _("Reminder the evening before"),
    Letter.REMINDER: _("Reminder in the morning"),
}
CHANNELS: dict[Channel, str] = {
    Channel.TELEGRAM: _("Telegram"),
    Channel.PUSH: _("On their phone"),
    Channel.EMAIL: _("E-mail"),
    Channel.PHONE: _("Text message (SMS)"),
}
STATES: dict[MessageState, str] = {
    MessageState.QUEUED: _("waits"),
    MessageState.SENDING: _("is being sent"),
    MessageState.SENT: _("sent"),
    MessageState.FAILED: _("failed"),
    MessageState.WITHHELD: _("held back"),
}
ERRORS: dict[str, str] = {
    "unreachable": _("The service could not be reached."),
    "slow": _("The service did not answer in time."),
    "tls": _("No safe connection to the service could be made."),
    "busy": _("The service asked to wait."),
    "refused": _("The service refused the message."),
    "login": _("The service does not accept our password or token."),
    "blocked": _("The person blocked the bot or closed the chat."),
    "gone": _("The address is not in use any more."),
    "full": _("The mailbox is full."),
    "unreadable": _("The address can no longer be read."),
    "too_late": _("It would have come too late."),
    "stopped": _("It was stopped."),
    "not_wanted": _("The person asked for no more messages."),
    "told_already": _("A later message had told it already."),
    "not_so_any_more": _("It was not true any more when it would have gone out."),
    "restored": _("It waited when a backup was made, and may have gone out since."),
    "switched_off": _("This kind of message is switched off for the event."),
    "unwritable": _("It could not be written. Please tell the operator."),
}


class Change(msgspec.Struct, frozen=True):
    """One thing that is different: what, of which bus, as it was and as it is, in words of one language."""

    kind: str
    old: str = ""
    new: str = ""
    name: str = ""
    place: str = ""


class TicketPicture(msgspec.Struct, frozen=True):
    """A ticket's picture: its place among the party's tickets, PNG bytes."""

    place: int
    png: bytes


class Written(msgspec.Struct, frozen=True):
    """A letter in the reader's language, ready for any channel. `subject` is what a lock screen may show.

    `link` opens what it is about, `stop` ends it (both whole addresses, `stop` "" where a channel has its own way).
    """

    language: str
    subject: str
    body: str
    short: str
    link: str
    link_label: str
    stop: str = ""
    pictures: tuple[TicketPicture, ...] = ()
    calendar: bytes = b""
    calendar_name: str = ""


class Fate(StrEnum):
    """What became of a message: sent, to be tried later, never to arrive, or held back because it must not go out."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    HELD = "held"


class Reply(msgspec.Struct, frozen=True):
    """A channel's answer. `after` is how long it asked to wait, and `rest` whether all of the channel must;
    `ended`: nobody is at this address any more."""

    fate: Fate
    error: str = ""
    after: timedelta | None = None
    rest: bool = False
    ended: bool = False


SENT = Reply(Fate.SENT)


class Recipient(msgspec.Struct, frozen=True):
    """Who reads a letter: the party's language, people, state, the issue of its link, and its bus."""

    registration: UUID
    language: str
    people: int
    state: str
    link_issue: int
    pickup: UUID | None


class Audience(msgspec.Struct, frozen=True, omit_defaults=True):
    """For whom an attaché writes: everybody, or those waiting, on a bus, not come, invited by a leader, or chosen."""

    who: str = "all"
    bus: UUID | None = None
    invitation: UUID | None = None
    parties: tuple[UUID, ...] = ()


AUDIENCES: dict[str, str] = {
    "all": _("Everybody registered or waiting"),
    "confirmed": _("Everybody who has places"),
    "waiting": _("Only those who wait"),
    "not_come": _("Only those who have not come yet"),
}


class Reachable(msgspec.Struct, frozen=True):
    """How many parties and people a letter is for, who is told by which channel, and who by none."""

    parties: int
    people: int
    channels: dict[Channel, tuple[int, int]]  # people, letters
    by_language: dict[str, int]

    @property
    def told(self) -> int:
        return sum(people for people, _ in self.channels.values())

    @property
    def letters(self) -> int:
        return sum(letters for _, letters in self.channels.values())

    @property
    def missing(self) -> int:
        return self.people - self.told


class AnnouncementRow(msgspec.Struct, frozen=True):
    """An announcement as the desk shows it."""

    id: UUID
    event: UUID
    kind: Letter
    before: dict[str, Any]
    after: dict[str, Any]
    created_at: datetime
    not_before: datetime
    told_at: datetime | None
    fanned_at: datetime | None
    stopped_at: datetime | None
    made_by: UUID | None
    subject: UUID | None
    content_revision: int
    words: dict[str, str]


class DeliveryCount(msgspec.Struct, frozen=True):
    """How many messages of an announcement are in a state, by channel, and what went wrong."""

    channel: Channel
    state: MessageState
    error: str
    messages: int
    uncertain: int


class Queue(msgspec.Struct, frozen=True):
    """How many messages of a channel are in a state, and since when the oldest of them is due."""

    channel: Channel
    state: MessageState
    messages: int
    oldest: datetime | None


class Pasted(msgspec.Struct, frozen=True):
    """Texts to paste in one language: short for a group, long for a post, one line."""

    language: str
    group: str
    post: str
    line: str

    @property
    def ways(self) -> list[tuple[str, str]]:
        """What each text is for, and the text; one that is the same as another stands once."""
        told = ((_("For a group"), self.group), (_("As a post"), self.post), (_("One line, for a leader"), self.line))
        texts = [text for _word, text in told]
        return [(word, text) for place, (word, text) in enumerate(told) if texts.index(text) == place]


class Matter(msgspec.Struct, frozen=True):
    """What letters are made of: the event as it is now, its bus for this reader, what differs."""

    event: EventRow
    letter: Letter | str  # or "opening", which is only to paste
    before: dict[str, Any]
    words: dict[str, str]
    pickup: Pickup | None


class Adapter(Protocol):
    """A channel: one file each. `per_second` and `at_once` bound what one process gives it."""

    channel: Channel
    per_second: float
    at_once: int

    async def send(self, address: str, letter: Written, message: UUID) -> Reply:
        """Give a letter to the channel. Never raises: what goes wrong is a Reply."""

    async def check(self) -> str:
        """Why nothing could be sent just now, in a word of ERRORS; "" where it could, or asking would cost."""

    async def close(self) -> None:
        """Let go of what is open."""


class Claimed(msgspec.Struct, frozen=True):
    """A message that this process has for a minute."""

    id: UUID
    announcement: UUID
    reach: UUID
    registration: UUID
    channel: Channel
    attempts: int
    created_at: datetime


class Ready(msgspec.Struct, frozen=True):
    """A message with its address and letter, or with the reason why it is held back."""

    claimed: Claimed
    address: str = ""
    letter: Written | None = None
    revision: int = 0
    held: Reply | None = None

    @property
    def whole(self) -> Written:
        """The letter; only what is held back has none."""
        if self.letter is None:
            raise ValueError("it is held back")
        return self.letter
