"""Who holds a session or a token, and whether whoever made something still has a right to it.

Rights are judged when they are used: nothing is revoked one by one when a posting ends.

SQL by name: every request of staff asks who they are, and the builder would cost it 1.2 ms.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec

from app.accounts.shapes import Staff
from app.database.connection import fetch, now
from app.database.rows import moment_of, uuid_of
from app.security.passwords import hash_secret
from app.validation.refusals import Refused
from models.accounts import Account, Passkey, Posting, SecondFactor, Session
from models.states import Role

NOTED_EVERY = timedelta(hours=1)  # how exactly one knows when a token was last used

_WHOSE = """
SELECT holder.id AS holder, {more}account.id, account.name, account.email, account.role
FROM {table} AS holder JOIN account ON account.id = holder.account
WHERE holder.secret_hash = $1 AND account.disabled_at IS NULL
  AND (account.rights_since IS NULL OR holder.created_at >= account.rights_since)
"""
# a factor that is due ends a session that began before it was
_FACTOR = """AND (account.factor_due IS NULL OR account.factor_due > $2 OR EXISTS (
  SELECT 1 FROM second_factor WHERE second_factor.account = account.id AND second_factor.confirmed_at IS NOT NULL)
  OR EXISTS (SELECT 1 FROM passkey WHERE passkey.account = account.id))"""
_BY_SESSION = f"{_WHOSE.format(table='session', more='')} AND holder.expires_at > $2 AND NOT holder.half {_FACTOR}"
_BY_HALF = f"{_WHOSE.format(table='session', more='')} AND holder.expires_at > $2 AND holder.half"
_BY_TOKEN = f"""
{_WHOSE.format(table="api_token", more="holder.used_at, ")}
AND holder.revoked_at IS NULL AND (holder.expires_at IS NULL OR holder.expires_at > $2)
"""
_USED = "UPDATE api_token SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $3) RETURNING id"
_POSTINGS = """
SELECT host_country, event FROM posting WHERE account = $1 AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)
"""


# whoever reads something that an account made reads these columns beside it: `made` is its table, `event` the event's
_POSTED = (
    "FROM posting WHERE posting.account = {made}.made_by AND (posting.event = event.id"
    " OR (posting.event IS NULL AND posting.host_country = event.host_country))"
)
MAKER = f"""
{{made}}.created_at AS made_at, maker.role AS maker_role, maker.disabled_at AS maker_disabled_at,
  maker.enabled_since AS maker_enabled_since, maker.disabled_before AS maker_disabled_before,
  (SELECT min(posting.starts_at) {_POSTED} AND posting.ends_at IS NULL) AS posted_since,
  (SELECT max(posting.ends_at) {_POSTED}) AS posted_until
"""
JOIN_MAKER = "LEFT JOIN account AS maker ON maker.id = {made}.made_by"


def is_posted(row: dict[str, Any]) -> bool:
    """Whether whoever made this has a posting to the event that has begun and has no end yet."""
    since = moment_of(row["posted_since"])
    return since is not None and since <= now()


def maker_until(row: dict[str, Any]) -> datetime | None:
    """Until when whoever made this had a right to do so; None where the right lasts, or nobody knows who it was."""
    if row["maker_role"] is None:
        return None
    ends = [row["maker_disabled_at"]]
    if row["maker_enabled_since"] is not None and row["made_at"] < row["maker_enabled_since"]:
        ends.append(row["maker_disabled_before"])  # what is added again starts anew
    if row["maker_role"] == Role.HQ:
        ends.append(row["made_at"])  # HQ opens no gate and invites nobody
    elif not is_posted(row):
        ends.append(moment_of(row["posted_until"]) or row["made_at"])
    past = [end for end in ends if end is not None and end <= now()]  # a posting may end on a day to come
    return cast(datetime, min(past)) if past else None


async def staff_by_session(secret: str) -> Staff | None:
    """Who is logged in with this session secret."""
    rows = await fetch(_BY_SESSION, hash_secret(secret), now())
    return await _staff(rows[0], session=uuid_of(rows[0]["holder"])) if rows else None


async def staff_by_half(secret: str) -> Staff | None:
    """Who has shown the password, and must still show the second factor: nothing else is open to them."""
    rows = await fetch(_BY_HALF, hash_secret(secret), now())
    return await _staff(rows[0]) if rows else None


async def staff_by_token(secret: str) -> Staff | None:
    """For whom this bearer token acts."""
    moment = now()
    rows = await fetch(_BY_TOKEN, hash_secret(secret), moment)
    if not rows:
        return None
    used_at = rows[0]["used_at"]
    if used_at is None or used_at < moment - NOTED_EVERY:
        await fetch(_USED, uuid_of(rows[0]["holder"]), moment, moment - NOTED_EVERY)
    return await _staff(rows[0])


async def _staff(row: dict[str, Any], session: UUID | None = None) -> Staff:
    postings = await _postings(row["id"], now())
    return Staff(
        account=uuid_of(row["id"]),
        name=row["name"],
        email=row["email"],
        role=Role(row["role"]),
        countries=frozenset(posting["host_country"] for posting in postings if posting["event"] is None),
        events=frozenset(uuid_of(posting["event"]) for posting in postings if posting["event"] is not None),
        session=session,
    )


async def _postings(account: UUID | str, at: datetime) -> list[dict[str, Any]]:
    """The postings of an account at an instant."""
    return await fetch(_POSTINGS, account, at)


async def names_of(accounts: Iterable[str]) -> dict[str, str]:
    """What the people of these accounts are called, by the account's id."""
    ids = [UUID(account) for account in set(accounts) if account]
    if not ids:
        return {}
    return {
        str(row["id"]): row["name"]
        for row in await Account.select(Account.id, Account.name).where(Account.id.is_in(ids))
    }


