"""The second factor: an authenticator app's codes (RFC 6238), and recovery codes for the day the phone is lost.

A passkey counts as one too (passkeys.py).
"""

import contextlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID, uuid4

import pyotp
from piccolo.columns.combination import Where

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import insert, now, write
from app.database.rows import uuid_of
from app.security.keyring import Keyring
from app.security.passwords import hash_secret
from app.security.sealing import Unreadable, is_sealed_under, seal, unseal
from app.validation.refusals import Problem, invalid
from app.validation.texts import latin_digits
from app.web.limits import SECOND_FACTOR, count_failure, forgive
from models.accounts import Account, Passkey, RecoveryCode, SecondFactor, Session
from models.states import Role

STEP = 30  # seconds
CODES = 10  # for recovery
OFFERED = timedelta(hours=1)  # how long a secret waits to be confirmed
GRACE = timedelta(days=7)  # in which HQ may do without


async def has_factor(account: UUID) -> bool:
    """Whether the account has a second factor that was tried and works: an app or a passkey."""
    return await has_app(account) or await Passkey.exists().where(Passkey.account == account)


async def has_app(account: UUID) -> bool:
    """Whether the account has an authenticator app that was tried and works."""
    return await SecondFactor.exists().where(SecondFactor.account == account, SecondFactor.confirmed_at.is_not_null())


async def offered(keyring: Keyring, account: UUID) -> str:
    """The secret to put into the app: the same each time the page is loaded, for an hour, until it is confirmed."""
    await SecondFactor.delete().where(
        SecondFactor.account == account,
        SecondFactor.confirmed_at.is_null(),
        SecondFactor.created_at < now() - OFFERED,
    )
    row = await SecondFactor.select().where(SecondFactor.account == account).first()
    if row is None:
        fresh = uuid4()
        sealed = seal(keyring, pyotp.random_base32(), _place(fresh))
        columns = {"id": fresh, "account": account, "sealed_secret": sealed, "created_at": now()}
        await insert(SecondFactor, columns, unless_there="account")
        row = await SecondFactor.select().where(SecondFactor.account == account).first()
    return unseal(keyring, row["sealed_secret"], _place(uuid_of(row["id"]))) if row else ""


def _place(row: UUID) -> str:
    return f"second_factor.sealed_secret:{row}"


def address_of(secret: str, email: str) -> str:
    """What the app's QR holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Bon")


async def confirm(keyring: Keyring, account: UUID, code: str, by: Actor) -> list[str]:
    """Switch the second factor on with a first code from the app; returns the recovery codes, shown once, unless
    there are some from a passkey.

    Raises Refused also where there is one already: only its holder may renew the codes.
    """
    await count_failure(keyring, SECOND_FACTOR, str(account))
    async with write():
        if not await _takes(keyring, account, code, SecondFactor.confirmed_at.is_null()):
            raise _wrong()
        others = await has_factor(account)
        fresh = (
            await SecondFactor.update({SecondFactor.confirmed_at: now()})
            .where(SecondFactor.account == account, SecondFactor.confirmed_at.is_null())
            .returning(SecondFactor.id)
        )
        if not fresh:
            raise _wrong()
        await record(Kind.SECOND_FACTOR_ON, by, account)
        codes = await codes_with(account, others=others)
    await forgive(keyring, SECOND_FACTOR, str(account))
    return codes


async def renew_codes(keyring: Keyring, account: UUID, code: str, by: Actor) -> list[str]:
    """New recovery codes for whoever shows the second factor; the old ones are over."""
    await shown(keyring, account, code)
    async with write():
        await record(Kind.RECOVERY_CODES_RENEWED, by, account)
        return await new_codes(account)


async def codes_with(account: UUID, *, others: bool) -> list[str]:
    """Recovery codes come with the first factor, or where none is left; call it in the factor's transaction."""
    return [] if others and await codes_left(account) else await new_codes(account)


