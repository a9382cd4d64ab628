"""Webhooks are made, change their secret, end and are taken over; a delivery is sent again."""

import base64
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import fetch, insert, now, write
from app.database.lane import Row
from app.database.rows import Values
from app.security.keyring import Keyring
from app.security.sealing import seal
from app.webhooks.queries import place
from app.webhooks.rules import BOTH_FOR, MOST_TRIES, NEVER, PREFIX, SECRET
from app.webhooks.shapes import WebhookFields
from models.webhooks import Delivery, Webhook, WebhookMark

_ROTATE = """
UPDATE webhook SET sealed_secret = $2,
  sealed_former = CASE WHEN former_until > $3 THEN sealed_former ELSE sealed_secret END,
  former_until = CASE WHEN former_until > $3 THEN former_until ELSE $4 END
WHERE id = $1 AND ended_at IS NULL RETURNING id
"""
# what has happened before it was made a webhook is not told
_THERE = """
SELECT id, revision, content_revision, state, ends_at FROM event
WHERE state <> 'draft' AND ($1 = '' OR host_country = $1)
"""


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET)).decode()


async def add(keyring: Keyring, given: WebhookFields, by: Actor) -> tuple[UUID, str]:
    """A webhook that hears of what happens from now on; its id, and the secret, which is told this once."""
    row, secret, moment = uuid4(), _new_secret(), now()
    async with write():
        await insert(
            Webhook,
            {
                "id": row,
                "made_by": by.account,
                "host_country": given.host_country or None,
                "address": given.address,
                "sealed_secret": seal(keyring, secret, place(row)),
                "kinds": " ".join(given.kinds),
                "created_at": moment,
            },
        )
        there = await fetch(_THERE, given.host_country)
        await insert(WebhookMark, *(_heard(row, event, moment) for event in there))
        await record(Kind.WEBHOOK_ADDED, by, row, kinds=list(given.kinds), host_country=given.host_country)
    return row, secret


def _heard(webhook: UUID, event: Row, moment: datetime) -> dict[str, Any]:
    """A mark of an event as it is."""
    return {
        "id": uuid4(),
        "webhook": webhook,
        "event": event["id"],
        "revision": event["revision"],
        "content_revision": event["content_revision"],
        "state": event["state"],
        "over": event["ends_at"] <= moment,
        "marked_at": moment,
    }


async def rotate(keyring: Keyring, webhook: UUID, by: Actor) -> str | None:
    """Another secret, told this once; the one in use signs as well for a day, also if this is asked for twice.

    None where the webhook has ended.
    """
    secret, moment = _new_secret(), now()
    async with write():
        changed = await fetch(_ROTATE, webhook, seal(keyring, secret, place(webhook)), moment, moment + BOTH_FOR)
        if changed:
            await record(Kind.WEBHOOK_ROTATED, by, webhook)
    return secret if changed else None


async def end(webhook: UUID, by: Actor) -> bool:
    """It is told nothing more; what it was told stays in the list. False if it had ended."""
    async with write():
        ended = await _change(webhook, {Webhook.ended_at: now()}, Kind.WEBHOOK_ENDED, by)
        await Delivery.update({Delivery.not_before: NEVER}).where(
            Delivery.webhook == webhook, Delivery.delivered_at.is_null()
        )
    return ended


async def adopt(webhook: UUID, by: Actor) -> bool:
    """It is good while the adopter's right lasts, from now on."""
    return await _change(webhook, {Webhook.made_by: by.account, Webhook.created_at: now()}, Kind.WEBHOOK_ADOPTED, by)


async def _change(webhook: UUID, values: Values, kind: Kind, by: Actor) -> bool:
    async with write():
        changed = (
            await Webhook.update(values).where(Webhook.id == webhook, Webhook.ended_at.is_null()).returning(Webhook.id)
        )
        if changed:
            await record(kind, by, webhook)
    return bool(changed)


async def send_again(webhook: UUID, delivery: UUID) -> bool:
    """Try a delivery from the beginning, also one that was delivered: with the same id, so that it is known again."""
    values: Values = {
        Delivery.attempts: 0,
        Delivery.delivered_at: None,
        Delivery.claimed_until: None,
        Delivery.not_before: now(),
        Delivery.error: "",
    }
    there = (Delivery.id == delivery) & (Delivery.webhook == webhook)
    settled = Delivery.delivered_at.is_not_null() | (Delivery.attempts >= MOST_TRIES) | (Delivery.error != "")
    return bool(await Delivery.update(values).where(there, settled).returning(Delivery.id))
