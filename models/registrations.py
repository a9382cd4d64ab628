"""Bookings, how a party may be reached, and the answers kept for repeated requests."""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.accounts import Account
from models.events import Event, PickupPoint
from models.states import Channel, RegistrationState


class Invitation(Table):
    """A community leader's link to book for up to `party_limit` people; `uses` counts bookings.

    `sealed_label` says whose link it is, under the event's key (`label`: until it is sealed). It is good while
    `made_by` has a right to the event. `people_limit` bounds all its bookings together; `language` is the leader's. A
    batch of `paper` tickets is one too, whose people are all booked when it is made.
    """

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    label = Varchar(length=120, default="")
    sealed_label = Text(default="")
    party_limit = Integer()
    uses = Integer(default=0)
    created_at = Timestamptz(default=None)
    revoked_at = Timestamptz(null=True, default=None)
    made_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    people_limit = Integer(null=True, default=None)
    language = Varchar(length=10, default="")
    paper = Boolean(default=False)


class Registration(Table):
    """One booking for a party. `number` is 8 random bytes in hex; `link_issue` re-issues its link.

    `attention` are words for the gate ("wheelchair monk"), `sealed_note` a sentence for it. `revision` moves with every
    change of the party, its tickets and their admissions: by it gates ask for what is new. `ended_at` is when it gave
    up, and `ended_by` the audit's entry of that, while it can be undone; `kept_until` is until when freed seats are, or
    were, kept for it. `source` is a keyed hash of the network that registered it, for a day at most, and `took_at`
    when it last took places; `set_aside_at` is when it was, because that network had taken a large share at once.
    `link_shown_at` is when an attaché last had the party's link shown, which its page tells.
    """

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    number = Varchar(length=16, unique=True)
    short_code = Varchar(length=6)
    state = Varchar(length=10, choices=RegistrationState)
    party = Integer()
    children = Integer(default=0)
    sealed_name = Text(default="")
    language = Varchar(length=10)
    pickup_point = ForeignKey(PickupPoint, null=True, on_delete=OnDelete.restrict)
    take_what_there_is = Boolean(default=False)
    wait_position = BigInt(null=True, default=None)
    passed_over = Integer(default=0)
    last_ticket = Integer(default=0)
    link_issue = Integer(default=0)
    attention = Varchar(length=60, default="")
    sealed_note = Text(default="")
    invitation = ForeignKey(Invitation, null=True, default=None, on_delete=OnDelete.restrict)
    consented_at = Timestamptz(default=None)
    created_at = Timestamptz(default=None)
    revision = BigInt(default=0)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = UUID(null=True, default=None)
    kept_until = Timestamptz(null=True, default=None)
    source = Varchar(length=64, default="")
    took_at = Timestamptz(null=True, default=None)
    set_aside_at = Timestamptz(null=True, default=None)
    link_shown_at = Timestamptz(null=True, default=None)


class Reach(Table):
    """A channel and address that a party chose; unique (registration, channel, address_hash).

    The address is sealed (of a browser its push subscription as JSON); `address_hash` (keyed) finds equal ones. Nothing
    but the question goes there before `confirmed_at`, and nothing at all after `stopped_at`. `language` is what was
    chosen there, "" for the party's.
    """

    id = UUID(primary_key=True)
    registration = ForeignKey(Registration, on_delete=OnDelete.restrict)
    channel = Varchar(length=20, choices=Channel)
    sealed_address = Text()
    address_hash = Varchar(length=64, index=True)
    consented_at = Timestamptz(default=None)
    stopped_at = Timestamptz(null=True, default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    language = Varchar(length=10, default="")


class ReachToken(Table, tablename="reach_token"):
    """A way to link a channel to a party, once and for minutes: the bot's start token, of which only a hash is kept."""

    token_hash = Varchar(length=64, primary_key=True)
    registration = ForeignKey(Registration, on_delete=OnDelete.restrict)
    link_issue = Integer(default=0)
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)


class Idempotency(Table):
    """The first successful answer to a repeatable request, sealed, for 24 hours."""

    claim_hash = Varchar(length=64, primary_key=True)
    body_hash = Varchar(length=64)
    status = Integer()
    sealed_answer = Text()
    registration = ForeignKey(Registration, null=True, on_delete=OnDelete.restrict)
    expires_at = Timestamptz(default=None, index=True)
