"""Attachés and HQ, their postings, sessions and tokens. Secrets are stored hashed."""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.directory import HostCountry
from models.events import Event
from models.states import Role


class Account(Table):
    """A person of the staff.

    Sessions and tokens from before `rights_since` (a new password, disabled) are void; gates and invitations that it
    made are void from `disabled_before` on, when it was disabled and added again at `enabled_since`.
    An empty `password_hash` lets nobody in: whoever was invited sets it. `language` is the desk's for this person
    ("": the browser's). From `factor_due` on it is not let in without a second factor (null: it may do without).
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
    disabled_before = Timestamptz(null=True, default=None)
    language = Varchar(length=10, default="")
    factor_due = Timestamptz(null=True, default=None)


class Posting(Table):
    """An attaché's time in a host country; limited to one event for an event helper."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, on_delete=OnDelete.restrict)
    host_country = ForeignKey(HostCountry, on_delete=OnDelete.restrict)
    event = ForeignKey(Event, null=True, on_delete=OnDelete.restrict)
    starts_at = Timestamptz()
    ends_at = Timestamptz(null=True, default=None)


class Session(Table):
    """A browser that is logged in; `half`: the second factor is still to be shown, and nothing else is open to it."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account)
    secret_hash = Varchar(length=64, unique=True)
    created_at = Timestamptz()
    seen_at = Timestamptz()
    expires_at = Timestamptz()
    address = Varchar(length=60, default="")
    half = Boolean(default=False)


class SecondFactor(Table, tablename="second_factor"):
    """An authenticator app of an account, one each; `last_step` is the last time step whose code was taken."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, on_delete=OnDelete.restrict)
    sealed_secret = Text()
    last_step = BigInt(default=0)
    created_at = Timestamptz()
    confirmed_at = Timestamptz(null=True, default=None)


class Passkey(Table):
    """A WebAuthn credential of an account (its id and public key in base64); what it signs proves the device."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, on_delete=OnDelete.restrict)
    credential = Varchar(length=1400, unique=True)
    public_key = Text()
    sign_count = BigInt(default=0)
    name = Varchar(length=120, default="")
    created_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class RecoveryCode(Table, tablename="recovery_code"):
    """A code that lets an account in once without its second factor; only the hash is kept."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, on_delete=OnDelete.restrict)
    code_hash = Varchar(length=64, unique=True)
    created_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class OneTimeLink(Table, tablename="one_time_link"):
    """A link that does one thing for an account once: invite it, or give it a new password."""

    id = UUID(primary_key=True)
    account = ForeignKey(Account, on_delete=OnDelete.restrict)
    purpose = Varchar(length=20)
    secret_hash = Varchar(length=64, unique=True)
    created_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


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
