"""Ten towns from one table, a campaign as one thing, and what is changed in many events at once."""

import re
from datetime import date
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from app.database.connection import fetch
from tests.web.test_desk_parties import get, nonce_in, press
from tests.world import World

LIKE: dict[str, Any] = {
    "title": {"km": "បុណ្យចូលឆ្នាំខ្មែរ នៅស៊ូវ៉ុន", "en": "Khmer New Year in Suwon"},
    "starts_at": "2090-04-11T09:00",
    "ends_at": "2090-04-11T17:00",
    "venue": "Manseok Park",
    "capacity": 3000,
    "registration_closes_at": "2090-04-09T18:00",
    "pickup_points": [{"name": "Hwaseong", "departs_at": "2090-04-11T07:30", "seats": 45}],
    "campaign": "New Year 2090",
}
TEN = """town\tday\thours\tplaces\tvenue\tbus
Busan\t18/04/2090\t09:00-17:00\t2,000\tBEXCO lawn\t
Daegu\t18/04/2090\t10:00–16:00\t១៥០០\tDuryu Park\tPohang 07:30-17:30 45; Gumi 08:00
\t\t\t\t\t
Incheon\t31/04/2090\t09:00-17:00\t1200\tWolmi\t
Daejeon\t2090-04-25\t17:00-09:00\t900\tExpo\tSejong
Jeju\t25 April 2090\t\t\t\t
"""


async def table(world: World, who: str = "korea", file: tuple[str, bytes] | None = None, **typed: str) -> Any:
    async with world.desk(who) as desk:
        files = {"file": (file[0], file[1])} if file else {"file": ("", b"")}
        return await desk.post("/desk/campaigns/table?lang=en", data=typed, files=files)


def rows_of(page: str) -> list[tuple[str, str]]:
    """Each town with what is said of it."""
    body = page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    return [
        (re.findall(r"<strong>([^<]*)</strong>", row)[0], re.findall(r'class="badge (\w+)"', row)[0])
        for row in body.split("</tr>")[:-1]
    ]


async def drafts(world: World) -> list[dict[str, Any]]:
    async with world.api("korea") as api:
        found = (await api.get("/api/v1/events")).json()["items"]
    return [each for each in found if each["state"] == "draft"]


async def test_a_table_is_looked_at_and_its_right_rows_are_made(world: World) -> None:
    like = await world.event(**LIKE)
    first = await table(world, like=like["slug"], table=TEN, campaign="New Year 2090", do="look")
    assert rows_of(first.text) == [
        ("Busan", "good"), ("Daegu", "good"), ("Incheon", "bad"), ("Daejeon", "bad"), ("Jeju", "good"),
    ]  # fmt: skip
    assert "31/04/2090 is no day of the calendar." in first.text
    assert "“Sejong” is not read as a bus." in unescape(first.text)
    assert await drafts(world) == []
    typed = {
        "like": like["slug"], "table": TEN, "campaign": "New Year 2090", "order": "day_first",
        "title.en": "Khmer New Year in {place}", "title.km": "បុណ្យចូលឆ្នាំខ្មែរ នៅ {place}", "nonce": nonce_in(first.text),
    }  # fmt: skip
    made = await table(world, **typed, do="make")
    again = await table(world, **typed, do="make")  # the second tap
    assert "3 drafts are made." in made.text
    assert "3 drafts are made." in again.text
    found = {each["title"]["en"]: each for each in await drafts(world)}
    assert set(found) == {"Khmer New Year in Busan", "Khmer New Year in Daegu", "Khmer New Year in Jeju"}
    daegu = found["Khmer New Year in Daegu"]
    assert (daegu["starts_at"][:16], daegu["ends_at"][:16]) == ("2090-04-18T10:00", "2090-04-18T16:00")
    assert daegu["capacity"] == 1500
    assert daegu["registration_closes_at"][:16] == "2090-04-16T19:00"
    assert [(bus["name"], bus["departs_at"][:16], bus["seats"]) for bus in daegu["pickup_points"]] == [
        ("Pohang", "2090-04-18T07:30", 45), ("Gumi", "2090-04-18T08:00", None),
    ]  # fmt: skip
    jeju = found["Khmer New Year in Jeju"]
    assert (jeju["starts_at"][:16], jeju["capacity"], jeju["venue"]) == ("2090-04-25T09:00", 3000, "")
    left = unescape(re.findall(r'<textarea id="table"[^>]*>(.*?)</textarea>', made.text, re.DOTALL)[0])
    assert [line.split("\t")[0] for line in left.splitlines()] == ["place", "Incheon", "Daejeon"]
    mended = left.replace("31/04/2090", "30/04/2090").replace("17:00-09:00", "09:00-17:00").replace("Sejong", "")
    after = await table(world, **{**typed, "table": mended}, do="make")
    assert "2 drafts are made." in after.text
    assert len(await drafts(world)) == 5


