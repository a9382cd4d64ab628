"""Accounts, log-ins, postings and tokens. Each change is audited."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from piccolo.columns.combination import And, Or

from app.accounts.links import end_links
from app.accounts.queries import account_by_email
from app.accounts.rules import read_account
from app.accounts.second import GRACE, end_passkeys, has_factor
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import insert, now, write
from app.database.rows import Values, uuid_of
from app.security.keyring import Keyring
from app.security.passwords import hash_password, hash_secret, new_secret, password_fits
from app.validation.refusals import Problem, Refused
from app.validation.texts import clean
from app.web.limits import LOGIN_FROM_ADDRESS, LOGIN_TO_ACCOUNT, LOGIN_TO_PAIR, count_failure, forgive
from models.accounts import Account, OneTimeLink, Posting, Session
from models.directory import HostCountry
from models.states import ActorKind, Role


async def add_account(email: str, name: str, role: str, password: str, by: Actor, *, replace: bool = True) -> UUID:
    """A new account, or the same one with a new name, role and password where that is meant. Raises Refused."""
    email, name = read_account(email, name, role, password)
    hashed = await hash_password(password)
    async with write():
        row = uuid4()
        due = now() + GRACE if role == Role.HQ else None
        fresh = Account(
            id=row, email=email, name=name, role=role, password_hash=hashed, created_at=now(), factor_due=due
        )
        added = await Account.insert(fresh).on_conflict(target=Account.email, action="DO NOTHING")
        if not added and not replace:
            raise Refused("account_there")
        if not added:
            moment = now()
            await Account.update({Account.enabled_since: moment, Account.disabled_before: Account.disabled_at}).where(
                Account.email == email, Account.disabled_at.is_not_null()
            )
            changed: Values = {
                Account.name: name,
                Account.role: role,
                Account.password_hash: hashed,
                Account.disabled_at: None,
                Account.rights_since: moment,
            }
            rows = await Account.update(changed).where(Account.email == email).returning(Account.id)
            row = rows[0]["id"]
            due_of: Values = {Account.factor_due: due}
            other = Account.factor_due.is_null() if role == Role.HQ else Account.factor_due.is_not_null()
            await Account.update(due_of).where(Account.id == row, other)
            await _end_what_opens(row)
        await record(Kind.ACCOUNT_ADDED, by, row, role=role)
    return row


async def disable(email: str, by: Actor) -> bool:
    """Log the account out everywhere and let nobody in with it; False if there is none."""
    moment = now()
    async with write():
        rows = (
            await Account.update({Account.disabled_at: moment, Account.rights_since: moment})
            .where(Account.email == email.strip().lower(), Account.disabled_at.is_null())
            .returning(Account.id)
        )
        if rows:
            await _end_what_opens(rows[0]["id"])
            await record(Kind.ACCOUNT_DISABLED, by, rows[0]["id"])
    return bool(rows) or await Account.exists().where(Account.email == email.strip().lower())


async def invite(email: str, name: str, role: Role, by: Actor) -> UUID:
    """A new account that nobody can log in to until its one-time link was used. Raises Refused "email_taken"."""
    row, moment = uuid4(), now()
    due = moment if role == Role.HQ else None  # from the first day: the link leads there
    fresh = Account(
        id=row, email=email, name=name, role=role.value, password_hash="", created_at=moment, factor_due=due
    )
    async with write():
        if not await Account.insert(fresh).on_conflict(target=Account.email, action="DO NOTHING"):
            raise Refused("email_taken", (Problem("email", "email_taken"),))
        await record(Kind.ACCOUNT_INVITED, by, row, role=role.value)
    return row


async def enable(account: UUID, by: Actor) -> None:
    """Let a disabled account in again, with a new link; what it made before stays ended."""
    moment = now()
    async with write():
        changed: Values = {
            Account.enabled_since: moment,
            Account.disabled_before: Account.disabled_at,
            Account.disabled_at: None,
            Account.password_hash: "",
        }
        rows = (
            await Account.update(changed)
            .where(Account.id == account, Account.disabled_at.is_not_null())
            .returning(Account.id)
        )
        if rows:
            await record(Kind.ACCOUNT_ENABLED, by, account)


async def _end_what_opens(account: UUID) -> None:
    """Whatever lets its holder in without the password: links, passkeys, sessions."""
    await end_links(account)
    await end_passkeys(account)
    await _end_sessions(account)


async def _end_sessions(account: UUID) -> None:
    await Session.delete().where(Session.account == account)


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
    moment = now()  # whoever gets a new password meanwhile has not logged in with it
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
    return await _begin_session(account, moment, by, life, half=await _waits_for_second(account, moment))


async def log_in_by_passkey(account: UUID, moment: datetime, by: Actor, life: timedelta) -> str:
    """Start a whole session for whoever has shown a passkey of this account after `moment`. Raises Refused."""
    row = await Account.select().where(Account.id == account, Account.disabled_at.is_null()).first()
    if row is None:
        raise Refused("login_wrong")
    return await _begin_session(row, moment, by, life, half=False)


async def _begin_session(account: dict[str, Any], moment: datetime, by: Actor, life: timedelta, *, half: bool) -> str:
    secret = new_secret()
    async with write():
        await Session.delete().where(Session.expires_at < now())
        await Session.insert(
            Session(
                id=uuid4(),
                account=account["id"],
                secret_hash=hash_secret(secret),
                created_at=moment,
                seen_at=moment,
                expires_at=moment + life,
                address=by.address,
                half=half,
            )
        )
        await record(Kind.LOGGED_IN, Actor(ActorKind.STAFF, str(account["id"]), by.address), account["id"])
    return secret


async def _waits_for_second(account: dict[str, Any], moment: datetime) -> bool:
    due = account["factor_due"]
    return (due is not None and due <= moment) or await has_factor(account["id"])


async def end_every_session() -> None:
    """Everybody logs in anew, by a password or passkey of their own: after a restore."""
    async with write():
        await Session.delete(force=True)
        await OneTimeLink.update({OneTimeLink.used_at: now()}).where(OneTimeLink.used_at.is_null())


async def log_out(secret: str) -> None:
    """End the session that has this secret."""
    await Session.delete().where(Session.secret_hash == hash_secret(secret))


async def log_out_everywhere(account: UUID, by: Actor) -> None:
    """End every session of the account."""
    async with write():
        await _end_sessions(account)
        await record(Kind.LOGGED_OUT_EVERYWHERE, by, account)


async def add_posting(email: str, host_country: str, by: Actor) -> UUID:
    """Post an attaché to a host country from now on; once is enough. Raises Refused."""
    account, code = await account_by_email(email), host_country.upper()
    if account is None:
        raise Refused("not_found")
    if not await HostCountry.exists().where(HostCountry.code == code):
        raise Refused("unknown_country")
    async with write():
        present = await Posting.select(Posting.id).where(
            _in(account["id"], code), Posting.event.is_null(), Posting.ends_at.is_null()
        )
        if present:
            return uuid_of(present[0]["id"])
        row = uuid4()
        await Posting.insert(Posting(id=row, account=account["id"], host_country=code, starts_at=now()))
        await record(Kind.POSTED, by, account["id"], host_country=code)
    return row


def _in(account: UUID, code: str) -> And:
    return (Posting.account == account) & (Posting.host_country == code)


async def post(account: UUID, posting: dict[str, Any], by: Actor) -> None:
    """Post somebody from an instant until another (none: open), to a country, or to one event of it as a helper."""
    async with write():
        await insert(Posting, {"id": uuid4(), "account": account, **posting})
        facts = {"host_country": posting["host_country"], "until": str(posting["ends_at"] or "")}
        await record(Kind.POSTED, by, account, **facts)


async def end_posting_now(account: UUID, posting: UUID, by: Actor) -> None:
    """End one posting; twice changes nothing."""
    moment = now()
    async with write():
        ended = (
            await Posting.update({Posting.ends_at: moment})
            .where(
                Posting.id == posting,
                Posting.account == account,
                Or(Posting.ends_at.is_null(), Posting.ends_at > moment),
            )
            .returning(Posting.host_country)
        )
        if ended:
            await record(Kind.POSTING_ENDED, by, account, host_country=ended[0]["host_country"])


async def end_posting(email: str, host_country: str, by: Actor) -> bool:
    """End an attaché's posting in a host country; their events stay. False if there was none."""
    account, code = await account_by_email(email), host_country.upper()
    if account is None:
        return False
    async with write():
        rows = (
            await Posting.update({Posting.ends_at: now()})
            .where(_in(account["id"], code), Posting.ends_at.is_null())
            .returning(Posting.id)
        )
        if rows:
            await record(Kind.POSTING_ENDED, by, account["id"], host_country=code)
    return bool(rows)
