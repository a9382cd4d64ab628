"""Answering a repeated POST with its first success: same principal, route, event and key give the same answer.

SQL by name: both statements stand in the way of every registration that carries a key.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, now, write
from app.database.data_keys import key_of
from app.database.together import NewRows, can_together
from app.security.keyring import Keyring
from app.security.nonces import nonce_is_ours
from app.security.sealing import RowKey, keyed_hash, open_key, seal
from app.validation.refusals import Refused
from models.registrations import Idempotency

KEPT = timedelta(hours=24)
PURPOSE = "idempotency"

_KEPT = """
SELECT body_hash, status, sealed_answer, registration, sealed_key
FROM idempotency LEFT JOIN data_key ON data_key.subject = idempotency.registration
WHERE claim_hash = $1 AND expires_at > $2
"""
_KEEP = """
INSERT INTO idempotency (claim_hash, body_hash, status, sealed_answer, registration, expires_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (claim_hash) DO UPDATE SET body_hash = $2, status = $3, sealed_answer = $4,
  registration = $5, expires_at = $6 WHERE idempotency.expires_at <= $7
RETURNING claim_hash
"""


class Answer(msgspec.Struct, frozen=True):
    """An answer as it was first given; `registration` is the row whose erasure takes it along, `key` that row's."""

    status: int
    body: Any
    registration: UUID | None = None
    key: RowKey | None = None


class _AlreadyKeptError(Exception):
    """Somebody else kept an answer for the same claim first; undo this attempt."""


Keep = Callable[[Answer], list[NewRows]]  # what keeps an answer, for whoever writes it in a statement of its own
Act = Callable[[], Awaitable[Answer]]
AtOnce = Callable[[Keep], Awaitable[Answer | None]]


async def once(
    keyring: Keyring,
    claim: tuple[str, ...],
    key: str | None,
    body: bytes,
    act: Act,
    at_once: AtOnce | None = None,
) -> Answer:
    """Run `act` once for a claim (route, event, principal) and key; without a key, just run it.

    `act` runs inside the transaction that keeps its answer; before it, where the database can, `at_once` may do the
    same in one statement, or do nothing and return None. Raises Refused "idempotency_key_reused" for another body.
    """
    shortly = at_once if can_together() else None
    if key is None:
        return (shortly and await shortly(lambda _: [])) or await act()
    if not 1 <= len(key) <= 255 or not all(32 <= ord(character) < 127 for character in key):
        raise Refused("idempotency_key_invalid")
    oldest = min(keyring.ids)  # every process has it, before, during and after a rotation
    claim_hash = keyed_hash(keyring, PURPOSE, "\n".join((*claim, key)), oldest)
    body_hash = keyed_hash(keyring, PURPOSE, body.decode("utf-8", "replace"), oldest)
    if first := await _find(keyring, claim_hash, body_hash):
        return first
    if shortly and (kept := await shortly(lambda answer: _rows(keyring, claim_hash, body_hash, answer))):
        return kept
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
    act: Act,
    at_once: AtOnce | None = None,
) -> Answer:
    """The same for a form: its `nonce`, if it is one of ours for the form that `claim` begins with, makes a repetition.

    The nonce alone does: whoever goes back and corrects a letter must not have it done twice.
    """
    nonce = typed.get("nonce", "")
    return await once(keyring, claim, nonce if nonce_is_ours(keyring, claim[0], nonce) else None, b"", act, at_once)


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
    key = kept.key
    if key is None and kept.registration is not None:
        key = await key_of(keyring, kept.registration)
    row = _row(keyring, key, claim_hash, body_hash, kept)
    if not await fetch(_KEEP, *row.values(), now()):
        raise _AlreadyKeptError


def _rows(keyring: Keyring, claim_hash: str, body_hash: str, kept: Answer) -> list[NewRows]:
    return [NewRows(Idempotency, [_row(keyring, kept.key, claim_hash, body_hash, kept)])]


def _row(keyring: Keyring, key: RowKey | None, claim_hash: str, body_hash: str, kept: Answer) -> dict[str, Any]:
    answer, place = msgspec.json.encode(kept.body).decode(), f"idempotency.sealed_answer:{claim_hash}"
    return {
        "claim_hash": claim_hash,
        "body_hash": body_hash,
        "status": kept.status,
        "sealed_answer": key.seal(answer, place) if key else seal(keyring, answer, place),
        "registration": kept.registration,
        "expires_at": now() + KEPT,
    }


async def forget(parties: list[UUID]) -> None:
    """Remove the answers that tell of these parties."""
    await Idempotency.delete().where(Idempotency.registration.is_in(parties))


async def sweep(moment: datetime) -> None:
    """Remove answers that were kept long enough."""
    await Idempotency.delete().where(Idempotency.expires_at < moment)
