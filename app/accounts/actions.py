"""Accounts, log-ins, postings and tokens. Each change is audited."""

from datetime import timedelta
from uuid import UUID, uuid4

from app.accounts.queries import account_by_email
from app.accounts.rules import read_account
from app.activity.record import Actor, audit
from app.database.connection import fetch, insert, now, write
from app.security.keyring import Keyring
from app.security.passwords import hash_password, hash_secret, new_secret, password_fits
from app.validation.fields import clean
from app.validation.refusals import Refused
from app.web.limits import LOGIN_FROM_ADDRESS, LOGIN_TO_ACCOUNT, LOGIN_TO_PAIR, count_failure, forgive
from models.accounts import Account, ApiToken, Posting, Session


async def add_account(email: str, name: str, role: str, password: str, by: Actor) -> UUID:
    """A new account, or the same one with a new name, role and password. Raises Refused."""
    email, name = read_account(email, name, role, password)
    hashed = await hash_password(password)
    async with write():
        row = uuid4()
        columns = {
            "id": row,
            "email": email,
            "name": name,
            "role": role,
            "password_hash": hashed,
            "created_at": now(),
        }
        if not await insert(Account, columns, unless_there="email"):
            rows = await fetch(
                "UPDATE account SET name = $2, role = $3, password_hash = $4, disabled_at = NULL WHERE email = $1"
                " RETURNING id",
                email,
                name,
                role,
                hashed,
            )
            row = UUID(str(rows[0]["id"]))
            await _end_sessions(row)
        await audit(by, "account_added", "account", row, role=role)
    return row


async def disable(email: str, by: Actor) -> bool:
    """Log the account out everywhere and let nobody in with it; False if there is none."""
    async with write():
        rows = await fetch(
            "UPDATE account SET disabled_at = $2 WHERE email = $1 RETURNING id", email.strip().lower(), now()
        )
        if rows:
            await _end_sessions(UUID(str(rows[0]["id"])))
            await audit(by, "account_disabled", "account", rows[0]["id"])
    return bool(rows)


async def _end_sessions(account: UUID) -> None:
    await fetch("DELETE FROM session WHERE account = $1", account)


async def log_in(
    keyring: Keyring, email: str, password: str, *, address: str, known_browser: bool, by: Actor, life: timedelta
) -> str:
    """Check the password and start a session with a new secret, which is returned. Raises Refused.

    Failures are counted by address, by account and address, and by account for browsers that never logged in to it:
    so many strangers cannot lock out the owner's own browser.
    """
    email = clean(email).lower()[:254]
    guesses = [(LOGIN_FROM_ADDRESS, address), (LOGIN_TO_PAIR, f"{email} {address} {known_browser}")]
    if not known_browser:
        guesses.append((LOGIN_TO_ACCOUNT, email))
    # counted before the password is looked at, and taken back if it fits: many at once cannot slip through
    for guess, subject in guesses:
        await count_failure(keyring, guess, subject)
    account = await account_by_email(email)
    if account is not None and account["disabled_at"] is not None:
        account = None
    if not await password_fits(password, account["password_hash"] if account else None) or account is None:
        raise Refused("login_wrong")
    for guess, subject in guesses:
        await forgive(keyring, guess, subject)
    secret = new_secret()
    async with write():
        await fetch("DELETE FROM session WHERE expires_at < $1", now())
        await insert(
            Session,
            {
                "id": uuid4(),
                "account": account["id"],
                "secret_hash": hash_secret(secret),
                "created_at": now(),
                "seen_at": now(),
                "expires_at": now() + life,
                "address": by.address,
            },
        )
        await audit(Actor("staff", str(account["id"]), by.address), "logged_in", "account", account["id"])
    return secret


async def log_out(secret: str) -> None:
    """End the session that has this secret."""
    await fetch("DELETE FROM session WHERE secret_hash = $1", hash_secret(secret))


async def log_out_everywhere(account: UUID, by: Actor) -> None:
    """End every session of the account."""
    async with write():
        await _end_sessions(account)
        await audit(by, "logged_out_everywhere", "account", account)


async def add_posting(email: str, host_country: str, by: Actor) -> UUID:
    """Post an attaché to a host country from now on; once is enough. Raises Refused."""
    account = await account_by_email(email)
    if account is None:
        raise Refused("not_found")
    if not await fetch("SELECT code FROM host_country WHERE code = $1", host_country.upper()):
        raise Refused("unknown_country")
    async with write():
        present = await fetch(
            "SELECT id FROM posting WHERE account = $1 AND host_country = $2 AND event IS NULL AND ends_at IS NULL",
            account["id"],
            host_country.upper(),
        )
        if present:
            return UUID(str(present[0]["id"]))
        row = uuid4()
        await insert(
            Posting, {"id": row, "account": account["id"], "host_country": host_country.upper(), "starts_at": now()}
        )
        await audit(by, "posted", "account", account["id"], host_country=host_country.upper())
    return row


async def end_posting(email: str, host_country: str, by: Actor) -> bool:
    """End an attaché's posting in a host country; their events stay. False if there was none."""
    account = await account_by_email(email)
    if account is None:
        return False
    async with write():
        rows = await fetch(
            "UPDATE posting SET ends_at = $3 WHERE account = $1 AND host_country = $2 AND ends_at IS NULL RETURNING id",
            account["id"],
            host_country.upper(),
            now(),
        )
        if rows:
            await audit(by, "posting_ended", "account", account["id"], host_country=host_country.upper())
    return bool(rows)


async def add_token(email: str, by: Actor) -> str:
    """A new bearer token for an account; only its hash is kept. Raises Refused "not_found"."""
    account = await account_by_email(email)
    if account is None or account["disabled_at"] is not None:
        raise Refused("not_found")
    secret = new_secret()
    async with write():
        row = uuid4()
        await insert(
            ApiToken,
            {"id": row, "account": account["id"], "secret_hash": hash_secret(secret), "created_at": now()},
        )
        await audit(by, "token_added", "api_token", row)
    return secret


async def revoke_token(token: UUID, by: Actor) -> bool:
    """End a token; False if there is none."""
    async with write():
        rows = await fetch(
            "UPDATE api_token SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING id", token, now()
        )
        if rows:
            await audit(by, "token_revoked", "api_token", token)
    return bool(rows)