async def new_codes(account: UUID) -> list[str]:
    """Recovery codes in place of any former ones; call it in a transaction."""
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(CODES)]
    await RecoveryCode.delete().where(RecoveryCode.account == account)
    rows = (
        {"id": uuid4(), "account": account, "code_hash": _hashed(account, code), "created_at": now()} for code in codes
    )
    await insert(RecoveryCode, *rows)
    return codes


def _hashed(account: UUID, code: str) -> str:
    return hash_secret(f"{account} {''.join(each for each in code.lower() if each.isalnum())}")


async def shown(keyring: Keyring, account: UUID, code: str) -> None:
    """Raise Refused unless this is the app's present code or a recovery code; each is taken once, guesses count."""
    await count_failure(keyring, SECOND_FACTOR, str(account))
    if not await _takes(keyring, account, code, SecondFactor.confirmed_at.is_not_null()) and not await _recovers(
        account, code
    ):
        raise _wrong()
    await forgive(keyring, SECOND_FACTOR, str(account))


def _wrong() -> Exception:
    return invalid([Problem("code", "second_factor_wrong")])


async def _takes(keyring: Keyring, account: UUID, code: str, which: Where) -> bool:
    """A code of now, or of half a minute before or after; one that was taken is not taken again.

    `which` app: one that was tried, or (to confirm it) one that was only offered.
    """
    row = await SecondFactor.select().where(SecondFactor.account == account, which).first()
    if row is None:
        return False
    totp = pyotp.TOTP(unseal(keyring, row["sealed_secret"], _place(uuid_of(row["id"]))))
    plain, present = latin_digits(code), int(now().timestamp()) // STEP
    given = "".join(each for each in plain if each.isascii() and each.isdigit())
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp.generate_otp(step), given):
            taken = (
                await SecondFactor.update({SecondFactor.last_step: step})
                .where(SecondFactor.account == account, SecondFactor.last_step < step)
                .returning(SecondFactor.id)
            )
            return bool(taken)
    return False


async def _recovers(account: UUID, code: str) -> bool:
    used = (
        await RecoveryCode.update({RecoveryCode.used_at: now()})
        .where(RecoveryCode.code_hash == _hashed(account, code), RecoveryCode.used_at.is_null())
        .returning(RecoveryCode.id)
    )
    return bool(used)


async def reseal_apps(keyring: Keyring) -> int:
    """Seal under the present secret what an older one seals; returns how many. One that opens no more stays so."""
    anew = 0
    for row in await SecondFactor.select(SecondFactor.id, SecondFactor.sealed_secret):
        place = _place(uuid_of(row["id"]))
        with contextlib.suppress(Unreadable):
            if not is_sealed_under(row["sealed_secret"], keyring.current):
                sealed = seal(keyring, unseal(keyring, row["sealed_secret"], place), place)
                await SecondFactor.update({SecondFactor.sealed_secret: sealed}).where(
                    SecondFactor.id == row["id"], SecondFactor.sealed_secret == row["sealed_secret"]
                )
                anew += 1
    return anew


async def codes_left(account: UUID) -> int:
    """How many recovery codes were not used yet."""
    return int(await RecoveryCode.count().where(RecoveryCode.account == account, RecoveryCode.used_at.is_null()))


async def end_passkeys(account: UUID) -> None:
    """No passkey of this account lets anybody in any more, nor a recovery code that came with it."""
    await Passkey.delete().where(Passkey.account == account)
    if not await has_app(account):
        await RecoveryCode.delete().where(RecoveryCode.account == account)


async def reset(account: UUID, by: Actor, *, lost: bool) -> None:
    """Forget app, passkeys and codes: it is switched off, or the phone is `lost`, and with it whatever it had opened.

    HQ has a week to set up another.
    """
    async with write():
        await Passkey.delete().where(Passkey.account == account)
        if lost:
            await Session.delete().where(Session.account == account)
        await SecondFactor.delete().where(SecondFactor.account == account)
        await RecoveryCode.delete().where(RecoveryCode.account == account)
        await Session.delete().where(Session.account == account, Session.half.eq(True))
        await Account.update({Account.factor_due: now() + GRACE}).where(
            Account.id == account, Account.role == Role.HQ.value
        )
        await record(Kind.SECOND_FACTOR_OFF, by, account)
