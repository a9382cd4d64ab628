"""Attachés and HQ, their postings, sessions and tokens. Secrets are stored hashed."""

from piccolo.columns import UUID, ForeignKey, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.directory import HostCountry
from models.events import Event
from models.states import Role


class Account(Table):
    """A person of the staff.

    Sessions and tokens from before `rights_since` (a new password, disabled) are void; gates and invitations that it
    made are void from before `enabled_since` (it was disabled, and added again).
    """

    id = UUID(primary_key=True)
    email = Varchar(length=254, unique=True)
    name = Varchar(length=120)
    role = Varchar(length=10, choices=Role)
    password_hash = Varchar(length=200)
    created_at = Timestamptz()
    disabled_at = Timestamptz(null=True, default=None)
    rights_since = Timestamptz(null=True, default=None)
    enabled_since = Timestamptz(null=True, default=None)


class Posting(Table):
    """An attaché's time in a host country; limited to one event for an event helper."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, on_delete=OnDelete.restrict)
    host_country = ForeignKey(HostCountry, on_delete=OnDelete.restrict)
    event = ForeignKey(Event, null=True, on_delete=OnDelete.restrict)
    starts_at = Timestamptz()
    ends_at = Timestamptz(null=True, default=None)


class Session(Table):
    """A browser that is logged in."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account)
    secret_hash = Varchar(length=64, unique=True)
    created_at = Timestamptz()
    seen_at = Timestamptz()
    expires_at = Timestamptz()
    address = Varchar(length=60, default="")


class ApiToken(Table, tablename="api_token"):
    """A bearer token with which a script acts for an account; `name` says which script, `used_at` when it last did."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account)
    secret_hash = Varchar(length=64, unique=True)
    created_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)
    name = Varchar(length=120, default="")
    used_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
