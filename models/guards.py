"""Counts that slow down guessing."""

from piccolo.columns import Integer, Timestamptz, Varchar
from piccolo.table import Table


class Throttle(Table):
    """How often something was tried within a window; `key` is a keyed hash of purpose and subject."""

    key = Varchar(length=64, primary_key=True)
    failures = Integer(default=0)
    window_ends_at = Timestamptz(default=None)
