"""Integrators' programs that want to hear of things, what they were told, and how far that has come."""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.accounts import Account
from models.directory import HostCountry
from models.events import Event


class Webhook(Table):
    """Where an integrator's program wants to hear of things; good while `made_by` has a right to the host country (HQ:
    to all of them, where there is none).

    `sealed_secret` signs what is sent, and until `former_until` the one before it as well; `kinds` are names of what
    is told, separated by blanks.
    """

    id = UUID(primary_key=True)
    made_by = ForeignKey(Account, on_delete=OnDelete.restrict)
    host_country = ForeignKey(HostCountry, null=True, default=None, on_delete=OnDelete.restrict)
    address = Varchar(length=500)
    sealed_secret = Text()
    kinds = Varchar(length=1000, default="")
    created_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    sealed_former = Text(default="")
    former_until = Timestamptz(null=True, default=None)


class Delivery(Table):
    """One thing to tell a webhook: tried from `not_before` on until `delivered_at`; `status` is what HTTP said last,
    `error` why it was not delivered. Unique by webhook, kind, subject and revision."""

    id = UUID(primary_key=True)
    webhook = ForeignKey(Webhook, on_delete=OnDelete.restrict)
    kind = Varchar(length=40)
    subject = Varchar(length=36)
    content_revision = BigInt(default=0)
    attempts = Integer(default=0)
    status = Integer(null=True, default=None)
    not_before = Timestamptz(default=None)
    claimed_until = Timestamptz(null=True, default=None)
    delivered_at = Timestamptz(null=True, default=None)
    event = UUID(null=True, default=None)
    created_at = Timestamptz(null=True, default=None)
    error = Varchar(length=40, default="")


class WebhookMark(Table, tablename="webhook_mark"):
    """How far a webhook has heard of an event: up to these revisions, in which state, low on places, over."""

    id = UUID(primary_key=True)
    webhook = ForeignKey(Webhook, null=False, on_delete=OnDelete.restrict)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict)
    revision = BigInt(default=0)
    content_revision = BigInt(default=0)
    state = Varchar(length=10, default="")
    low = Boolean(default=False)
    over = Boolean(default=False)
    marked_at = Timestamptz(default=None)
