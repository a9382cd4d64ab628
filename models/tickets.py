"""Tickets and admissions."""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.events import Event
from models.registrations import Registration
from models.states import TicketState

FIRST_IN = "admission_ticket_day"


class Ticket(Table):
    """One person's place. `issue` rises when its code is renewed; unique (registration, number).

    `ended_at` is when it was given up, while that can be undone.
    """

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    registration = ForeignKey(Registration, on_delete=OnDelete.restrict)
    number = SmallInt()
    issue = SmallInt(default=0)
    sealed_name = Text(default="")
    child = Boolean(default=False)
    state = Varchar(length=10, default="valid", choices=TicketState)
    revision = BigInt(default=0)
    ended_at = Timestamptz(null=True, default=None)


class Admission(Table):
    """A ticket let in. `day` is "once", or where the event admits daily the local day, turning at its `day_turns`.

    Unique (ticket, day), the index FIRST_IN, *is* the gate's rule: of two phones the first row wins.
    """

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    ticket = ForeignKey(Ticket, on_delete=OnDelete.restrict)
    day = Varchar(length=10)
    inside = Boolean(default=True)
    admitted_at = Timestamptz(default=None)
    scan = UUID()
    revision = BigInt(default=0)
