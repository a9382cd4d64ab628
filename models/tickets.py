"""Tickets and admissions."""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from models.events import Event
from models.registrations import Registration


class Ticket(Table):
    """One person's place. `state` is valid, given_up, handed_on or revoked; `issue` rises when its code is renewed."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event)
    registration = ForeignKey(Registration)
    number = SmallInt()
    issue = SmallInt(default=0)
    sealed_name = Text(default="")
    child = Boolean(default=False)
    state = Varchar(length=10, default="valid")
    revision = BigInt(default=0)


class Admission(Table):
    """A ticket let in. `day` is "once" unless the event admits daily, then the event's local day (turning at 04:00)."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event)
    ticket = ForeignKey(Ticket)
    day = Varchar(length=10)
    inside = Boolean(default=True)
    admitted_at = Timestamptz(default=None)
    scan = UUID()
    revision = BigInt(default=0)
