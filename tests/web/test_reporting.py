"""Failures told to a Sentry-compatible service: it gets kind, lines, id and route, and nothing about anybody."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import brotli
import msgspec
import pytest
import sentry_sdk

from app.asgi import create_app
from app.settings import SettingsError, read
from app.web import reporting
from tests.receivers import Asked, Receiver, receiving
from tests.world import SECRET, World, settings_for

NAME, KEY = "Chanthou", "idempotent-key-of-chanthou"


@pytest.fixture
async def service() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver
    sentry_sdk.init()


def told(asked: Asked) -> dict[str, Any]:
    """What an envelope holds: headers of its own, of its item, and the item."""
    body = {"gzip": gzip.decompress, "br": brotli.decompress}[asked.headers["content-encoding"]](asked.body)
    _, item, event = body.split(b"\n", 2)
    assert json.loads(item)["type"] == "event"
    return dict(json.loads(event))


async def test_a_failure_is_told_without_anybody_in_it(
    world: World, service: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        who = NAME
        raise RuntimeError(f"no room for {who}")

    monkeypatch.setattr("app.registrations.actions.register_once", broken)
    dsn = f"http://key@127.0.0.1:{service.port}/1"
    world.app.state.settings = msgspec.structs.replace(world.app.state.settings, sentry_dsn=dsn)
    reporting.begin(dsn, "9.9.9")
    event = await world.event()
    path = f"/api/v1/events/{event['slug']}/registrations"
    async with world.stranger as worker:
        answers = [
            await worker.post(path, json={"name": NAME}, headers={"idempotency-key": KEY}),
            await worker.get("/api/v1/events/none-such"),  # a refusal is no failure
        ]
    assert [answer.status_code for answer in answers] == [500, 404]
    await asyncio.to_thread(sentry_sdk.flush, 5)
    assert len(service.asked) == 1
    report = told(service.asked[-1])
    assert report["exception"]["values"][-1]["type"] == "RuntimeError"
    assert report["tags"] == {
        "request": answers[0].headers["x-request-id"],
        "route": "/api/v1/events/{slug}/registrations",
    }
    assert report["release"] == "bon@9.9.9"
    frames = report["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "broken"
    assert set(frames[-1]) <= set(reporting.PLACE)
    text = json.dumps(report)
    for secret in (NAME, KEY, "no room", event["slug"], "127.0.0.1", SECRET):
        assert secret not in text
    assert "request" not in report


def test_the_application_tells_whom_the_operator_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr(reporting, "begin", lambda dsn, _: begun.append(dsn))
    create_app(settings_for(tmp_path))
    assert begun == []
    create_app(settings_for(tmp_path, BON_SENTRY_DSN="https://key@errors.org/1"))
    assert begun == ["https://key@errors.org/1"]


async def test_a_service_that_is_away_holds_nobody_up(world: World, tmp_path: Path) -> None:
    reporting.begin("http://key@127.0.0.1:9/1", "9.9.9")
    try:
        reporting.report(RuntimeError("x"), "id", "/route")
        async with world.stranger as worker:
            assert (await worker.get("/healthz")).status_code == 200
    finally:
        sentry_sdk.init()


@pytest.mark.parametrize(
    "wrong", ["errors.example.org", "https://errors.example.org/1", "https://key@errors.example.org", "key"]
)
def test_what_is_no_address_of_such_a_service_is_said(wrong: str) -> None:
    with pytest.raises(SettingsError, match="BON_SENTRY_DSN"):
        read({"BON_SECRET": SECRET, "BON_SENTRY_DSN": wrong})


async def test_a_database_that_is_away_is_no_failure_of_ours(
    world: World, service: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    dsn = f"http://key@127.0.0.1:{service.port}/1"
    world.app.state.settings = msgspec.structs.replace(world.app.state.settings, sentry_dsn=dsn)
    reporting.begin(dsn, "9.9.9")
    event = await world.event()
    monkeypatch.setattr("app.registrations.actions.register_once", away)
    async with world.stranger as worker:
        answer = await worker.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": NAME})
    assert answer.status_code == 503
    await asyncio.to_thread(sentry_sdk.flush, 5)
    assert service.asked == []
