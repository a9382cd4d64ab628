"""Who changed what."""

from piccolo.columns import JSON, UUID, Text, Timestamptz, Varchar
from piccolo.table import Table

from models.states import ActorKind


class AuditEntry(Table, tablename="audit_entry"):
    """One change. `actor` is an account's or device's id, or empty for the public; no personal data of workers.

    `address` is a network, of staff only. `sealed_words` is free text that may name people, as a JSON object under the
    event's key. Triggers refuse what would change a row, or remove one under two years old.
    """

    id = UUID(primary_key=True)
    at = Timestamptz(default=None, index=True)
    actor_kind = Varchar(length=10, choices=ActorKind)
    actor = Varchar(length=36, default="")
    action = Varchar(length=40)
    subject_kind = Varchar(length=20)
    subject = Varchar(length=36)
    event = UUID(null=True, default=None, index=True)
    address = Varchar(length=60, default="")
    facts = JSON()
    sealed_words = Text(default="")
