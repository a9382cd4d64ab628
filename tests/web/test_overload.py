"""More than the service can carry are sent back at once with words, and let in again when there is room."""

import asyncio
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar, get

from app.web import overload as crowd
from app.web.overload import Overload


async def test_the_one_too_many_is_sent_back_at_once() -> None:
    open_up = asyncio.Event()
    inside = asyncio.Semaphore(0)

    @get("/slow")
    async def slow() -> str:
        inside.release()
        await open_up.wait()
        return "done"

    @get("/healthz")
    async def healthz() -> str:
        return "ok"

    app = Litestar([slow, healthz], middleware=[Overload(most=2)], openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(app=cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://bon.example") as client:
        working = [asyncio.ensure_future(client.get("/slow")) for _ in range(2)]
        for _ in working:
            await inside.acquire()
        sent_back = await client.get("/slow")
        assert sent_back.status_code == 503
        assert 2 <= int(sent_back.headers["retry-after"]) <= 6
        assert "Very many people are here" in sent_back.text
        assert "អ្នកប្រើច្រើន" in sent_back.text
        assert (await client.get("/healthz")).status_code == 200
        open_up.set()
        assert [(await each).status_code for each in working] == [200, 200]
        assert (await client.get("/slow")).status_code == 200


async def test_whoever_trickles_a_body_takes_nobodys_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "BODY_WITHIN", 0.05)
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    async def unreached(*_: Any) -> None:
        raise AssertionError("a body that has not come is no request yet")

    gate = Overload(most=1)
    scope: Any = {"type": "http", "path": "/km/", "headers": [(b"content-length", b"50")]}
    await asyncio.gather(*(gate.handle(scope, never, send, unreached) for _ in range(5)))
    assert [message["status"] for message in sent if message["type"] == "http.response.start"] == [408] * 5
    assert gate.inside == 0
