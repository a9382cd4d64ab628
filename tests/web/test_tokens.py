"""Tokens that somebody makes at the desk for own programs: shown once, good for a time, ended with a press."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.accounts import own, tokens
from app.accounts.links import set_password
from app.activity.record import OPERATOR
from app.database.connection import fetch, write
from app.security.passwords import hash_password
from tests.world import PASSWORD, World, helper_of

HERE = "/desk/account/tokens"
SHOWN = r'<code dir="ltr">([\w-]{30,})</code>'


@pytest.fixture(autouse=True)
async def passwords(world: World) -> None:
    """The cast logs in with a password, too."""
    await fetch("UPDATE account SET password_hash = $1", await hash_password(PASSWORD))


async def form_of(desk: httpx.AsyncClient, **typed: str) -> dict[str, str]:
    """What the page's form would send, with this typed."""
    page = (await desk.get(f"{HERE}?lang=en")).text
    (nonce,) = re.findall(r'name="nonce" value="([^"]+)"', page)
    return {"nonce": nonce, "name": "Website", "days": "90", "present": PASSWORD, **typed}


async def made(world: World, by: str = "korea", **typed: str) -> str:
    """A token that this person makes at the desk."""
    async with world.desk(by) as desk:
        answer = await desk.post(HERE, data=await form_of(desk, **typed))
    assert answer.status_code == 200, answer.text
    (secret,) = re.findall(SHOWN, answer.text)
    return str(secret)


async def status(world: World, secret: str, path: str) -> int:
    """What the API answers a program with this token."""
    async with world.client(authorization=f"Bearer {secret}") as program:
        return (await program.get(path)).status_code


async def test_a_program_works_with_what_an_attache_made(world: World) -> None:
    event, japan = await world.event(), await world.event("japan", host_country="JP", time_zone="")
    secret = await made(world)
    assert await status(world, secret, f"/api/v1/events/{event['slug']}/stats") == 200
    assert await status(world, secret, f"/api/v1/events/{japan['slug']}/stats") == 404
    async with world.desk("korea") as desk:
        page = (await desk.get(f"{HERE}?lang=en")).text
    assert secret not in page
    assert "Website" in page
    assert "last used" in page
    rows = await fetch("SELECT action FROM audit_entry WHERE action = 'token_added'")
    assert len(rows) >= 1
    assert all(secret not in str(row) for row in await fetch("SELECT * FROM api_token"))


async def test_whoever_only_has_the_browser_makes_none(world: World) -> None:
    before = await _count()
    async with world.desk("korea") as desk:
        answer = await desk.post(f"{HERE}?lang=en", data=await form_of(desk, present="wrong", name="Kept name"))
        assert answer.status_code == 422
        assert 'value="Kept name"' in answer.text
        assert 'id="present-wrong"' in answer.text
        assert 'value="wrong"' not in answer.text
        nameless = await desk.post(f"{HERE}?lang=en", data=await form_of(desk, name=" "))
        assert nameless.status_code == 422
        assert 'id="name-wrong"' in nameless.text
        forever = await desk.post(HERE, data=await form_of(desk, days="99999"))
        assert forever.status_code == 422
        for _ in range(20):
            last = await desk.post(HERE, data=await form_of(desk, present="guess"))
        assert last.status_code == 429
    assert await _count() == before


async def _count() -> int:
    return int((await fetch("SELECT count(*) AS many FROM api_token"))[0]["many"])


async def test_a_double_tap_makes_one(world: World) -> None:
    before = await _count()
    async with world.desk("korea") as desk:
        typed = await form_of(desk)
        first, second = [await desk.post(HERE, data=typed) for _ in range(2)]
        assert re.findall(SHOWN, first.text)
        assert second.status_code == 303
        told = (await desk.get(f"{second.headers['location']}&lang=en")).text
    assert "made already" in told
    assert await _count() == before + 1


