"""More than the service can carry are sent back at once with words, and let in again when there is room."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import httpx
import msgspec
import pytest
from litestar import Litestar, Request, get
from litestar.datastructures import State

from app.security import passwords
from app.settings import read
from app.validation.refusals import Refused
from app.web import errors, limits
from app.web import front as crowd
from app.web import logs as lines
from app.web.bodies import MOST_BYTES
from app.web.front import Front
from app.web.request import _warn_of_proxy, source_of
from tests.world import World

SETTINGS = State({"settings": read({})})
ASKED: dict[str, Any] = {
    "type": "http", "path": "/km/", "query_string": b"", "method": "POST", "client": ("203.0.113.9", 1),
    "litestar_app": SimpleNamespace(state=SETTINGS),
}  # fmt: skip
FORWARDED = {"x-forwarded-for": "203.0.113.9"}
URLENCODED = {"content-type": "application/x-www-form-urlencoded"}


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

    app = Litestar(
        [slow, healthz], middleware=[Front(most=2)], state=SETTINGS, openapi_config=None, logging_config=None
    )
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

    gate = Front(most=1)
    scope: Any = {**ASKED, "headers": [(b"content-length", b"50")]}
    await asyncio.gather(*(gate.handle(scope, never, send, unreached) for _ in range(5)))
    assert [message["status"] for message in sent if message["type"] == "http.response.start"] == [408] * 5
    assert gate.inside == 0


async def test_a_body_that_stops_in_the_middle_takes_nobodys_place_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "BODY_WITHIN", 0.3)
    gate = Front(most=1)
    refused: list[str] = []

    async def reads_it_all(_: Any, receive: Any, __: Any) -> None:
        try:
            while (await receive()).get("more_body"):
                pass
        except Refused as error:
            refused.append(error.code)

    def part_then_silence() -> Any:
        parts = [{"type": "http.request", "body": b"x" * 66_000, "more_body": True}]

        async def receive() -> Any:
            if parts:
                return parts.pop()
            return await asyncio.Event().wait()

        return receive

    async def send(_: Any) -> None:
        pass

    scope: Any = {"type": "http", "path": "/km/", "query_string": b"", "headers": [(b"content-length", b"90000")]}
    monkeypatch.setattr(crowd, "LEAST_RATE", 1_000_000)
    held = [asyncio.ensure_future(gate.handle(scope, part_then_silence(), send, reads_it_all)) for _ in range(20)]
    await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not gate.full  # twenty wait, and somebody else is let in
    let_in = asyncio.Event()

    async def another(*_: Any) -> None:
        let_in.set()

    plain: Any = {**scope, "headers": []}
    await gate.handle(plain, part_then_silence(), send, another)
    assert let_in.is_set()
    await asyncio.gather(*held)
    assert refused == ["too_slow"] * 20
    assert gate.inside == 0


async def test_a_slow_phone_that_goes_on_sending_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "BODY_WITHIN", 0.2)
    monkeypatch.setattr(crowd, "LEAST_RATE", 1000)
    sizes: list[int] = []

    async def reads(_: Any, receive: Any, __: Any) -> None:
        more = True
        while more:
            message = await receive()
            sizes.append(len(message["body"]))
            more = message["more_body"]

    left = list(range(6))

    async def receive() -> Any:
        await asyncio.sleep(0.06)
        left.pop()
        return {"type": "http.request", "body": b"x" * 100, "more_body": bool(left)}

    async def send(_: Any) -> None:
        raise AssertionError("nobody is sent back")

    scope: Any = {"type": "http", "path": "/km/", "query_string": b"", "headers": [(b"content-length", b"600")]}
    await Front(most=1).handle(scope, receive, send, reads)
    assert sum(sizes) == 600


def told_of(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [msgspec.json.decode(record.getMessage()) for record in caplog.records if record.name == "bon.fence"]


async def test_a_flood_that_is_turned_away_leaves_few_lines_and_no_address(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "EVERY", 0.05)
    told = lines.TurnedAway()
    for _ in range(501):
        told.note("overload", "203.0.113.77")
    assert [line["times"] for line in told_of(caplog)] == [1]
    await asyncio.sleep(0.2)  # the others are told by themselves, and then nothing more
    assert [line["times"] for line in told_of(caplog)] == [1, 500]
    assert {line["network"] for line in told_of(caplog)} == {"203.0.113.0/24"}
    told.note("overload", "203.0.113.77")
    assert [line["times"] for line in told_of(caplog)] == [1, 500, 1]


async def test_whoever_is_refused_behind_a_proxy_is_counted_by_their_own_network(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = msgspec.structs.replace(world.settings, trusted_proxies=("127.0.0.1",))
    monkeypatch.setattr(world.app.state, "settings", trusted)
    monkeypatch.setattr(errors, "TURNED_AWAY", lines.TurnedAway())
    monkeypatch.setattr(limits.PRINTING, "burst", 0)
    party = await world.party(await world.event())
    async with world.stranger as client:
        answer = await client.get(f"/km/r/{party['key']}/1.png", headers={"x-forwarded-for": "203.0.113.9"})
    assert answer.status_code == 429
    (line,) = told_of(caplog)
    assert line == {"event": "turned away", "what": "too_many_requests", "network": "203.0.113.0/24", "times": 1}


async def test_a_proxy_that_nobody_declared_is_warned_of_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    _warn_of_proxy.cache_clear()
    event = await world.event()
    async with world.stranger as client:
        for _ in range(3):
            await client.post(f"/api/v1/events/{event['slug']}/registrations", json={}, headers=FORWARDED)
    warned = [record for record in caplog.records if "BON_TRUSTED_PROXIES" in record.getMessage()]
    assert len(warned) == 1
    assert "203.0.113" not in warned[0].getMessage()


async def test_readiness_says_when_nobody_more_is_let_in(world: World) -> None:
    async with world.stranger as client:
        assert (await client.get("/readyz")).status_code == 200
        front = world.app.state.front
        front.inside = front.most
        try:
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get("/healthz")).status_code == 200
        finally:
            front.inside = 0


async def test_text_that_is_no_address_is_refused_and_not_our_mistake(world: World) -> None:
    event = await world.event()
    form = f"/km/events/{event['slug']}/register"
    async with world.stranger as client:
        answer = await client.post(form, data={"name": "x"}, headers={"origin": "http://["})
        assert answer.status_code == 403
        assert (await client.get("/desk/login", params={"next": "//["})).status_code == 200
        nul = await client.post(form, content=b"name=%00Dara%00&party=1&nonce=%00", headers=URLENCODED)
        assert nul.status_code == 422
        big = await client.post(form, content=b"x" * (MOST_BYTES + 1), headers=URLENCODED)
        assert (big.status_code, big.headers["connection"]) == (413, "close")


async def test_a_short_key_is_nobodys_alone(world: World) -> None:
    event = await world.event()
    path = f"/api/v1/events/{event['slug']}/registrations"
    async with world.stranger as client:
        answer = await client.post(path, json={"name": "Dara"}, headers={"idempotency-key": "1"})
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_short")
        kept = await client.post(path, json={"name": "Dara"}, headers={"idempotency-key": "0123456789abcdef"})
        assert kept.status_code == 201


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ('"203.0.113.9"', "203.0.113.9"),
    ],
)
def test_who_is_counted_is_the_person(said: str, counted: str) -> None:
    settings = msgspec.structs.replace(read({"BON_TRUSTED_PROXIES": "127.0.0.1"}), trusted_proxies=("127.0.0.1",))
    app: Any = SimpleNamespace(state=SimpleNamespace(settings=settings))
    scope: Any = {
        "type": "http", "client": ("127.0.0.1", 1), "headers": [(b"x-forwarded-for", said.encode())],
        "litestar_app": app, "path": "/", "query_string": b"", "method": "GET",
    }  # fmt: skip
    assert source_of(Request(scope)) == counted


async def test_a_flood_of_log_ins_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_turns", passwords.Turns(2, 3))
    answers = await asyncio.gather(*(passwords.password_fits("x", None) for _ in range(8)), return_exceptions=True)
    busy = [each for each in answers if isinstance(each, Refused)]
    assert len(busy) == 5
    assert {each.code for each in busy} == {"busy"}
    assert await passwords.password_fits("x", None) is False
