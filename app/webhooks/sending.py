"""Deliveries go out: claimed for a moment by one process, signed, sent to the very address that was looked up.

SQL by name: `_CLAIM` takes what is due and no other process has, in one statement on both databases.
"""

import asyncio
import ipaddress
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import httpx
import msgspec

from app.activity.record import RULE
from app.database.claims import tell
from app.database.connection import current, fetch, now
from app.database.rows import Values, places
from app.security.keyring import Keyring
from app.security.sealing import unseal
from app.webhooks.actions import end
from app.webhooks.queries import GOOD, place
from app.webhooks.rules import MOST_TRIES, NEVER, may_be_called, next_try, secret_of, signature, split
from app.webhooks.shapes import Due
from models.webhooks import Delivery

AT_ONCE, OF_ONE = 20, 4  # deliveries that are claimed together, and of one webhook
REST = timedelta(seconds=30)  # of a webhook whose receiver does not answer
WITHIN = 10.0  # seconds for looking up, connecting, sending and reading
LEASE = timedelta(seconds=60)
MOST_READ = 64 * 1024  # bytes of an answer
GONE = 410  # says that it wants to hear nothing more
IDLE = 2.0  # seconds until the next look where nothing is due

# picked once (PostgreSQL would look again for each row, past what it has locked), and few of each receiver
_CLAIM = f"""
WITH due AS MATERIALIZED (
  SELECT delivery.id, delivery.not_before,
    row_number() OVER (PARTITION BY delivery.webhook ORDER BY delivery.not_before, delivery.id) AS place
  FROM delivery JOIN webhook ON webhook.id = delivery.webhook JOIN account AS maker ON maker.id = webhook.made_by
  WHERE delivery.delivered_at IS NULL AND delivery.not_before <= $1 AND delivery.attempts < {MOST_TRIES}
    AND (delivery.claimed_until IS NULL OR delivery.claimed_until < $1)
    AND webhook.ended_at IS NULL AND {GOOD}
), picked AS MATERIALIZED (
  SELECT delivery.id FROM delivery JOIN due ON due.id = delivery.id WHERE due.place <= {OF_ONE}
  ORDER BY due.not_before LIMIT {AT_ONCE}{{skip}}
)
UPDATE delivery SET claimed_until = $2, attempts = attempts + 1 WHERE id IN (SELECT id FROM picked)
  AND delivered_at IS NULL AND (claimed_until IS NULL OR claimed_until < $1)
RETURNING id
"""
# whoever has nothing to send writes nothing
_ANY = "SELECT 1 FROM delivery WHERE delivered_at IS NULL AND not_before <= $1 LIMIT 1"
_DUE = """
SELECT delivery.id, delivery.webhook, delivery.kind, delivery.subject, delivery.content_revision, delivery.attempts,
  delivery.event, event.slug, delivery.created_at, webhook.address, webhook.sealed_secret, webhook.sealed_former,
  webhook.former_until, ticket.registration, ticket.number AS ticket
FROM delivery JOIN webhook ON webhook.id = delivery.webhook LEFT JOIN event ON event.id = delivery.event
  LEFT JOIN admission ON delivery.kind = 'admission' AND CAST(admission.id AS TEXT) = delivery.subject
  LEFT JOIN ticket ON ticket.id = admission.ticket
WHERE delivery.id IN ({places})
"""


