"""Webhooks that are good, what they were told, and their secrets.

SQL by name: whether a webhook is good is its maker's right at this instant, a join in whatever reads one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, now
from app.database.rows import places
from app.security.keyring import Keyring
from app.security.sealing import is_sealed_under, seal, unseal
from app.webhooks.rules import MOST_TRIES
from app.webhooks.shapes import DeliveryRow, WebhookRow
from models.webhooks import Delivery, Webhook

# $1 is now; what somebody made before the account was disabled stays over when it is enabled again
GOOD = """
(maker.enabled_since IS NULL OR webhook.created_at >= maker.enabled_since)
AND (maker.disabled_at IS NULL OR maker.disabled_at > $1) AND (
  (webhook.host_country IS NULL AND maker.role = 'hq')
  OR EXISTS (SELECT 1 FROM posting WHERE posting.account = maker.id AND posting.event IS NULL
    AND posting.host_country = webhook.host_country AND posting.starts_at <= $1
    AND (posting.ends_at IS NULL OR posting.ends_at > $1)))
"""
FROM = "webhook JOIN account AS maker ON maker.id = webhook.made_by"
_HOOKS = f"""
SELECT webhook.id, webhook.address, webhook.host_country, webhook.kinds, webhook.created_at, webhook.ended_at,
  webhook.former_until, webhook.made_by, CASE WHEN {GOOD} THEN 1 ELSE 0 END AS good
FROM {FROM}
"""
_DELIVERIES = """
SELECT delivery.id, delivery.kind, delivery.subject, event.slug, delivery.attempts, delivery.status, delivery.error,
  delivery.created_at, delivery.not_before, delivery.delivered_at,
  CASE WHEN delivery.delivered_at IS NULL AND delivery.attempts >= $2 THEN 1 ELSE 0 END AS given_up
FROM delivery LEFT JOIN event ON event.id = delivery.event
WHERE delivery.webhook = $1 AND (delivery.created_at < $3 OR (delivery.created_at = $3 AND delivery.id < $4))
ORDER BY delivery.created_at DESC, delivery.id DESC LIMIT $5
"""
LAST_ID = UUID(int=2**128 - 1)


def place(row: UUID) -> str:
    """Where a webhook's secret lies: it opens nowhere else."""
    return f"webhook.secret:{row}"


def _reached(reach: Sequence[str] | None) -> str:
    """SQL for the webhooks of these host countries, or of all (None); their codes are the arguments from $4."""
    if reach is None:
        return "1 = 1"
    return f"webhook.host_country IN ({places(reach, 4)})" if reach else "1 = 0"


async def webhooks_of(reach: Sequence[str] | None, before: tuple[datetime, UUID] | None, most: int) -> list[WebhookRow]:
    """The webhooks of these host countries, or of all (None), the newest first."""
    at, row = before or (now(), LAST_ID)
    rows = await fetch(
        f"{_HOOKS} WHERE {_reached(reach)}"
        " AND (webhook.created_at < $2 OR (webhook.created_at = $2 AND webhook.id < $3))"
        f" ORDER BY webhook.created_at DESC, webhook.id DESC LIMIT {int(most)}",
        now(),
        at,
        row,
        *(reach or ()),
    )
    return [_hook(row) for row in rows]


async def webhook_of(reach: Sequence[str] | None, row: UUID) -> WebhookRow | None:
    """One of them."""
    rows = await fetch(f"{_HOOKS} WHERE webhook.id = $2", now(), row)
    found = _hook(rows[0]) if rows else None
    return found if found and (reach is None or found.host_country in reach) else None


async def waiting_for(webhook: UUID) -> int:
    """How many news of a webhook are not delivered yet."""
    unsent = (Delivery.webhook == webhook) & Delivery.delivered_at.is_null() & (Delivery.attempts < MOST_TRIES)
    return int(await Delivery.count().where(unsent))


def _hook(row: dict[str, Any]) -> WebhookRow:
    return msgspec.convert({**row, "kinds": tuple(row["kinds"].split())}, WebhookRow, strict=False)


async def deliveries_of(webhook: UUID, before: tuple[Any, UUID] | None, most: int) -> list[DeliveryRow]:
    """What a webhook was or will be told, the newest first."""
    at, row = before or (now(), LAST_ID)
    found = await fetch(_DELIVERIES, webhook, MOST_TRIES, at, row, most)
    return [msgspec.convert(each, DeliveryRow, strict=False) for each in found]


async def reseal_webhooks(keyring: Keyring) -> int:
    """Seal every secret under the present key; returns how many. A rotation's part."""
    done = 0
    for row in await Webhook.select(Webhook.id, Webhook.sealed_secret, Webhook.sealed_former):
        for name, column in (("sealed_secret", Webhook.sealed_secret), ("sealed_former", Webhook.sealed_former)):
            sealed = row[name]
            if sealed and not is_sealed_under(sealed, keyring.current):
                anew = seal(keyring, unseal(keyring, sealed, place(row["id"])), place(row["id"]))
                done += len(
                    await Webhook.update({column: anew})
                    .where(Webhook.id == row["id"], column == sealed)
                    .returning(Webhook.id)
                )
    return done