async def test_which_way_round_a_date_is_is_asked_once(world: World) -> None:
    like = await world.event(**LIKE)
    text = "town\tday\nBusan\t05/04/2090\nDaegu\t06/04/2090"
    asked = await table(world, like=like["slug"], table=text, do="make")
    assert "Which way round is 05/04/2090?" in asked.text
    assert await drafts(world) == []
    typed = {"like": like["slug"], "table": text, "nonce": nonce_in(asked.text), "title.en": "In {place}"}
    await table(world, **typed, order="month_first", do="make")
    assert {each["starts_at"][:10] for each in await drafts(world)} == {"2090-05-04", "2090-06-04"}
    sure = await table(world, like=like["slug"], table=f"{text}\nJeju\t13/04/2090", do="look")
    assert "Which way round" not in sure.text


def workbook(rows: list[list[Any]]) -> bytes:
    packed = BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True, "default_date_format": "dd/mm/yy"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return packed.getvalue()


SHEET = ["Busan", date(2090, 4, 18), "9-17", 2000, "벡스코"]


@pytest.mark.parametrize(
    "file",
    [
        (
            "towns.xlsx",
            workbook([["Town", "Date", "Hours", "Places", "Venue"], SHEET]),
        ),
        ("towns.csv", "\ufefftown;day;hours;places;venue\r\nBusan;18.04.2090;9-17;2 000;벡스코\r\n".encode()),
        ("towns.csv", 'town,day,hours,places,venue\nBusan,18/04/2090,09:00-17:00,"2,000",벡스코\n'.encode("cp949")),
        ("towns.txt", "town\tday\thours\tplaces\tvenue\nBusan\t18/04/2090\t9-17\t2000\t벡스코\n".encode("utf-16")),
    ],
    ids=["xlsx", "bom and semicolons", "cp949", "utf-16"],
)
async def test_files_as_spreadsheets_write_them(world: World, file: tuple[str, bytes]) -> None:
    like = await world.event(**LIKE)
    looked = await table(world, file=file, like=like["slug"], do="look")
    assert rows_of(looked.text) == [("Busan", "good")]
    assert "벡스코" in looked.text
    typed = {"like": like["slug"], "nonce": nonce_in(looked.text), "title.en": "In {place}"}
    await table(world, **typed, file=file, do="make")
    (made,) = await drafts(world)
    assert (made["capacity"], made["starts_at"][:16], made["venue"]) == (2000, "2090-04-18T09:00", "벡스코")


def bomb() -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", b"0" * (51 * 1024 * 1024))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04 nothing of a workbook", "not read as a table"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\0", "not read as a table"),
        (bomb(), "too large"),
        (b"x" * (5 * 1024 * 1024 + 1), "too large"),
    ],
    ids=["broken", "picture", "bomb", "large"],
)
async def test_files_that_are_no_tables_are_refused_beside_the_file(world: World, content: bytes, told: str) -> None:
    like = await world.event(**LIKE)
    refused = await table(world, file=("x.xlsx", content), like=like["slug"], campaign="Kept", do="look")
    assert refused.status_code == 422
    assert told in re.findall(r'id="file-wrong">([^<]+)<', refused.text)[0]
    assert 'value="Kept"' in refused.text


async def test_formulas_and_markup_in_cells_are_text(world: World) -> None:
    like = await world.event(**LIKE)
    text = "town\tday\tvenue\n=cmd|x\t2090-04-18\t<script>alert(1)</script>{{ 7*7 }}"
    looked = await table(world, like=like["slug"], table=text, do="look")
    assert "<script>alert" not in looked.text
    assert "{{ 7*7 }}" in unescape(looked.text)


