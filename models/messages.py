"""What people must be told, and who is told by machine: one row for a change, whatever the number of people."""

from piccolo.columns import JSON, UUID, BigInt, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.accounts import Account
from models.directory import HostCountry
from models.events import Event


class Announcement(Table):
    """A change that people of an event hear of, written in the transaction that makes it.

    `before` and `after` are public fields of the event that differ. It goes out at `not_before`; a change until then
    takes its place: unique (event, kind) while `told_at` is null.
    """

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    kind = Varchar(length=40)
    content_revision = BigInt()
    before = JSON(default="{}")
    after = JSON(default="{}")
    created_at = Timestamptz(default=None)
    not_before = Timestamptz(default=None)
    told_at = Timestamptz(null=True, default=None)


class Webhook(Table):
    """Where an integrator's program wants to hear of things; good while `made_by` has a right to the host country.

    `sealed_secret` signs what is sent; `kinds` are names of activity kinds, separated by blanks.
    """

    id = UUID(primary_key=True)
    made_by = ForeignKey(Account, on_delete=OnDelete.restrict)
    host_country = ForeignKey(HostCountry, null=True, default=None, on_delete=OnDelete.restrict)
    address = Varchar(length=500)
    sealed_secret = Text()
    kinds = Varchar(length=1000, default="")
    created_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)


class Delivery(Table):
    """One thing to tell a webhook: tried from `not_before` on until `delivered_at`; `status` is what HTTP said last."""

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
