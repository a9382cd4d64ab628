"""A webhook of an attaché and what it was told, by a receiver that judges signatures from the specification's text."""

import base64
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from app.database.connection import fetch
from app.webhooks.finding import find_news
from app.webhooks.sending import Courier
from app.webhooks.shapes import KINDS
from tests.receivers import Receiver, receiving
from tests.world import World

HERE = "/desk/webhooks"


def believed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the Standard Webhooks specification tells a receiver to judge, written from its text."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(datetime.now(UTC).timestamp() - int(headers["webhook-timestamp"])) < 300
    return fresh and any(each == f"v1,{mine}" for each in headers["webhook-signature"].split(" "))


class Hook:
    """A webhook of Korea's attaché, what it was told, and a courier that may call this machine."""

    def __init__(self, world: World, receiver: Receiver, row: str, secret: str) -> None:
        self.world, self.receiver, self.row, self.secret = world, receiver, row, secret
        self.courier = Courier(world.app.state.keyring, ("127.0.0.1",))

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Everything that is due goes out; what came, by type, in the order of coming."""
        while await find_news():
            pass
        seen = len(self.receiver.asked)
        while await self.courier.deliver_due():
            pass
        new = self.receiver.asked[seen:]
        assert all(believed(self.secret, each.headers, each.body) for each in new)
        return [(each.json["type"], each.json["data"]) for each in new]

    async def kinds(self) -> list[str]:
        return sorted(kind for kind, _ in await self.told())


async def added(world: World, address: str, *, by: str = "korea", country: str = "KR", **kinds: str) -> httpx.Response:
    ticked = kinds or {f"kind.{kind}": "on" for kind in KINDS}
    async with world.desk(by) as desk:
        return await desk.post(HERE, data={"address": address, "host_country": country, **ticked})


@asynccontextmanager
async def hooked(world: World, monkeypatch: pytest.MonkeyPatch, **more: Any) -> AsyncIterator[Hook]:
    """A receiver on this machine that the operator allows."""
    settings = world.app.state.settings
    channels = msgspec.structs.replace(settings.channels, webhook_hosts=("127.0.0.1",))
    monkeypatch.setattr(world.app.state, "settings", msgspec.structs.replace(settings, channels=channels))
    async with receiving() as receiver:
        answer = await added(world, f"{receiver.address}/bon", **more)
        assert answer.status_code == 200, answer.text
        (secret,) = re.findall(r"(whsec_[\w+/=]+)", answer.text)
        row = (await fetch("SELECT id FROM webhook ORDER BY created_at DESC"))[0]["id"]
        hook = Hook(world, receiver, str(row), secret)
        try:
            yield hook
        finally:
            await hook.courier.close()