async def test_only_own_events_are_taken_for_a_table(world: World) -> None:
    like = await world.event(**LIKE)
    foreign = await table(world, "japan", like=like["slug"], table=TEN, do="make")
    assert foreign.status_code == 422
    assert await drafts(world) == []
    assert (await get(world, f"/desk/campaigns/table?like={like['slug']}", "japan")).status_code == 404


# -- one campaign ---------------------------------------------------------------------------------------------------


async def three(world: World) -> tuple[str, list[dict[str, Any]]]:
    events = [
        await world.event(**{**LIKE, "title": {"en": f"New Year in {town}"}, "venue": town}, publish=town != "Jeju")
        for town in ("Suwon", "Busan", "Jeju")
    ]
    return "new-year-2090-kr", events


async def test_a_campaign_has_one_page_one_calendar_and_a_filter(world: World) -> None:
    address, events = await three(world)
    other = await world.event(title={"en": "Another"})
    async with world.stranger as anyone:
        page = await anyone.get(f"/en/campaigns/{address}")
        feed = await anyone.get(f"/calendars/en/campaigns/{address}.ics")
        listed = (await anyone.get(f"/api/v1/events?campaign={address}")).json()["items"]
        assert (await anyone.get("/en/campaigns/nothing-kr")).status_code == 404
        assert (await anyone.get("/calendars/en/campaigns/nothing-kr.ics")).status_code == 404
        assert (await anyone.get("/api/v1/events?campaign=nothing")).status_code == 404
    assert page.status_code == 200
    assert "New Year in Suwon" in page.text
    assert "New Year in Jeju" not in page.text  # a draft
    assert other["slug"] not in page.text
    assert sorted(re.findall(r"SUMMARY.*?:(.*)\r", feed.text)) == ["New Year in Busan", "New Year in Suwon"]
    assert {each["slug"] for each in listed} == {events[0]["slug"], events[1]["slug"]}


async def test_a_campaign_is_called_otherwise_in_public(world: World) -> None:
    address, _ = await three(world)
    path = f"/desk/campaigns/{address}"
    wrong = await press(world, f"{path}/name", **{"names.ko": "크메르 설날"})
    assert wrong.status_code == 422
    assert (await press(world, f"{path}/name", **{"names.en": "Ten towns", "names.ko": "열 도시"})).status_code == 303
    assert (await press(world, f"{path}/name", who="japan", **{"names.en": "Ours"})).status_code == 404
    async with world.stranger as anyone:
        assert "<h1>Ten towns</h1>" in (await anyone.get(f"/en/campaigns/{address}")).text
        assert "X-WR-CALNAME:Ten towns" in (await anyone.get(f"/calendars/en/campaigns/{address}.ics")).text


async def test_many_are_changed_at_once_seen_before_and_taken_back(world: World) -> None:
    address, events = await three(world)
    path = f"/desk/campaigns/{address}"
    ticked = {f"event.{event['slug']}": "on" for event in events}
    given = {"notice.en": "Bring water", "registration_closes_at": "2090-04-10T12:00", "capacity": "2500"}
    assert (await press(world, path, do="change", **ticked)).status_code == 422
    assert (await press(world, path, do="change", **given)).status_code == 422
    asked = await press(world, path, do="change", **ticked, **given)
    assert "Change 3 events" in asked.text
    assert "Bring water" in asked.text

    async def now() -> list[tuple[Any, ...]]:
        async with world.api("korea") as api:
            found = [(await api.get(f"/api/v1/events/{event['slug']}")).json() for event in events]
        return [(each["notice"], each["registration_closes_at"][:16], each["capacity"]) for each in found]

    before = await now()
    hidden = dict(re.findall(r'type="hidden" name="(act)" value="([^"]+)"', asked.text))
    done = await press(world, path, do="change", sure="on", **ticked, **given, **hidden)
    assert "Done for 3 events." in done.text
    assert await now() == [({"en": "Bring water"}, "2090-04-10T12:00", 2500)] * 3
    async with world.api("korea") as api:  # what somebody else changes since stays
        await api.patch(f"/api/v1/events/{events[0]['slug']}", json={"capacity": 700})
    assert (await press(world, path, who="japan", do="change_back", **ticked, **hidden)).status_code == 404
    await press(world, path, do="change_back", **ticked, **hidden)
    assert await now() == [(before[0][0], before[0][1], 700), before[1], before[2]]
    twice = await press(world, path, do="change_back", **ticked, **hidden)
    assert "Done for 0 events." in twice.text
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'events_changed'")) == 3


