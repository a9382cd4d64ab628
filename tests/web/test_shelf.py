"""The shelf before the application: the same bytes for the same question, and nothing for another one."""

from typing import Any

import pytest

from app.web import logs, public_cache, shelf
from app.web.front import Front
from tests.world import World


def told(answer: Any) -> tuple[int, dict[str, str], bytes]:
    """An answer without what is its own."""
    return (
        answer.status_code,
        {name: text for name, text in answer.headers.items() if name != "x-request-id"},
        answer.content,
    )


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The routes of answers that came from the shelf."""
    routes: list[str] = []
    original = logs.note_answer

    def noted(scope: Any, status: int, seconds: float) -> None:
        routes.append(scope["path_template"])
        original(scope, status, seconds)

    monkeypatch.setattr(shelf, "note_answer", noted)
    return routes


async def test_the_same_question_has_the_same_answer(world: World, found: list[str]) -> None:
    event = await world.event()
    paths = (f"/en/events/{event['slug']}", "/km/", "/en/korea/", "/calendars/km/khmer-festivals-korea.ics")
    async with world.stranger as reader:
        for path in paths:
            first, second = await reader.get(path), await reader.get(path)
            assert told(first) == told(second)
            assert first.headers["x-request-id"] != second.headers["x-request-id"]
            assert second.headers["content-security-policy"]
            known = {"if-none-match": first.headers["etag"]}
            unchanged = [await reader.get(path, headers=known) for _ in range(2)]
            assert [each.status_code for each in unchanged] == [304, 304]
            assert told(unchanged[0]) == told(unchanged[1])
            assert (await reader.head(path)).content == (await reader.head(path)).content == b""
    assert len(found) == 3 * len(paths)
    assert "/{language}/events/{slug}" in {each.replace(":str", "") for each in found}


async def test_a_change_is_seen_at_once(world: World, found: list[str]) -> None:
    event = await world.event()
    path = f"/en/events/{event['slug']}"
    async with world.stranger as reader, world.api("korea") as staff:
        assert "Bring water" not in (await reader.get(path)).text
        assert "Bring water" not in (await reader.get(path)).text
        await staff.patch(f"/api/v1/events/{event['slug']}", json={"notice": {"en": "Bring water"}})
        assert "Bring water" in (await reader.get(path)).text
    assert len(found) == 1


async def test_another_question_has_its_own_answer(world: World, found: list[str]) -> None:
    event = await world.event()
    path = f"/km/events/{event['slug']}"
    async with world.stranger as reader:
        plain = await reader.get(path)
        for headers in ({"cookie": "digits=latin"}, {"accept-language": "en"}, {"accept-encoding": "br"}):
            await reader.get(path, headers=headers)
        await reader.get(path, params={"lang": "en"})
        assert found == []
        assert (await reader.get(path)).content == plain.content
    assert len(found) == 1


async def test_what_is_anybodys_own_is_never_kept(world: World, found: list[str]) -> None:
    event = await world.event()
    party = await world.party(event)
    async with world.stranger as worker, world.desk("korea") as desk:
        for _ in range(3):
            assert (await worker.get(f"/en/r/{party['key']}")).status_code == 200
            assert (await worker.get(f"/en/events/{event['slug']}/register")).status_code == 200
            assert (await worker.get("/en/events/nothing-there")).status_code == 404
            assert (await desk.get("/desk/")).status_code == 200
            assert (await worker.get(f"/api/v1/events/{event['slug']}")).status_code == 200
    assert found == []


async def test_a_crowd_does_not_stand_before_it(
    world: World, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.stranger as reader:
        await reader.get("/en/")
        monkeypatch.setattr(Front, "full", True)
        assert (await reader.get("/en/")).status_code == 200
        assert (await reader.get("/en/korea/")).status_code == 503
    assert len(found) == 1


async def test_it_holds_so_many_answers_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST", 3)
    async with world.stranger as reader:
        for number in range(10):
            assert (await reader.get("/en/", params={"q": number})).status_code == 200
        assert (await reader.get("/en/", headers={"cookie": "a=" + "b" * 600})).status_code == 200
    held = world.transport.bare.app
    assert isinstance(held, shelf.Shelf)
    assert len(held._shelved) <= 3


async def test_it_holds_nothing_that_the_cache_has_dropped(
    world: World, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_cache, "MOST_ANSWERS", 1)
    event = await world.event()
    path = f"/en/events/{event['slug']}"
    async with world.stranger as reader, world.api("korea") as staff:
        for _ in range(2):
            await reader.get(path)
        assert len(found) == 1
        await reader.get("/en/")  # which takes its place
        await staff.patch(f"/api/v1/events/{event['slug']}", json={"notice": {"en": "Bring water"}})
        assert "Bring water" in (await reader.get(path)).text
    assert len(found) == 1


async def test_no_long_address_is_remembered(world: World, found: list[str]) -> None:
    async with world.stranger as reader:
        for _ in range(2):
            assert (await reader.get("/en/", params={"q": "x" * 1_100})).status_code == 200
            assert (await reader.get("/en/", headers={"cookie": "a=" + "b" * 1_100})).status_code == 200
            many = [("if-none-match", f'"{number:032}"') for number in range(40)]
            assert (await reader.get("/en/", headers=many)).status_code == 200
    assert found == []
