"""Who holds a session or a token."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts.shapes import Staff
from app.database.connection import now
from app.security.passwords import hash_secret
from models.accounts import Account, ApiToken, Posting, Session
from models.states import Role


async def staff_by_session(secret: str) -> Staff | None:
    """Who is logged in with this session secret."""
    found = await _whose(Session, secret).where(Session.expires_at > now())
    return await _staff(found[0], session=found[0]["id"]) if found else None


async def staff_by_token(secret: str) -> Staff | None:
    """For whom this bearer token acts."""
    found = await _whose(ApiToken, secret).where(ApiToken.revoked_at.is_null())
    return await _staff(found[0]) if found else None


def _whose(table: type[Session] | type[ApiToken], secret: str) -> Any:
    """The account that a secret of this table stands for, unless it is disabled."""
    account = table.account
    return table.select(
        table.id,
        account.id,
        account.name.as_alias("name"),
        account.email.as_alias("email"),
        account.role.as_alias("role"),
    ).where(table.secret_hash == hash_secret(secret), account.disabled_at.is_null())


async def _staff(row: dict[str, Any], session: UUID | None = None) -> Staff:
    account: UUID = row["account.id"]
    postings = [] if row["role"] == Role.HQ else await _postings(account, now())
    return Staff(
        account=account,
        name=row["name"],
        email=row["email"],
        role=Role(row["role"]),
        countries=frozenset(posting["host_country"] for posting in postings if posting["event"] is None),
        events=frozenset(posting["event"] for posting in postings if posting["event"] is not None),
        session=session,
    )


async def _postings(account: UUID, at: datetime) -> list[dict[str, Any]]:
    """The postings of an account at an instant."""
    return await Posting.select(Posting.host_country, Posting.event).where(
        Posting.account == account,
        Posting.starts_at <= at,
        Posting.ends_at.is_null() | (Posting.ends_at > at),
    )


async def account_by_email(email: str) -> dict[str, Any] | None:
    """The account's row, disabled or not."""
    return await Account.select().where(Account.email == email.strip().lower()).first()


async def sessions_of(account: UUID) -> list[dict[str, Any]]:
    """Where the account is logged in, the latest first."""
    return (
        await Session.select(Session.id, Session.created_at, Session.seen_at, Session.address)
        .where((Session.account == account) & (Session.expires_at > now()))
        .order_by(Session.created_at, ascending=False)
    )


async def accounts() -> list[dict[str, Any]]:
    """Every account with the host countries of its present postings."""
    rows = await Account.select(Account.email, Account.name, Account.role, Account.disabled_at, Account.id).order_by(
        Account.email
    )
    at = now()
    for row in rows:
        row["postings"] = [posting["host_country"] for posting in await _postings(row["id"], at)]
    return rows


async def tokens() -> list[dict[str, Any]]:
    """Every token with its account, without the secret."""
    return await ApiToken.select(
        ApiToken.id, ApiToken.account.email.as_alias("email"), ApiToken.created_at, ApiToken.revoked_at
    ).order_by(ApiToken.created_at)