async def test_what_does_not_fit_one_of_them_is_said_and_the_others_change(world: World) -> None:
    address, events = await three(world)
    await world.party(events[0], 5)
    ticked = {f"event.{event['slug']}": "on" for event in events}
    path = f"/desk/campaigns/{address}"
    asked = await press(world, path, do="change", **ticked, capacity="3")
    assert "Change 2 events" in asked.text
    await press(world, path, do="change", sure="on", **ticked, capacity="3")
    rows = await fetch("SELECT capacity FROM event ORDER BY number")
    assert [row["capacity"] for row in rows] == [3000, 3, 3]


async def test_drafts_of_a_campaign_are_published_together_after_a_look(world: World) -> None:
    address, events = await three(world)
    path, ticked = f"/desk/campaigns/{address}", {f"event.{events[2]['slug']}": "on"}
    asked = await press(world, path, do="publish", **ticked)
    assert "There is no picture" in asked.text
    done = await press(world, path, do="publish", sure="on", **ticked)
    assert "Done for 1 event." in done.text
    async with world.stranger as anyone:
        assert "New Year in Jeju" in (await anyone.get(f"/en/campaigns/{address}")).text
    act = dict(re.findall(r'type="hidden" name="(act)" value="([^"]+)"', done.text))
    await press(world, path, do="publish_back", **ticked, **act)
    async with world.stranger as anyone:
        assert (await anyone.get(f"/en/events/{events[2]['slug']}")).status_code == 404


async def test_next_years_campaign_is_made_of_this_years(world: World) -> None:
    address, before = await three(world)
    for days, event in zip((60, 3), before, strict=False):  # one as long as was usual then, one shorter than is now
        await fetch("UPDATE event SET retention_days = $2 WHERE slug = $1", event["slug"], days)
    path = f"/desk/campaigns/{address}"
    nonce = nonce_in((await get(world, path)).text)
    wrong = await press(world, f"{path}/again", word="New Year 2090", first_day="2091-04-15", nonce=nonce)
    assert wrong.status_code == 422
    answers = [
        await press(world, f"{path}/again", word="New Year 2091", first_day="2091-04-15", nonce=nonce) for _ in range(2)
    ]
    assert [answer.headers["location"] for answer in answers] == ["/desk/campaigns/new-year-2091-kr"] * 2
    made = [each for each in await drafts(world) if each["campaign"] == "New Year 2091"]
    assert len(made) == 3
    assert {each["starts_at"][:16] for each in made} == {"2091-04-15T09:00"}
    assert {each["pickup_points"][0]["departs_at"][:16] for each in made} == {"2091-04-15T07:30"}
    assert sorted(each["retention_days"] for each in made) == [3, 14, 14]


# -- what a hostile reader found ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("town\tday\n" + "x" * 140_000 + "\t2090-04-18", "not read as a table"),
        ("\n".join(f"Town {n}\t2090-04-18" for n in range(201)), "at most 200 rows"),
    ],
    ids=["a cell without end", "too many rows"],
)
async def test_tables_that_are_too_much_are_refused_whole(world: World, text: str, told: str) -> None:
    like = await world.event(**LIKE)
    refused = await table(world, like=like["slug"], table=text, do="make")
    assert refused.status_code == 422
    assert told in re.findall(r'id="table-wrong">([^<]+)<', refused.text)[0]
    assert await drafts(world) == []


async def test_a_lone_quote_a_bus_with_commas_and_khmer_names_survive_mending(world: World) -> None:
    like = await world.event(**LIKE)
    head = "town\ttown in khmer\tday\tvenue\tbus\n"
    rows = 'Busan\tប៊ូសាន\t2090-04-18\t"Golden Hall\tPohang 07:30, 45; Gumi 08:00, 45\nDaegu\tដេហ្គូ\t2090-04-31\tPark\t'
    made = await table(world, like=like["slug"], table=head + rows, do="make")
    assert [each["title"]["km"] for each in await drafts(world)] == ["បុណ្យចូលឆ្នាំខ្មែរ នៅ ប៊ូសាន"]
    assert len((await drafts(world))[0]["pickup_points"]) == 2
    left = unescape(re.findall(r'<textarea id="table"[^>]*>(.*?)</textarea>', made.text, re.DOTALL)[0])
    await table(world, like=like["slug"], table=left.replace("04-31", "04-30"), do="make")
    assert {each["title"]["km"].split()[-1] for each in await drafts(world)} == {"ប៊ូសាន", "ដេហ្គូ"}


