"""One-time links: by one HQ invites somebody, or helps whoever forgot the password. Shown once, it sets a password."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from app.accounts.rules import password_problems
from app.accounts.second import end_passkeys
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import now, write
from app.database.rows import uuid_of
from app.security.passwords import hash_password, hash_secret, new_secret
from app.validation.refusals import Problem, Refused, invalid
from models.accounts import Account, OneTimeLink, SecondFactor, Session
from models.states import ActorKind

LIFE = timedelta(days=7)
PURPOSE = "password"


async def make_link(account: UUID, by: Actor) -> str:
    """A new link for an account, whose secret is returned; those before it are over."""
    secret, moment = new_secret(), now()
    async with write():
        await end_links(account)
        await OneTimeLink.insert(
            OneTimeLink(
                id=uuid4(),
                account=account,
                purpose=PURPOSE,
                secret_hash=hash_secret(secret),
                created_at=moment,
                expires_at=moment + LIFE,
            )
        )
        await record(Kind.LINK_MADE, by, account)
    return secret


async def end_links(account: UUID) -> None:
    """No link of this account is good any more; call it in a transaction."""
    await OneTimeLink.update({OneTimeLink.used_at: now()}).where(
        OneTimeLink.account == account, OneTimeLink.used_at.is_null()
    )


async def account_of_link(secret: str) -> dict[str, Any]:
    """For whom a link is, while it is good; raises Refused "link_over"."""
    row = (
        await OneTimeLink.select(
            OneTimeLink.account.id.as_alias("id"),
            OneTimeLink.account.email.as_alias("email"),
            OneTimeLink.account.name.as_alias("name"),
            OneTimeLink.account.disabled_at.as_alias("disabled_at"),
        )
        .where(
            OneTimeLink.secret_hash == hash_secret(secret),
            OneTimeLink.used_at.is_null(),
            OneTimeLink.expires_at > now(),
        )
        .first()
    )
    if row is None or row["disabled_at"] is not None:
        raise Refused("link_over")
    return row


async def use_link(secret: str, password: str, again: str, address: str) -> None:
    """Set the password that was chosen; sessions and tokens from before are over. Raises Refused."""
    account = await account_of_link(secret)
    problems = password_problems(password, account["email"], account["name"])
    if not problems and password != again:
        problems = [Problem("again", "passwords_differ")]
    if problems:
        raise invalid(problems)
    hashed, row = await hash_password(password), uuid_of(account["id"])
    async with write():
        used = (
            await OneTimeLink.update({OneTimeLink.used_at: now()})
            .where(OneTimeLink.secret_hash == hash_secret(secret), OneTimeLink.used_at.is_null())
            .returning(OneTimeLink.id)
        )
        if not used:
            raise Refused("link_over")
        await end_passkeys(row)  # the password was forgotten, or somebody else knew it
        await set_password(row, hashed, Actor(ActorKind.STAFF, str(row), address))


async def set_password(account: UUID, hashed: str, by: Actor, but: UUID | None = None) -> None:
    """A new password; every other session and every token is over. Call it in a transaction."""
    moment = now()
    await Account.update({Account.password_hash: hashed, Account.rights_since: moment}).where(Account.id == account)
    await end_links(account)
    await SecondFactor.delete().where(SecondFactor.account == account, SecondFactor.confirmed_at.is_null())
    others = Session.account == account
    await Session.delete().where(others if but is None else others & (Session.id != but))
    if but is not None:
        await Session.update({Session.created_at: moment}).where(Session.id == but)
    await record(Kind.PASSWORD_SET, by, account)
