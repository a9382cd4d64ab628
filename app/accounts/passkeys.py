"""Passkeys (WebAuthn): a phone, computer or key that lets its owner in without password or code.

The device shows that it is there and that its owner unlocked it (user verification is required), so that one passkey
is both factors. A challenge is signed by us, not stored: it holds when it was made, and for whom.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
from piccolo.columns.combination import Or

from app.accounts.second import codes_with, end_passkeys, has_app, has_factor, new_codes
from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import insert, now, write
from app.database.rows import uuid_of
from app.security.keyring import Keyring
from app.security.sealing import keyed_hash
from app.validation.refusals import Refused
from app.validation.texts import clean
from models.accounts import Account, Passkey, SecondFactor, Session

LIFE = timedelta(minutes=30)  # from the page with the challenge to the answer
SLACK = timedelta(minutes=2)  # by which the clocks of two machines may differ
MOST = 20  # an account
LONGEST = 20_000  # characters of an answer
LONGEST_ID = 1_400  # characters of a credential: the standard allows 1023 bytes
DEFAULT_PORTS = {"http": 80, "https": 443}
_CREDENTIAL = re.compile(rf"[\w-]{{1,{LONGEST_ID}}}", re.ASCII)
_STAMP = 8 + 16  # bytes: when it was made, in microseconds, and a nonce


class RelyingParty(msgspec.Struct, frozen=True):
    """Whom a passkey is for: the address people reach Bon at, and its host."""

    origin: str
    host: str


def relying_party(base_url: str) -> RelyingParty | None:
    """None where the address is a number: browsers tie passkeys to names."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if ":" in host or host.rsplit(".", 1)[-1].isdigit():
        return None
    host = host if host.isascii() else host.encode("idna").decode()
    port = "" if parts.port in {None, DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return RelyingParty(f"{parts.scheme}://{host}{port}", host)


# -- what the page asks the browser for ------------------------------------------------------------------------------


async def to_log_in(keyring: Keyring, site: RelyingParty, account: UUID | None = None) -> str:
    """Options (JSON) for showing a passkey that the browser has for us: any, or one of this account."""
    asked: dict[str, Any] = {
        "challenge": _text(_challenge(keyring, "")),
        "rpId": site.host,
        "userVerification": "required",
        "timeout": round(LIFE.total_seconds() * 1000),
    }
    if account:
        asked["allowCredentials"] = await _credentials(account)
    return msgspec.json.encode(asked).decode()


async def _credentials(account: UUID) -> list[dict[str, str]]:
    rows = await Passkey.select(Passkey.credential).where(Passkey.account == account)
    return [{"type": "public-key", "id": row["credential"]} for row in rows]


async def to_add(keyring: Keyring, site: RelyingParty, staff: Staff) -> str:
    """Options (JSON) for making a passkey for this account, on a device that holds none of it yet."""
    asked = {
        "challenge": _text(_challenge(keyring, await _adding(staff))),
        "rp": {"id": site.host, "name": "Bon"},
        "user": {"id": _text(staff.account.bytes), "name": staff.email, "displayName": staff.name},
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in (-8, -7, -257)],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "excludeCredentials": await _credentials(staff.account),
        "attestation": "none",
        "timeout": round(LIFE.total_seconds() * 1000),
    }
    return msgspec.json.encode(asked).decode()


async def _adding(staff: Staff) -> str:
    """Whom a challenge for adding is for: this browser, until the rights of the account change."""
    row = await Account.select(Account.rights_since).where(Account.id == staff.account).first()
    return f"{staff.account} {staff.session} {row and row['rights_since']}"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _challenge(keyring: Keyring, subject: str) -> bytes:
    stamp = round(now().timestamp() * 1_000_000).to_bytes(8) + secrets.token_bytes(16)
    return stamp + _mac(keyring, subject, stamp)


def _mac(keyring: Keyring, subject: str, stamp: bytes) -> bytes:
    return bytes.fromhex(keyed_hash(keyring, "passkey-challenge", f"{subject} {stamp.hex()}"))


# -- what the browser answers ----------------------------------------------------------------------------------------