async def test_the_order_of_dates_is_asked_of_each_table_that_needs_it(world: World) -> None:
    like = await world.event(**LIKE)
    clear = await table(world, like=like["slug"], table="town\tday\nBusan\t2090-04-18", do="look")
    assert 'name="order"' not in clear.text


async def test_publishing_together_is_taken_back_alone(world: World) -> None:
    address, events = await three(world)
    path, ticked = f"/desk/campaigns/{address}", {f"event.{event['slug']}": "on" for event in events}
    asked = await press(world, path, do="publish", **ticked)
    assert "Publish 1 event" in asked.text  # two are public already
    act = dict(re.findall(r'type="hidden" name="(act)" value="([^"]+)"', asked.text))
    await press(world, path, do="publish", sure="on", **ticked, **act)
    async with world.api("korea") as api:
        await api.post(f"/api/v1/events/{events[2]['slug']}/cancel", json={})
        await press(world, path, do="publish_back", **ticked, **act)
        found = [(await api.get(f"/api/v1/events/{event['slug']}")).json()["state"] for event in events]
    assert found == ["published", "published", "cancelled"]


async def test_odd_fields_of_a_campaign_are_refused_and_ticks_are_kept(world: World) -> None:
    address, events = await three(world)
    path, first = f"/desk/campaigns/{address}", {f"event.{events[0]['slug']}": "on"}
    for odd in ({"notice": "hello"}, {"description.0": "x"}, {"bring": "x"}):
        assert (await press(world, path, do="change", **first, **odd)).status_code == 422
    refused = await press(world, path, do="change", **first)
    assert re.findall(r'name="event\.([^"]+)" value="on" checked', refused.text) == [events[0]["slug"]]


async def test_a_campaign_of_drafts_is_nobodys_business(world: World) -> None:
    await world.event(**{**LIKE, "campaign": "Secret"}, publish=False)
    async with world.stranger as anyone:
        for path in (
            "/calendars/en/campaigns/secret-kr.ics",
            "/en/campaigns/secret-kr",
            "/api/v1/events?campaign=secret-kr",
        ):
            assert (await anyone.get(path)).status_code == 404, path


async def test_a_workbook_is_read_wherever_the_server_was_started(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    like = await world.event(**LIKE)
    monkeypatch.chdir(tmp_path)
    rows = workbook([["Town", "Date"], ["Busan", date(2090, 4, 18)]])
    looked = await table(world, file=("towns.xlsx", rows), like=like["slug"], do="look")
    assert rows_of(looked.text) == [("Busan", "good")]


async def test_fifty_megabytes_are_refused_before_they_are_read(world: World) -> None:
    like = await world.event(**LIKE)
    refused = await table(world, file=("towns.csv", b"x" * (50 * 1024 * 1024)), like=like["slug"], do="look")
    assert refused.status_code == 413


async def test_a_campaigns_name_is_not_overwritten_by_a_form_that_was_open(world: World) -> None:
    address, _ = await three(world)
    path = f"/desk/campaigns/{address}"
    await press(world, f"{path}/name", **{"names.en": "First", "names.km": "ទីមួយ"})
    was = unescape(re.findall(r'name="was" value="([^"]*)"', (await get(world, path)).text)[0])
    await press(world, f"{path}/name", was=was, **{"names.en": "Second", "names.km": "ទីមួយ"})
    other = await press(world, f"{path}/name", was=was, **{"names.en": "First", "names.km": "ទីពីរ"})
    assert other.status_code == 303
    async with world.stranger as anyone:
        assert "<h1>Second</h1>" in (await anyone.get(f"/en/campaigns/{address}")).text
        assert "<h1>ទីពីរ</h1>" in (await anyone.get(f"/km/campaigns/{address}")).text.replace("\u200b", "")
    both = await press(world, f"{path}/name", was=was, **{"names.en": "Third", "names.km": "ទីមួយ"})
    assert both.status_code == 412