async def test_of_two_at_once_only_what_is_good_is_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event()
    together, show = asyncio.Barrier(2), own.show_password

    async def at_once(*args: Any) -> None:
        await show(*args)
        await together.wait()

    monkeypatch.setattr(own, "show_password", at_once)
    before = await _count()
    async with world.desk("korea") as desk:
        typed = await form_of(desk)
        answers = await asyncio.gather(*(desk.post(HERE, data=typed) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 303]
    shown = [secret for answer in answers for secret in re.findall(SHOWN, answer.text)]
    assert len(shown) == 1
    assert await status(world, shown[0], f"/api/v1/events/{event['slug']}/stats") == 200
    assert await _count() == before + 1


async def test_a_password_that_is_changed_meanwhile_ends_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event, show = await world.event(), own.show_password
    (account,) = await fetch("SELECT id FROM account WHERE email = 'korea@bon.example'")

    async def then_changed(*args: Any) -> None:
        await show(*args)
        async with write():
            await set_password(account["id"], await hash_password("quite another long one"), OPERATOR)

    monkeypatch.setattr(own, "show_password", then_changed)
    secret = await made(world)
    assert await status(world, secret, f"/api/v1/events/{event['slug']}/stats") == 401


async def test_a_place_in_the_list_loses_no_secret(world: World) -> None:
    async with world.desk("korea") as desk:
        answer = await desk.post(f"{HERE}?cursor=x", data=await form_of(desk))
    assert re.findall(SHOWN, answer.text)


async def test_a_form_of_an_hour_ago_makes_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before, clock = await _count(), time.time
    async with world.desk("korea") as desk:
        monkeypatch.setattr("app.security.nonces.time.time", lambda: clock() - 3600)
        typed = await form_of(desk)
        monkeypatch.undo()
        first, second = [await desk.post(HERE, data=typed) for _ in range(2)]
    assert re.findall(SHOWN, first.text)
    assert second.status_code == 303
    assert await _count() == before + 1


async def test_what_is_typed_when_the_session_has_ended_is_kept_nowhere(world: World) -> None:
    async with world.desk("korea") as desk:
        typed = await form_of(desk)
    async with world.browser(bon_session="over" * 8) as gone:
        answer = await gone.post(HERE, data=typed)
        assert (answer.status_code, PASSWORD in answer.text) == (303, False)
        assert PASSWORD not in (await gone.get(answer.headers["location"])).text


async def test_the_operator_sees_what_is_over(world: World) -> None:
    await made(world, name="Good")
    await made(world, "japan", name="Of before")
    (account,) = await fetch("SELECT id FROM account WHERE email = 'japan@bon.example'")
    async with write():
        await set_password(account["id"], "x", OPERATOR)
    assert {token.name: token.over for token in await tokens.all_tokens() if token.name} == {
        "Good": False,
        "Of before": True,
    }


async def test_whoever_helps_at_one_event_finds_the_way(world: World) -> None:
    event = await world.event()
    async with await helper_of(world, event):
        (account,) = await fetch("SELECT id FROM account WHERE email = 'helper@bon.example'")
    async with world.browser(bon_session=await world.session(account["id"])) as desk:
        page = (await desk.get("/desk/account")).text
        assert HERE in page
        assert "/desk/webhooks" not in page
        assert (await desk.get(HERE)).status_code == 200


async def test_it_ends_with_a_press_in_its_time_and_with_the_password(world: World) -> None:
    event = await world.event()
    path = f"/api/v1/events/{event['slug']}/stats"
    first, second, third = [await made(world, name=name, days="30") for name in ("One", "Two", "Three")]
    (row,) = await fetch("SELECT id, expires_at FROM api_token WHERE name = 'One'")
    assert timedelta(days=29) < _moment(row["expires_at"]) - datetime.now(UTC) < timedelta(days=31)
    async with world.desk("japan") as other:
        assert (await other.post(f"{HERE}/end", data={"token": str(row["id"])})).status_code == 404
    assert await status(world, first, path) == 200
    async with world.desk("korea") as desk:
        for _ in range(2):
            assert (await desk.post(f"{HERE}/end", data={"token": str(row["id"])})).status_code == 303
        assert (await desk.post(f"{HERE}/end", data={"token": str(uuid4())})).status_code == 404
        assert await status(world, first, path) == 401
        await fetch("UPDATE api_token SET expires_at = $1 WHERE name = 'Two'", datetime.now(UTC) - timedelta(minutes=1))
        assert await status(world, second, path) == 401
        page = (await desk.get(f"{HERE}?lang=en")).text
        assert page.count('class="badge">Ended') == 2
        assert await status(world, third, path) == 200
        new = {"present": PASSWORD, "password": "quite another long one", "again": "quite another long one"}
        assert (await desk.post("/desk/account/password", data=new)).status_code == 303
    assert await status(world, third, path) == 401
    (account,) = await fetch("SELECT id FROM account WHERE email = 'korea@bon.example'")
    async with world.browser(bon_session=await world.session(account["id"])) as desk:
        page = (await desk.get(f"{HERE}?lang=en")).text
    assert page.count('class="badge">Ended') == 4  # with the script of the cast
    assert "good until" not in page


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


async def test_many_come_in_parts(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("app.accounts.desk_tokens.ITEMS_A_PAGE", 2)
    for number in range(4):
        await made(world, name=f"Program {number}")
    seen, path = list[str](), f"{HERE}?lang=en"
    async with world.desk("korea") as desk:
        while path:
            page = (await desk.get(path)).text
            seen += re.findall(r"<strong>(Program \d)</strong>", page)
            more = re.findall(r'rel="next" href="([^"]+)"', page)
            path = f"{HERE}{more[0]}&lang=en" if more else ""
    assert seen == [f"Program {number}" for number in (3, 2, 1, 0)]