@contextmanager
def _understood() -> Iterator[None]:
    """Whatever is wrong with an answer: it is no passkey of ours."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        yield
    except (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise _wrong() from error


def _wrong() -> Refused:
    return Refused("passkey_wrong")


def _read(keyring: Keyring, subject: str, answer: str) -> tuple[dict[str, Any], bytes, datetime]:
    """An answer as data, the challenge that it answers, and when we made that; raises Refused where we did not."""
    if len(answer) > LONGEST:
        raise _wrong()
    with _understood():
        data = msgspec.json.decode(answer, type=dict[str, Any])
        told = msgspec.json.decode(_raw(data["response"]["clientDataJSON"]), type=dict[str, Any])
        challenge = _raw(told["challenge"])
    stamp, mac = challenge[:_STAMP], challenge[_STAMP:]
    if not hmac.compare_digest(_mac(keyring, subject, stamp), mac):
        raise _wrong()
    made_at = datetime.fromtimestamp(int.from_bytes(stamp[:8]) / 1_000_000, UTC)
    if not made_at - SLACK <= now() <= made_at + LIFE:
        raise Refused("passkey_late")
    return data, challenge, made_at


async def add(keyring: Keyring, site: RelyingParty, staff: Staff, name: str, answer: str, by: Actor) -> list[str]:
    """Keep the passkey that the browser has made; returns recovery codes where there are none yet. Raises Refused."""
    from webauthn import verify_registration_response

    data, challenge, made_at = _read(keyring, await _adding(staff), answer)
    with _understood():
        shown = verify_registration_response(
            credential=data,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    credential = _text(shown.credential_id)
    if len(credential) > LONGEST_ID:
        raise _wrong()
    row = {
        "id": uuid4(),
        "account": staff.account,
        "credential": credential,
        "public_key": base64.b64encode(shown.credential_public_key).decode(),
        "sign_count": shown.sign_count,
        "name": clean(name)[:120],
        "created_at": max(now(), made_at),
    }
    async with write():
        await _lock(staff.account)
        if not await Session.exists().where(Session.id == staff.session):
            raise Refused("session_expired")
        there = Passkey.account == staff.account
        if await Passkey.count().where(there) >= MOST:
            raise Refused("passkeys_many", most=MOST)
        if await Passkey.exists().where(there, Passkey.created_at >= made_at):
            raise Refused("passkey_late")  # the password was shown for one
        others = await has_factor(staff.account)
        if not await insert(Passkey, row, unless_there="credential"):
            raise _wrong()
        # an app that was offered and never tried is nobody's: whoever saw its secret must not come in by it
        await SecondFactor.delete().where(SecondFactor.account == staff.account, SecondFactor.confirmed_at.is_null())
        await record(Kind.PASSKEY_ADDED, by, staff.account)
        return await codes_with(staff.account, others=others)


async def _lock(account: UUID) -> None:
    """One at a time changes what lets this account in; raises Refused where it was disabled meanwhile."""
    held = (
        await Account.update({Account.disabled_at: None})
        .where(Account.id == account, Account.disabled_at.is_null())
        .returning(Account.id)
    )
    if not held:
        raise Refused("session_expired")


async def account_shown(keyring: Keyring, site: RelyingParty, answer: str) -> UUID:
    """Whose passkey this is; an answer is taken once. Raises Refused."""
    from webauthn import verify_authentication_response

    data, challenge, made_at = _read(keyring, "", answer)
    credential = str(data.get("id", ""))
    if not _CREDENTIAL.fullmatch(credential):
        raise _wrong()
    row = await Passkey.select().where(Passkey.credential == credential).first()
    if row is None:
        raise Refused("passkey_unknown")
    with _understood():
        holder = uuid_of(row["account"]).bytes
        if _raw(data["response"].get("userHandle") or _text(holder)) != holder:
            raise _wrong()
        shown = verify_authentication_response(
            credential=data,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64.b64decode(row["public_key"]),
            credential_current_sign_count=row["sign_count"],
            require_user_verification=True,
        )
    # a later use makes every challenge from before it void: nobody can send a caught answer again
    taken = (
        await Passkey.update({Passkey.used_at: max(now(), made_at), Passkey.sign_count: shown.new_sign_count})
        .where(
            Passkey.id == row["id"],
            Passkey.sign_count == row["sign_count"],
            Or(Passkey.used_at.is_null(), Passkey.used_at < made_at),
        )
        .returning(Passkey.account)
    )
    if not taken:
        raise Refused("passkey_late")
    return uuid_of(taken[0]["account"])


async def renew_codes(account: UUID, by: Actor) -> list[str]:
    """New recovery codes, for whoever has shown the password and has a passkey: the old ones were lost, or never seen.

    Raises Refused where an app says who may have them.
    """
    async with write():
        await _lock(account)
        if await has_app(account) or not await Passkey.exists().where(Passkey.account == account):
            raise Refused("not_found")
        await record(Kind.RECOVERY_CODES_RENEWED, by, account)
        return await new_codes(account)


async def passkeys_of(account: UUID) -> list[dict[str, Any]]:
    """The account's passkeys, the oldest first."""
    wanted = Passkey.select(Passkey.id, Passkey.name, Passkey.created_at, Passkey.used_at)
    return await wanted.where(Passkey.account == account).order_by(Passkey.created_at)


async def remove(account: UUID, passkey: UUID, by: Actor) -> None:
    """Forget one; twice changes nothing. Raises Refused where HQ would be left without a second factor."""
    async with write():
        await _lock(account)
        gone = await Passkey.delete().where(Passkey.id == passkey, Passkey.account == account).returning(Passkey.id)
        if not gone:
            return
        others = await Passkey.exists().where(Passkey.account == account) or await has_app(account)
        if not others and await Account.exists().where(Account.id == account, Account.factor_due.is_not_null()):
            raise Refused("second_factor_needed")
        if not others:
            await end_passkeys(account)  # and the recovery codes that came with it
        await record(Kind.PASSKEY_REMOVED, by, account)
