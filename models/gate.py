"""Phones at the gate, what they scanned, and people counted without tickets."""

from piccolo.columns import JSON, UUID, BigInt, Boolean, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.accounts import Account
from models.events import Event
from models.registrations import Registration
from models.states import Direction, Outcome


class Pairing(Table):
    """What the desk shows as a QR; phones that open it become gate devices.

    `sealed_label` is what people call the gate, under the event's key (`label`: until it is sealed). It is good while
    `made_by` has a right to the event. `most_phones` may use it at a time.
    """

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    label = Varchar(length=120, default="")
    sealed_label = Text(default="")
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    revoked_at = Timestamptz(null=True, default=None)
    made_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    most_phones = Integer(default=20)


class GateDevice(Table, tablename="gate_device"):
    """One phone paired with an event, and how it last said it was.

    `synced_to` is the revision that its roster has reached; `scans_waiting` counts what it has not delivered yet,
    `clock_offset` says by how many seconds its clock is behind ours; `kept` and `battery` (percent) are None where the
    browser does not tell.
    """

    id = UUID(primary_key=True)
    pairing = ForeignKey(Pairing, on_delete=OnDelete.restrict)
    secret_hash = Varchar(length=64, unique=True)
    number = Integer()
    created_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None)
    synced_to = BigInt(null=True, default=None)
    synced_at = Timestamptz(null=True, default=None)
    scans_waiting = Integer(default=0)
    waiting_since = Timestamptz(null=True, default=None)
    clock_offset = Integer(null=True, default=None)
    kept = Boolean(null=True, default=None)
    battery = SmallInt(null=True, default=None)
    rehearsing = Boolean(default=False)


class Scan(Table):
    """Every scan ever, with what the phone showed. `answer` is what was said first, for repeats; it holds no names.

    `sealed_override` is why somebody was let in anyway, under the event's key (`override`: until it is sealed).
    `conflict`: somebody was let in whom the judge would have refused; an attaché acknowledges it.
    """

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    device = ForeignKey(GateDevice, on_delete=OnDelete.restrict)
    nonce = Varchar(length=100)
    registration = ForeignKey(Registration, null=True, on_delete=OnDelete.restrict)
    ticket_number = SmallInt(null=True, default=None)
    direction = Varchar(length=3, default="in", choices=Direction)
    outcome = Varchar(length=20, choices=Outcome)
    code = Varchar(length=40, default="")
    override = Varchar(length=200, default="")
    sealed_override = Text(default="")
    shown = Varchar(length=20, default="")
    offline = Boolean(default=False)
    rehearsal = Boolean(default=False)
    clock_off = Boolean(default=False)
    conflict = Boolean(default=False)
    undone = Boolean(default=False)
    acknowledged_at = Timestamptz(null=True, default=None)
    phone_at = Timestamptz(default=None)
    scanned_at = Timestamptz(default=None)
    received_at = Timestamptz(default=None)
    answer = JSON()


class WalkIn(Table, tablename="walk_in"):
    """A group counted without tickets. One taken back stays, so that its repetition counts nothing."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    device = ForeignKey(GateDevice, on_delete=OnDelete.restrict)
    nonce = Varchar(length=100)
    size = Integer()
    children = Integer(default=0)
    undone = Boolean(default=False)
    phone_at = Timestamptz(null=True, default=None)
    counted_at = Timestamptz(default=None)
    received_at = Timestamptz(default=None)
