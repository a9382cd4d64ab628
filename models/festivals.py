"""Festival dates that HQ confirmed from a decree."""

from piccolo.columns import UUID, Boolean, Date, Integer, Timestamptz, Varchar
from piccolo.table import Table


class ConfirmedFestival(Table, tablename="confirmed_festival"):
    """The official days of a festival of a year, for the New Year also Sangkran; `source` names the decree.

    A withdrawn row stays, so that calendars see the change back: its revision and stamp go on rising.
    """

    id = UUID(primary_key=True)
    year = Integer()
    festival = Varchar(length=30)
    first_day = Date(default=None)
    last_day = Date(default=None)
    sangkran_at = Timestamptz(null=True, default=None)
    source = Varchar(length=300)
    withdrawn = Boolean(default=False)
    revision = Integer(default=0)
    confirmed_at = Timestamptz(default=None)
