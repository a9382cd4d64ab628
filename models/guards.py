"""Counts that slow down guessing, and proof that the secret belongs to this database."""

from piccolo.columns import Integer, Timestamptz, Varchar
from piccolo.table import Table


class Throttle(Table):
    """How often something was tried within a window; `key` is a keyed hash of purpose and subject."""

    key = Varchar(length=64, primary_key=True)
    failures = Integer(default=0)
    window_ends_at = Timestamptz(default=None)


class KeyCheck(Table, tablename="key_check"):
    """A keyed hash by key id: a secret that gives another one cannot read what is sealed here."""

    key_id = Integer(primary_key=True)
    check_hash = Varchar(length=64)
