"""Who holds a session or a token."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts.shapes import Staff
from app.database.connection import fetch, now
from app.security.passwords import hash_secret
from models.accounts import Account, Session

_BY_SESSION = """
SELECT account.id, account.name, account.email, account.role, session.id AS session
FROM session JOIN account ON account.id = session.account
WHERE session.secret_hash = $1 AND session.expires_at > $2 AND account.disabled_at IS NULL
"""
_BY_BEARER = """
SELECT account.id, account.name, account.email, account.role
FROM api_token JOIN account ON account.id = api_token.account
WHERE api_token.secret_hash = $1 AND api_token.revoked_at IS NULL AND account.disabled_at IS NULL
"""
_POSTINGS = """
SELECT host_country, event FROM posting
WHERE account = $1 AND starts_at <= $2 AND (ends_at IS NULL OR ends_at > $2)
"""


async def staff_by_session(secret: str) -> Staff | None:
    """Who is logged in with this session secret."""
    rows = await fetch(_BY_SESSION, hash_secret(secret), now())
    return await _staff(rows[0]) if rows else None


async def staff_by_token(secret: str) -> Staff | None:
    """For whom this bearer token acts."""
    rows = await fetch(_BY_BEARER, hash_secret(secret))
    return await _staff(rows[0]) if rows else None


async def _staff(row: dict[str, Any]) -> Staff:
    postings = [] if row["role"] == "hq" else await fetch(_POSTINGS, row["id"], now())
    return Staff(
        account=UUID(str(row["id"])),
        name=row["name"],
        email=row["email"],
        role=row["role"],
        countries=frozenset(posting["host_country"] for posting in postings if posting["event"] is None),
        events=frozenset(UUID(str(posting["event"])) for posting in postings if posting["event"] is not None),
        session=UUID(str(row["session"])) if "session" in row else None,
    )


async def account_by_email(email: str) -> dict[str, Any] | None:
    """The account's row, disabled or not."""
    rows = await Account.select().where(Account.email == email.strip().lower())
    return rows[0] if rows else None


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
    at: datetime = now()
    for row in rows:
        row["postings"] = [posting["host_country"] for posting in await fetch(_POSTINGS, row["id"], at)]
    return rows


async def tokens() -> list[dict[str, Any]]:
    """Every token with its account, without the secret."""
    return await fetch(
        "SELECT api_token.id, account.email, api_token.created_at, api_token.revoked_at"
        " FROM api_token JOIN account ON account.id = api_token.account ORDER BY api_token.created_at"
    )