class NotCalled(Exception):
    """Nothing was sent: `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Courier:
    """Sends what is due. `hosts` may be called although they are not the internet's, and without https."""

    def __init__(self, keyring: Keyring, hosts: tuple[str, ...]) -> None:
        self._keyring, self._hosts = keyring, hosts
        # names of strangers: a slow server of theirs must hold up nobody else's look-ups
        self._looking_up = ThreadPoolExecutor(4, "webhook-names")
        # no pool: a connection goes to the address that was looked up for this delivery
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(timeout=WITHIN, follow_redirects=False, limits=limits, trust_env=False)

    async def keep_delivering(self) -> None:
        """Deliver for as long as the process lives."""
        while True:
            done = 0
            try:
                done = await self.deliver_due()
            except Exception as error:  # noqa: BLE001 - the next try must not depend on this one
                tell("webhooks failed", error)
            if not done:
                await asyncio.sleep(IDLE)

    async def deliver_due(self) -> int:
        """Claim what is due, send it, note what became of it; returns how many that were."""
        moment = now()
        if not await fetch(_ANY, moment):
            return 0
        skip = " FOR UPDATE OF delivery SKIP LOCKED" if current().engine_type == "postgres" else ""
        claimed = await fetch(_CLAIM.format(skip=skip), moment, moment + LEASE)
        if not claimed:
            return 0
        ids = [row["id"] for row in claimed]
        rows = await fetch(_DUE.format(places=places(ids)), *ids)
        due = [msgspec.convert(row, Due, strict=False) for row in rows]
        await asyncio.gather(*(self._deliver(each) for each in due))
        return len(due)

    async def _deliver(self, due: Due) -> None:
        status, error = None, ""
        try:
            async with asyncio.timeout(WITHIN):
                status = await self._send(due)
        except NotCalled as refusal:
            error = refusal.code
        except TimeoutError:
            error = "slow"
        except (httpx.HTTPError, OSError, ValueError):
            error = "unreachable"
        except Exception as failure:  # noqa: BLE001 - one delivery that cannot be sent must not hold up the others
            tell("webhook failed", failure)
            error = "internal"
        await self._note(due, status, error)

    async def _note(self, due: Due, status: int | None, error: str) -> None:
        fine = status is not None and 200 <= status < 300
        at = next_try(due.attempts, now())
        values: Values = {Delivery.status: status, Delivery.claimed_until: None}
        values[Delivery.error] = "" if fine else error or "refused"
        if fine:
            values[Delivery.delivered_at] = now()
        else:
            values[Delivery.not_before] = at or NEVER
        await Delivery.update(values).where(Delivery.id == due.id, Delivery.delivered_at.is_null())
        if status == GONE:
            await end(due.webhook, RULE)
        if error in {"slow", "unreachable"}:  # it holds nobody else up, nor itself for every row
            rest, others = now() + REST, (Delivery.webhook == due.webhook) & Delivery.delivered_at.is_null()
            await Delivery.update({Delivery.not_before: rest}).where(others, Delivery.not_before < rest)

    async def _send(self, due: Due) -> int:
        """The status of the answer. Raises NotCalled for an address that is none of the internet's."""
        parts = split(due.address)
        if parts is None:
            raise NotCalled("address")
        scheme, host, port, target = parts
        address = await self._looked_up(host, port)
        body = msgspec.json.encode(due.body())
        shown = f"[{address}]" if ":" in address else address
        asked = self._client.build_request(
            "POST",
            f"{scheme}://{shown}:{port}{target}",
            content=body,
            headers={"host": _host_header(scheme, host, port), **self._signed(due, body)},
            extensions={"sni_hostname": host},
        )
        answer = await self._client.send(asked, stream=True)
        try:
            read = 0
            async for part in answer.aiter_raw():
                read += len(part)
                if read > MOST_READ:
                    break
        finally:
            await answer.aclose()
        return answer.status_code

    async def _looked_up(self, host: str, port: int) -> str:
        """The one address that is called: looked up once, and the internet's unless the operator allows it."""
        look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._looking_up, look)
        addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
        if host not in self._hosts and not all(may_be_called(each) for each in addresses):
            raise NotCalled("private_address")
        return min(addresses, key=lambda each: ipaddress.ip_address(each).version)

    def _signed(self, due: Due, body: bytes) -> dict[str, str]:
        sealed = [due.sealed_secret]
        if due.former_until is not None and due.former_until > now():
            sealed.append(due.sealed_former)
        stamp, secrets = int(time.time()), [unseal(self._keyring, each, place(due.webhook)) for each in sealed]
        signatures = [signature(secret_of(secret), str(due.id), stamp, body) for secret in secrets]
        return {
            "content-type": "application/json",
            "user-agent": "Bon-Webhooks/1",
            "webhook-id": str(due.id),
            "webhook-timestamp": str(stamp),
            "webhook-signature": " ".join(signatures),
        }

    async def close(self) -> None:
        """Let go of what is open."""
        await self._client.aclose()
        self._looking_up.shutdown(wait=False, cancel_futures=True)


def _host_header(scheme: str, host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port == (443 if scheme == "https" else 80) else f"{shown}:{port}"
