"""More than the service can carry are sent back at once with words, and let in again when there is room."""

import asyncio
from typing import Any, cast

import httpx
from litestar import Litestar, get

from app.web.crowd import Crowd


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

    app = Litestar([slow, healthz], middleware=[Crowd(most=2)], openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(app=cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://bon.example") as client:
        working = [asyncio.ensure_future(client.get("/slow")) for _ in range(2)]
        for _ in working:
            await inside.acquire()
        sent_back = await client.get("/slow")
        assert sent_back.status_code == 503
        assert 2 <= int(sent_back.headers["retry-after"]) <= 6
        assert "Very many people are here" in sent_back.text
        assert "មនុស្ស" in sent_back.text
        assert (await client.get("/healthz")).status_code == 200
        open_up.set()
        assert [(await each).status_code for each in working] == [200, 200]
        assert (await client.get("/slow")).status_code == 200
