"""Background work that one process takes."""

from piccolo.columns import Boolean, Timestamptz, Varchar
from piccolo.table import Table


class Claim(Table):
    """One slot of a job; its key "job slot" decides who does it. Undone after `until` it is anybody's again."""

    id = Varchar(length=100, primary_key=True)
    job = Varchar(length=40)
    slot = Varchar(length=40)
    until = Timestamptz(default=None)
    done = Boolean(default=False)
