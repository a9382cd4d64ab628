"""Logging in: new session ids, logging out everywhere, slowing guesses without locking the owner out, postings."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.accounts import actions, tokens
from app.accounts.queries import account_by_email
from app.activity.record import OPERATOR
from app.database.connection import fetch, insert
from models.accounts import Account
from tests.world import PASSWORD, World, festival, helper_of


@pytest.fixture
async def owner(world: World) -> World:
    await actions.add_account("sokha@bon.example", "Sokha", "attache", PASSWORD, OPERATOR)
    await actions.add_posting("sokha@bon.example", "KR", OPERATOR)
    return world


async def test_a_log_in_starts_a_new_session_and_ends_the_old(owner: World) -> None:
    async with owner.browser() as client:
        answer = await client.post(
            "/desk/login", data={"email": " Sokha@bon.example", "password": PASSWORD, "next": "/desk/account"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/account")
        assert "HttpOnly" in answer.headers["set-cookie"]
        first = client.cookies["bon-session"]
        assert (await client.get("/desk")).status_code == 200
        await client.post("/desk/login", data={"email": "sokha@bon.example", "password": PASSWORD})
        assert client.cookies["bon-session"] != first
    async with owner.browser(bon_session=first) as old:
        assert (await old.get("/desk")).status_code == 303
    rows = await fetch("SELECT secret_hash FROM session")
    assert first not in str(rows)


async def test_wrong_log_ins_look_alike(owner: World) -> None:
    async with owner.browser() as client:
        for email in ("sokha@bon.example", "nobody@bon.example"):
            answer = await client.post("/desk/login?lang=en", data={"email": email, "password": "wrong"})
            assert answer.status_code == 422
            assert "E-mail or password is wrong." in answer.text
            assert email in answer.text
            assert "bon-session" not in client.cookies


async def test_guessing_is_slowed_down_but_the_owners_browser_gets_in(owner: World) -> None:
    wrong = {"email": "sokha@bon.example", "password": "wrong"}
    async with owner.browser() as known, owner.browser() as attacker:
        await known.post("/desk/login", data={"email": "sokha@bon.example", "password": PASSWORD})
        answers = [await attacker.post("/desk/login", data=wrong) for _ in range(11)]
        assert [answers[0].status_code, answers[-1].status_code] == [422, 429]
        assert int(answers[-1].headers["retry-after"]) > 60
        right = await attacker.post("/desk/login", data={"email": "sokha@bon.example", "password": PASSWORD})
        assert right.status_code == 429
        again = await known.post("/desk/login", data={"email": "sokha@bon.example", "password": PASSWORD})
        assert again.status_code == 303


async def test_log_out_everywhere(owner: World) -> None:
    account = await account_by_email("sokha@bon.example")
    assert account is not None
    secrets = [await owner.session(account["id"]) for _ in range(2)]
    async with owner.browser(bon_session=secrets[0]) as client:
        page = await client.get("/desk/account")
        assert page.text.count('class="card"') == 2
        assert (await client.post("/desk/logout", data={"everywhere": "1"})).status_code == 303
    for secret in secrets:
        async with owner.browser(bon_session=secret) as client:
            assert (await client.get("/desk")).status_code == 303


async def test_log_in_leads_only_to_our_own_desk(owner: World) -> None:
    for target in (
        "https://evil.example/desk",
        "//evil.example/desk",
        "/\\evil.example",
        "javascript:alert(1)",
        "/km/",
        "/desk\\@evil",
    ):
        async with owner.browser() as client:
            answer = await client.post(
                "/desk/login", data={"email": "sokha@bon.example", "password": PASSWORD, "next": target}
            )
        assert answer.headers["location"] == "/desk", target


async def test_postings_decide_what_exists(owner: World) -> None:
    event = await owner.event()
    token = await tokens.add_token("sokha@bon.example", OPERATOR)
    async with owner.client(authorization=f"Bearer {token}") as client:
        path = f"/api/v1/events/{event['slug']}/stats"
        assert (await client.get(path)).status_code == 200
        assert await actions.end_posting("sokha@bon.example", "KR", OPERATOR)
        assert (await client.get(path)).status_code == 404
        await actions.add_posting("sokha@bon.example", "JP", OPERATOR)
        assert (await client.get(path)).status_code == 404
        assert await actions.disable("sokha@bon.example", OPERATOR)
        assert (await client.get(path)).status_code == 401


async def test_an_event_helper_reaches_one_event_only(owner: World) -> None:
    event, other = await owner.event(), await owner.event()
    async with await helper_of(owner, event) as client:
        assert (await client.get(f"/api/v1/events/{event['slug']}/stats")).status_code == 200
        assert (await client.get(f"/api/v1/events/{other['slug']}/stats")).status_code == 404
        assert (await client.patch(f"/api/v1/events/{event['slug']}", json={"capacity": 99})).status_code == 403
        gate = await client.post(f"/api/v1/events/{event['slug']}/gate-devices", json={"label": "North"})
        assert gate.status_code == 201
        made = await client.post("/api/v1/events", json=festival())
        assert made.json()["errors"][0]["code"] == "country_out_of_reach"


async def test_a_form_from_another_site_changes_nothing(owner: World) -> None:
    event = await owner.event()
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        async with owner.desk("korea") as client:
            answer = await client.post(f"/desk/events/{event['slug']}/cancel", data={"sure": "on"}, headers=headers)
        assert answer.status_code == 403
    async with owner.client(origin="https://evil.example", cookie=f"bon-session={owner.sessions['korea']}") as client:
        assert (await client.post(f"/desk/events/{event['slug']}/cancel", data={"sure": "on"})).status_code == 403
    assert (await fetch("SELECT state FROM event"))[0]["state"] == "published"


async def test_many_guesses_at_the_same_time_are_counted_one_by_one(owner: World) -> None:
    import asyncio

    async def guess() -> int:
        async with owner.browser() as client:
            return (
                await client.post("/desk/login", data={"email": "sokha@bon.example", "password": "wrong"})
            ).status_code

    answers = await asyncio.gather(*(guess() for _ in range(25)))
    assert answers.count(422) <= 10
    assert answers.count(429) >= 15


async def test_every_account_is_reached_a_page_at_a_time(world: World) -> None:
    names = {f"Person {number:03}" for number in range(60)}
    for number in range(60):
        await insert(
            Account,
            {
                "id": uuid4(), "email": f"p{number}@bon.example", "name": f"Person {number:03}", "role": "attache",
                "password_hash": "", "created_at": datetime.now(UTC),
            },
        )  # fmt: skip
    seen: list[str] = []
    path: str | None = "/desk/accounts?lang=en"
    async with world.desk("hq") as desk:
        while path:
            page = (await desk.get(path)).text
            seen += re.findall(r"Person \d{3}", page)
            found = re.search(r'rel="next" href="([^"]+)"', page)
            path = found[1] if found else None
        assert (await desk.get("/desk/accounts?after=nobody")).status_code == 404
    assert sorted(seen) == sorted(names)
