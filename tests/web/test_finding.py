"""A party is found by name in any spelling, by the end of its phone number, by its short code or a scanned ticket."""

import re
from html import unescape
from typing import Any

import pytest

from app.database.connection import fetch
from app.registrations import desk_lists, finding
from app.registrations.names import EXACT, LIKE, SOUNDS_LIKE, Wanted
from tests.world import World, helper_of

SAME = [
    ("Srey Mom", "Sreymom", LIKE),
    ("ស្រីមុំ", "ស្រី\u200bមុំ", EXACT),
    ("កណ្តាល", "កណ្ដាល", EXACT),
    ("ស្ត្រី", "ស្រ្តី", EXACT),
    ("sok dara", "SOK Dara", EXACT),
    ("Sok Dara", "សុខ ដារ៉ា", SOUNDS_LIKE),
    ("ហេង បុប្ផា", "Heng Bopha", SOUNDS_LIKE),
    ("Phally", "Pally", SOUNDS_LIKE),
    ("Channthou", "ចាន់ធូ", SOUNDS_LIKE),
]


@pytest.mark.parametrize(("wanted", "known", "fit"), SAME)
def test_two_spellings_of_one_name(wanted: str, known: str, fit: int) -> None:
    assert Wanted(wanted).fit(known) == fit
    assert Wanted(known).fit(wanted) is not None


def test_a_part_of_a_name_is_enough() -> None:
    assert Wanted("sok").fit("SOK Dara") == EXACT
    assert Wanted("dar").fit("Sok Dara") == LIKE
    assert Wanted("SOK Dara").fit("sok") is None


@pytest.mark.parametrize(
    ("wanted", "known"), [("Dara", "Tola"), ("Ra", "Dara"), ("Mony", "Sok Dara"), ("សុខ", "ហេង"), ("ក", "សុខ")]
)
def test_other_names_are_other_names(wanted: str, known: str) -> None:
    assert Wanted(wanted).fit(known) is None


async def search(world: World, text: str, path: str, who: str = "korea") -> list[str]:
    async with world.desk(who) as desk:
        answer = await desk.post(f"{path}?lang=en", data={"text": text})
    assert answer.status_code == 200, answer.text
    return [unescape(name) for name in re.findall(r'/registrations/[0-9a-f-]{36}">([^<]+)</a>', answer.text)]


async def town(world: World) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    event = await world.event()
    people = {"សុខ ដារ៉ា": "010-1234-5678", "Heng Bopha": "010-8765-4321", "Chan Vuthy": "+855 12 345 679"}
    made = {name: await world.party(event, 2, name=name, phone=phone) for name, phone in people.items()}
    return event, made


async def test_an_attache_finds_whoever_calls(world: World) -> None:
    event, made = await town(world)
    here = f"/desk/events/{event['slug']}/find"
    assert await search(world, "Sok Dara", here) == ["សុខ ដារ៉ា"]
    assert await search(world, "ហេងបុប្ផា", here) == ["Heng Bopha"]
    assert await search(world, "vuth", here) == ["Chan Vuthy"]
    assert await search(world, "4321", here) == ["Heng Bopha"]
    assert await search(world, "០១០ ១២៣៤ ៥៦៧៨", here) == ["សុខ ដារ៉ា"]
    assert await search(world, "012 345 679", here) == ["Chan Vuthy"]
    code = made["Heng Bopha"]["short_code"]
    assert await search(world, f" {code[:3].lower()}-{code[3:]} ", here) == ["Heng Bopha"]
    assert await search(world, made["Chan Vuthy"]["tickets"][1]["url"], here) == ["Chan Vuthy"]
    assert await search(world, "Nobody Known", here) == []
    assert await search(world, "", here) == []
    async with world.desk("korea") as desk:
        page = (await desk.post(f"{here}?lang=en", data={"text": '<b>"x"</b>'})).text
    assert "<b>&#34;x" not in page or "Nobody was found." in page
    assert 'value="<b>' not in page


async def test_a_list_that_is_cut_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event, _ = await town(world)
    async with world.desk("korea") as desk:
        for most, said in ((3, False), (1, True)):
            for module in (finding, desk_lists):
                monkeypatch.setattr(module, "MOST_FOUND", most)
            page = (await desk.post(f"/desk/events/{event['slug']}/find?lang=en", data={"text": "Bopha"})).text
            assert ("There may be more" in page) == said


async def test_all_of_ones_own_events_and_nobody_elses(world: World) -> None:
    await town(world)
    assert await search(world, "dara", "/desk/find") == ["សុខ ដារ៉ា"]
    assert await search(world, "dara", "/desk/find", "japan") == []
    async with world.desk("hq") as desk:
        assert (await desk.post("/desk/find", data={"text": "dara"})).status_code == 403


async def test_a_search_is_audited_and_is_in_no_address(world: World) -> None:
    event, _ = await town(world)
    await search(world, "Bopha", f"/desk/events/{event['slug']}/find")
    rows = await fetch("SELECT facts FROM audit_entry WHERE action = 'names_read'")
    assert len(rows) == 1
    assert "Bopha" not in str(rows[0]["facts"])
    assert '"searched"' in str(rows[0]["facts"])
    async with world.desk("korea") as desk:
        page = (await desk.get(f"/desk/events/{event['slug']}/find?text=Bopha")).text
    assert "Heng Bopha" not in page


async def test_who_helps_with_one_event_finds_nobody(world: World) -> None:
    event, _ = await town(world)
    async with await helper_of(world, event) as helper:
        assert (await helper.get(f"/api/v1/events/{event['slug']}/stats")).status_code == 200
        assert (await helper.get(f"/api/v1/events/{event['slug']}/registrations")).status_code == 403
