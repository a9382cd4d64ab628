"""What people must be told, and who is told by machine: one row for a change, whatever the number of people."""

from piccolo.columns import JSON, UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.accounts import Account
from models.events import Event
from models.registrations import Reach, Registration
from models.states import Channel, Letter, MessageState


class Announcement(Table):
    """Something that people of an event hear of, written in the transaction that makes it: one row for all of them.

    `kind` is a Letter. `before` and `after` are public facts of the event that differ; of what an attaché wrote `after`
    says who it is for, and `sealed_words` (under the event's key) what. It goes out at `not_before`; a change until
    then takes its place: unique (event, kind) while `told_at` is null. `told_at` is when telling began: from then on
    reaches get their messages in the order of their ids, `fanned_to` is the last one, and `fanned_at` when all have.
    `subject` is the one party or reach it is for, none for all. Who stopped it did so at `stopped_at`.
    """

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    kind = Varchar(length=40, choices=Letter)
    content_revision = BigInt()
    before = JSON(default="{}")
    after = JSON(default="{}")
    created_at = Timestamptz(default=None)
    not_before = Timestamptz(default=None)
    told_at = Timestamptz(null=True, default=None)
    subject = UUID(null=True, default=None)
    sealed_words = Text(default="")
    made_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    fanned_to = UUID(null=True, default=None)
    fanned_at = Timestamptz(null=True, default=None)
    stopped_at = Timestamptz(null=True, default=None)


class Message(Table):
    """One announcement for one address of a party; unique (announcement, reach).

    `target` is the address's keyed hash: of several messages to one address one goes out. It is tried from `not_before`
    on by whoever claims it until `claimed_until`, and written when it is sent, at `content_revision`. `error` is the
    word for what went wrong last. `uncertain`: a process ended between sending it and noting that, so that it may have
    come twice, with the same id. It names nobody and goes with its reach.
    """

    id = UUID(primary_key=True)
    announcement = ForeignKey(Announcement, on_delete=OnDelete.restrict)
    reach = ForeignKey(Reach, on_delete=OnDelete.cascade)
    registration = ForeignKey(Registration, on_delete=OnDelete.restrict)
    channel = Varchar(length=20, choices=Channel)
    target = Varchar(length=64)
    state = Varchar(length=10, choices=MessageState)
    attempts = Integer(default=0)
    uncertain = Boolean(default=False)
    not_before = Timestamptz(default=None)
    claimed_until = Timestamptz(null=True, default=None)
    error = Varchar(length=40, default="")
    content_revision = BigInt(default=0)
    created_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)


class ChannelState(Table, tablename="channel_state"):
    """What all processes share of a channel: its keys (sealed), where its updates stand, until when it rests."""

    name = Varchar(length=40, primary_key=True)
    value = Text(default="")
