"""What somebody does with the own account: password, language, browsers; and the second half of logging in."""

from uuid import UUID

from app.accounts.links import set_password
from app.accounts.queries import account_by_email
from app.accounts.rules import password_problems
from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import write
from app.security.keyring import Keyring
from app.security.passwords import hash_password, hash_secret, new_secret, password_fits
from app.validation.refusals import Problem, Refused, invalid
from app.web.limits import OWN_PASSWORD, count_failure, forgive
from models.accounts import Account, Session


async def finish_log_in(secret: str) -> str:
    """The second factor was shown: the session is whole from now on, under a new secret. Raises Refused."""
    fresh = new_secret()
    whole = (
        await Session.update({Session.half: False, Session.secret_hash: hash_secret(fresh)})
        .where(Session.secret_hash == hash_secret(secret), Session.half.eq(True))
        .returning(Session.id)
    )
    if not whole:
        raise Refused("session_expired")
    return fresh


async def change_password(keyring: Keyring, staff: Staff, present: str, password: str, again: str, by: Actor) -> None:
    """One's own new password, for whoever knows the present one; other browsers and all tokens are logged out."""
    await show_password(keyring, staff, present)
    problems = password_problems(password, staff.email, staff.name)
    if not problems and password != again:
        problems = [Problem("again", "passwords_differ")]
    if problems:
        raise invalid(problems)
    hashed = await hash_password(password)
    async with write():
        await set_password(staff.account, hashed, by, but=staff.session)


async def show_password(keyring: Keyring, staff: Staff, present: str) -> None:
    """Raise Refused unless this is the present password: whoever only has the browser gets no further."""
    account = await account_by_email(staff.email)
    await count_failure(keyring, OWN_PASSWORD, str(staff.account))
    if account is None or not await password_fits(present, account["password_hash"]):
        raise invalid([Problem("present", "password_wrong")])
    await forgive(keyring, OWN_PASSWORD, str(staff.account))


async def choose_language(account: UUID, language: str) -> None:
    """In which language the desk speaks to this person, wherever they log in."""
    await Account.update({Account.language: language}).where(Account.id == account)


async def end_session(account: UUID, session: UUID, by: Actor) -> None:
    """Log one browser of this account out; twice changes nothing."""
    async with write():
        ended = await Session.delete().where(Session.id == session, Session.account == account).returning(Session.id)
        if ended:
            await record(Kind.SESSION_ENDED, by, account)