async def account_by_email(email: str) -> dict[str, Any] | None:
    """The account's row, disabled or not."""
    return await Account.select().where(Account.email == email.strip().lower()).first()


async def email_of(account: UUID) -> str:
    """The e-mail of an account that there is."""
    rows = await Account.select(Account.email).where(Account.id == account)
    return str(rows[0]["email"])


async def sessions_of(account: UUID) -> list[dict[str, Any]]:
    """Where the account is logged in, the latest first."""
    return (
        await Session.select(Session.id, Session.created_at, Session.seen_at, Session.address)
        .where((Session.account == account) & (Session.expires_at > now()))
        .order_by(Session.created_at, ascending=False)
    )


class PostingRow(msgspec.Struct, frozen=True):
    """A posting of somebody, with the event that a helper's is limited to."""

    id: UUID
    host_country: str
    event: UUID | None
    event_slug: str | None
    starts_at: datetime
    ends_at: datetime | None

    def over(self, at: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= at


class StaffMember(msgspec.Struct, frozen=True):
    """An account as HQ looks after it; `waits` until its one-time link was used."""

    id: UUID
    email: str
    name: str
    role: Role
    disabled_at: datetime | None
    created_at: datetime
    waits: bool
    second_factor: bool
    seen_at: datetime | None
    postings: tuple[PostingRow, ...]


async def people(after: UUID | None, most: int) -> list[StaffMember]:
    """The next accounts by name, with their postings, after the one with this id."""
    asked = Account.select()
    last = await Account.select(Account.name, Account.email).where(Account.id == after).first() if after else None
    if last:
        same = (Account.name == last["name"]) & (Account.email > last["email"])
        asked = asked.where((Account.name > last["name"]) | same)
    return await _staff_members(await asked.order_by(Account.name, Account.email).limit(most))


async def person(account: UUID) -> StaffMember:
    """One account; raises Refused "not_found"."""
    found = await _staff_members(await Account.select().where(Account.id == account))
    if not found:
        raise Refused("not_found")
    return found[0]


async def _staff_members(rows: list[dict[str, Any]]) -> list[StaffMember]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    postings: dict[UUID, list[dict[str, Any]]] = {}
    asked = Posting.select(*Posting.all_columns(), Posting.event.slug.as_alias("event_slug"))
    for row in await asked.where(Posting.account.is_in(ids)).order_by(Posting.starts_at):
        postings.setdefault(row["account"], []).append(row)
    confirmed = SecondFactor.select(SecondFactor.account).where(
        SecondFactor.account.is_in(ids), SecondFactor.confirmed_at.is_not_null()
    )
    keys = Passkey.select(Passkey.account).where(Passkey.account.is_in(ids))
    factors = {row["account"] for row in (*await confirmed, *await keys)}
    sessions = Session.select(Session.account, Session.seen_at).where(Session.account.is_in(ids))
    seen = {row["account"]: row["seen_at"] for row in await sessions.order_by(Session.seen_at)}
    return [
        msgspec.convert(
            {
                **row,
                "waits": not row["password_hash"],
                "second_factor": row["id"] in factors,
                "seen_at": seen.get(row["id"]),
                "postings": postings.get(row["id"], []),
            },
            StaffMember,
            strict=False,
        )
        for row in rows
    ]


async def accounts() -> list[dict[str, Any]]:
    """Every account with the host countries of its present postings."""
    rows = await Account.select(Account.email, Account.name, Account.role, Account.disabled_at, Account.id).order_by(
        Account.email
    )
    at = now()
    for row in rows:
        row["postings"] = [posting["host_country"] for posting in await _postings(row["id"], at)]
    return rows
