"""Answering a repeated POST with its first success: same principal, route, event and key give the same answer.

SQL by name: both statements stand in the way of every registration that carries a key.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, insert, now, write
from app.database.data_keys import key_of
from app.security.keyring import Keyring
from app.security.nonces import nonce_is_ours
from app.security.sealing import keyed_hash, open_key, seal
from app.validation.refusals import Refused
from models.registrations import Idempotency

KEPT = timedelta(hours=24)
PURPOSE = "idempotency"

_KEPT = """
SELECT body_hash, status, sealed_answer, registration, sealed_key
FROM idempotency LEFT JOIN data_key ON data_key.subject = idempotency.registration
WHERE claim_hash = $1 AND expires_at > $2
"""
_EXPIRED = "DELETE FROM idempotency WHERE claim_hash = $1 AND expires_at <= $2"


class Answer(msgspec.Struct, frozen=True):
    """An answer as it was first given; `registration` is the row whose erasure takes it along."""

    status: int
    body: Any
    registration: UUID | None = None


class _AlreadyKeptError(Exception):
    """Somebody else kept an answer for the same claim first; undo this attempt."""


async def once(
    keyring: Keyring, claim: tuple[str, ...], key: str | None, body: bytes, act: Callable[[], Awaitable[Answer]]
) -> Answer:
    """Run `act` once for a claim (route, event, principal) and key; without a key, just run it.

    `act` runs inside the transaction that keeps its answer. Raises Refused "idempotency_key_reused" for another body.
    """
    if key is None:
        return await act()
    if not 1 <= len(key) <= 255 or not all(32 <= ord(character) < 127 for character in key):
        raise Refused("idempotency_key_invalid")
    oldest = min(keyring.ids)  # every process has it, before, during and after a rotation
    claim_hash = keyed_hash(keyring, PURPOSE, "\n".join((*claim, key)), oldest)
    body_hash = keyed_hash(keyring, PURPOSE, body.decode("utf-8", "replace"), oldest)
    if first := await _find(keyring, claim_hash, body_hash):
        return first
    try:
        async with write():
            kept = await act()
            await _keep(keyring, claim_hash, body_hash, kept)
            return kept
    except (Refused, _AlreadyKeptError):
        # the first one may have finished meanwhile, and taken the last seat with it
        if first := await _find(keyring, claim_hash, body_hash):
            return first
        raise


async def once_by_nonce(
    keyring: Keyring,
    claim: tuple[str, ...],
    typed: Mapping[str, str],
    act: Callable[[], Awaitable[Answer]],
) -> Answer:
    """The same for a form: its `nonce`, if it is one of ours for the form that `claim` begins with, makes a repetition.

    The nonce alone does: whoever goes back and corrects a letter must not have it done twice.
    """
    nonce = typed.get("nonce", "")
    return await once(keyring, claim, nonce if nonce_is_ours(keyring, claim[0], nonce) else None, b"", act)


async def _find(keyring: Keyring, claim_hash: str, body_hash: str) -> Answer | None:
    rows = await fetch(_KEPT, claim_hash, now())
    if not rows:
        return None
    if rows[0]["body_hash"] != body_hash:
        raise Refused("idempotency_key_reused")
    key = open_key(keyring, rows[0]["sealed_key"], rows[0]["registration"])
    answer = key.unseal(rows[0]["sealed_answer"], f"idempotency.sealed_answer:{claim_hash}")
    return Answer(rows[0]["status"], msgspec.json.decode(answer))


async def _keep(keyring: Keyring, claim_hash: str, body_hash: str, kept: Answer) -> None:
    await fetch(_EXPIRED, claim_hash, now())
    answer, place = msgspec.json.encode(kept.body).decode(), f"idempotency.sealed_answer:{claim_hash}"
    if kept.registration is None:
        sealed = seal(keyring, answer, place)
    else:
        sealed = (await key_of(keyring, kept.registration)).seal(answer, place)
    inserted = await insert(
        Idempotency,
        {
            "claim_hash": claim_hash,
            "body_hash": body_hash,
            "status": kept.status,
            "sealed_answer": sealed,
            "registration": kept.registration,
            "expires_at": now() + KEPT,
        },
        unless_there="claim_hash",
    )
    if not inserted:
        raise _AlreadyKeptError


async def forget(parties: list[UUID]) -> None:
    """Remove the answers that tell of these parties."""
    await Idempotency.delete().where(Idempotency.registration.is_in(parties))


async def sweep(moment: datetime) -> None:
    """Remove answers that were kept long enough."""
    await Idempotency.delete().where(Idempotency.expires_at < moment)
