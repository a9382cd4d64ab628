"""Counts that slow down guessing, the keys of what is personal, and proof that the secret belongs to this database."""

from piccolo.columns import UUID, Boolean, Bytea, Integer, Timestamptz, Varchar
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


class DataKey(Table, tablename="data_key"):
    """The key under which everything personal of one registration, or the free text of one event, is sealed.

    `subject` is that row's id; `sealed_key` (61 bytes) opens with the keyring. Ending a key overwrites it with as many
    zeros: the row stays and keeps its length, so that SQLite writes in place and never moves another key about its
    pages. `swept` says that no older copy is left in the database's files.
    """

    subject = UUID(primary_key=True)
    sealed_key = Bytea(default=b"")
    swept = Boolean(default=True)


class Erased(Table):
    """That a registration was erased, and when: whoever restores an older backup erases it again. Names nobody."""

    id = UUID(primary_key=True)
    at = Timestamptz(default=None)


class Heartbeat(Table):
    """That this installation was running at `at`; `waits` are the seconds it must run on before it trusts its clock."""

    name = Varchar(length=20, primary_key=True)
    at = Timestamptz(default=None)
    waits = Integer(default=0)
