"""Another secret while Bon serves: links, tickets, names, repeats and phones go on; the old one opens no later copy."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.accounts import second
from app.care.rotation import seal_anew, sealed_before, secret_place
from app.database.connection import fetch
from app.messages.bot import hook_secret, is_hook
from app.security.keyring import Keyring, half_rotated, load, parse, replace_file, with_another
from app.security.sealing import ENDED, Unreadable, open_key
from app.settings import SettingsError, read
from app.validation.refusals import Refused
from app.web.idempotency import Answer, once
from tests.served import Served
from tests.world import SECRET, World

OPENS, SEALS = with_another(SECRET)


async def rotated(world: World) -> Keyring:
    """The application after a rotation; returns the keyring."""
    ring: Keyring = world.app.state.keyring
    ring.take_over(SEALS)
    return ring


async def test_whatever_was_printed_or_linked_goes_on(world: World) -> None:
    event = await world.event()
    before = await world.party(event, 2, name="Sok Dara")
    device = await world.gate(event)
    ring = await rotated(world)
    assert await sealed_before(ring) > 0
    assert await seal_anew(ring) > 0
    assert await sealed_before(ring) == 0
    assert await seal_anew(ring) == 0  # nothing is left to do
    async with world.stranger as stranger:
        again = await stranger.get(f"/en/r/{before['key']}")
        assert (again.status_code, "Sok Dara" in again.text) == (200, True)
    (scan,) = await world.scan(device, {"code": before["tickets"][0]["code"]})
    assert scan["outcome"] == "admitted"
    after = await world.party(event, 1, name="Chan")
    assert after["tickets"][0]["code"] != before["tickets"][0]["code"]
    (scan,) = await world.scan(device, {"code": after["tickets"][0]["code"]})
    assert scan["outcome"] == "admitted"
    async with world.phone(device["token"]) as phone:
        assert set((await phone.get("/gate/api/roster")).json()["keys"]) == {"0", "1"}


async def test_a_repeated_request_is_known_before_and_after(world: World) -> None:
    event = await world.event()
    path = f"/api/v1/events/{event['slug']}/registrations"
    body, headers = {"name": "Sok", "party": 2}, {"idempotency-key": "k" * 20}
    ring: Keyring = world.app.state.keyring
    async with world.stranger as stranger:
        first = await stranger.post(path, json=body, headers=headers)
        await rotated(world)
        again = await stranger.post(path, json=body, headers=headers)
        assert again.json() == first.json()
        other = await stranger.post(path, json={**body, "party": 3}, headers=headers)
        assert other.json()["code"] == "idempotency_key_reused"
        fresh = {"idempotency-key": "f" * 20}
        first = await stranger.post(path, json=body, headers=fresh)
        ring.take_over(OPENS)  # a process that knows the new secret, and does not seal with it yet
        assert (await stranger.post(path, json=body, headers=fresh)).json() == first.json()


async def test_the_old_secret_opens_nothing_of_a_later_copy(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 1, name="Sok Dara")
    ring = await rotated(world)
    await seal_anew(ring)
    old = parse(SECRET)
    row = (await fetch("SELECT sealed_key FROM data_key WHERE subject = $1", UUID(party["id"])))[0]
    name = (await fetch("SELECT sealed_name FROM registration WHERE id = $1", UUID(party["id"])))[0]["sealed_name"]
    with pytest.raises(Unreadable):
        open_key(old, row["sealed_key"], party["id"]).unseal(name, f"registration.sealed_name:{party['id']}")


async def test_an_ended_key_stays_ended(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 1)
    async with world.stranger as stranger:
        await stranger.post(f"/api/v1/registrations/{party['key']}/erase")
    await seal_anew(await rotated(world))
    assert (await fetch("SELECT sealed_key FROM data_key WHERE subject = $1", UUID(party["id"])))[0][
        "sealed_key"
    ] == ENDED


async def test_an_authenticator_app_goes_on(world: World) -> None:
    account = UUID(str((await fetch("SELECT id FROM account WHERE email = 'korea@bon.example'"))[0]["id"]))
    ring: Keyring = world.app.state.keyring
    secret = await second.offered(ring, account)
    await seal_anew(await rotated(world))
    only_new = parse(SEALS.split(",")[0])
    assert await second.offered(only_new, account) == secret


async def test_the_same_request_at_two_processes_is_done_once_in_the_middle_of_a_rotation(world: World) -> None:
    event = await world.event()
    row, done = UUID(event["id"]), list[str]()

    async def act(name: str) -> Answer:
        done.append(name)
        return Answer(201, {"by": name})

    claim = ("route", str(row))
    first = await once(parse(OPENS), claim, "k" * 20, b"{}", lambda: act("old"))
    again = await once(parse(SEALS), claim, "k" * 20, b"{}", lambda: act("new"))
    assert (done, again) == (["old"], first)
    await once(parse(SEALS), claim, "l" * 20, b"{}", lambda: act("new"))
    with pytest.raises(Refused, match="idempotency_key_reused"):
        await once(parse(OPENS), claim, "l" * 20, b"[]", lambda: act("old"))
    assert done == ["old", "new"]


def test_telegram_goes_on_calling_where_it_was_told_to() -> None:
    before, after = parse(OPENS), parse(SEALS)
    told = hook_secret(before)
    assert is_hook(after, told, told)
    assert is_hook(before, hook_secret(after), hook_secret(after))
    assert not is_hook(parse("5:" + "z" * 40), told, told)


def test_a_rotation_that_was_killed_half_way_is_finished(tmp_path: Path) -> None:
    assert half_rotated(OPENS) == SEALS
    assert half_rotated(SEALS) == ""
    assert half_rotated(SECRET) == ""


def test_a_secret_is_added_and_the_seventeenth_is_refused() -> None:
    text = SECRET
    for count in range(2, 17):
        opens, text = with_another(text)
        assert parse(opens).current != parse(text).current
        assert len(parse(text).ids) == count
    with pytest.raises(SettingsError, match="16 secrets"):
        with_another(text)
    assert parse(with_another("p" * 40)[1]).ids == (1, 0)


async def test_two_at_once_are_one(tmp_path: Path) -> None:
    settings = read({"BON_DATA_DIR": str(tmp_path)})
    before = (tmp_path / "secret").read_text() if (tmp_path / "secret").exists() else ""
    ring = load(settings)
    before = (tmp_path / "secret").read_text().strip()
    opens, seals = with_another(before)
    replace_file(settings, before, opens)
    with pytest.raises(SettingsError, match="Somebody else"):
        replace_file(settings, before, seals)
    assert await ring.reread() is True
    assert await ring.reread() is False
    assert set(ring.ids) == {0, 1}
    place, wrong = secret_place(settings)
    assert (place, wrong) == (str(tmp_path / "secret"), "")
    (tmp_path / "secret").chmod(0o644)
    assert "chmod o=" in secret_place(settings)[1]


@pytest.mark.slow
def test_rotating_while_people_register(tmp_path: Path) -> None:
    """The command beside two processes that serve: no request fails, and a later doctor finds nothing."""
    with Served(tmp_path) as served:
        del served.env["BON_SECRET"]
        served.token = served.staff()
        served.start("--workers", "2")
        head = {"authorization": f"Bearer {served.token}"}
        from tests.world import festival

        with httpx.Client(base_url=served.base, timeout=30) as client:
            event = client.post("/api/v1/events", json=festival(capacity=None), headers=head).json()
            client.post(f"/api/v1/events/{event['slug']}/publish", headers=head)
            made: list[dict[str, Any]] = []

            async def book_until(done: asyncio.Event) -> None:
                async with httpx.AsyncClient(base_url=served.base, timeout=30) as worker:
                    while not done.is_set():
                        answer = await worker.post(
                            f"/api/v1/events/{event['slug']}/registrations",
                            json={"name": f"Sok {len(made)}"},
                            headers={"idempotency-key": uuid4().hex},
                        )
                        assert answer.status_code == 201, answer.text
                        made.append(answer.json())
                        known = await worker.get(f"/api/v1/registrations/{made[len(made) // 2]['key']}")
                        assert known.status_code == 200, known.text

            async def both() -> str:
                done = asyncio.Event()
                booking = asyncio.create_task(book_until(done))
                rotating = await asyncio.to_thread(served.bon, "secret", "rotate")
                done.set()
                await booking
                return rotating.stdout

            said = asyncio.run(both())
            assert "secret with id 1" in said
            assert len(made) > 20
            for each in made:
                answer = client.get(f"/en/r/{each['key']}")
                assert (answer.status_code, "Sok" in answer.text) == (200, True)
        doctor = served.bon("doctor")
        assert "All is well" in doctor.stdout
        assert "older secret" not in doctor.stdout
