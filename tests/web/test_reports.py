"""Numbers: how an event fills, what its day was, all events together, and what is taken out as files."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as Xml

import openpyxl
import pypdfium2
import pytest

from app.database.connection import current, fetch, insert, write
from app.reports.export import _as_listed
from app.reports.files import comma_separated, workbook
from app.reports.plots import Bar, bars, growing
from app.seats.few import OTHER, told, told_in_order
from app.seats.tally import _MOVED_UP, tally_ended
from models.tickets import Admission
from tests.storage.test_jobs import end
from tests.web.test_desk_parties import get, press
from tests.world import World, helper_of


def sheet_of(content: bytes, name: str = "") -> Any:
    """A sheet (the first) of a workbook as another program reads it."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return book[name or book.sheetnames[0]]


def total(page: str, label: str) -> str:
    """What the page says under a label."""
    found = re.search(rf"<dt>{label}</dt><dd>\s*(-?\d+)", page)
    assert found, label
    return found[1]


async def lively(world: World, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An event with seven people who registered, two of whom came, and a group without tickets."""
    event = await world.event(capacity=50, **more)
    party = await world.party(event, 2)
    await world.party(event, 5, children=1, language="en")
    device = await world.gate(event)
    await world.scan(device, *({"code": ticket["code"]} for ticket in party["tickets"]))
    async with world.phone(device["token"]) as phone:
        group = {"nonce": uuid4().hex, "size": 3, "children": 0, "at": datetime.now(UTC).isoformat()}
        assert (await phone.post("/gate/api/walk-ins", json=group)).status_code == 200
    return event, device


async def test_the_board_says_how_it_stands_now_and_what_it_was(world: World) -> None:
    event, _ = await lively(world)
    path = f"/desk/events/{event['slug']}/board"
    page = (await get(world, path)).text
    facts = {
        "Registered": "7",
        "Came in with a ticket": "2",
        "Without ticket": "3",
        "All who came": "5",
        "Still expected": "5",
    }
    assert {label: total(page, label) for label in facts} == facts
    assert "data-live" in page
    assert "&lt;5" in page or "<5" in page  # one child is not told
    await end(event)
    await tally_ended()
    over = (await get(world, path)).text
    assert {label: total(over, label) for label in ("Registered", "Came in with a ticket", "Did not come")} == {
        "Registered": "7", "Came in with a ticket": "2", "Did not come": "5",
    }  # fmt: skip
    assert "data-live" not in over
    assert (await get(world, path, "japan")).status_code == 404
    assert (await get(world, path, "hq")).status_code == 200


async def test_unchanged_numbers_are_not_counted_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event, _ = await lively(world)
    path = f"/desk/events/{event['slug']}/board/live"
    monkeypatch.setattr("app.reports.desk.LOOKS", 10**9)
    async with world.desk("korea") as desk:
        first = await desk.get(path)
        again = await desk.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        await world.party(event, 1)
        third = await desk.get(path, headers={"if-none-match": first.headers["etag"]})
        assert third.status_code == 200


async def test_small_groups_are_told_together_everywhere(world: World) -> None:
    event = await world.event(pickup_points=[{"name": "Osan", "seats": 45}, {"name": "Suwon", "seats": 45}])
    osan, suwon = (point["id"] for point in event["pickup_points"])
    await world.party(event, 5, pickup_point=osan, language="km")
    await world.party(event, 3, pickup_point=suwon, language="en")
    page = (await get(world, f"/desk/events/{event['slug']}/board")).text
    buses = page.split("<h2>Buses</h2>")[1].split("</section>")[0]
    assert re.findall(r'scope="row">([^<]+)</th>\s*<td>(\d+)', buses) == [("other", "8")]
    file = await get(world, f"/desk/events/{event['slug']}/report.xlsx?lang=en")
    assert [[cell.value for cell in row] for row in sheet_of(file.content, "Buses").rows] == [
        ["Buses", "People"],
        ["other", 8],
    ]
    assert ["Registered", 8] in [[cell.value for cell in row] for row in sheet_of(file.content, "Totals").rows]
    await end(event)
    await tally_ended()
    async with world.api("korea") as api:
        tally = (await api.get(f"/api/v1/events/{event['slug']}/stats")).json()["tally"]
    assert [each["people"] for each in tally if each["measure"] in {"bus", "language"}] == [8, 8]


async def asked(world: World, path: str, by: str = "korea") -> Any:
    """What the API answers a script."""
    async with world.api(by) as api:
        answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_program_reads_the_same_report(world: World) -> None:
    event, _ = await lively(world)
    report = await asked(world, f"/api/v1/events/{event['slug']}/report")
    assert not report["over"]
    assert (report["registered"], report["parties"], report["came"], report["not_come"]) == (7, 2, 2, 5)
    assert (report["walk_ins"], report["all_who_came"]) == (3, 5)
    assert report["children"] is None  # one child: one might know which
    assert [each["people"] for each in report["by_day"]] == [7]
    assert report["languages"] == [{"key": "en", "people": 7}]
    assert report["arrivals"] == []  # two came, which is too few to tell
    await end(event)
    await tally_ended()
    after = await asked(world, f"/api/v1/events/{event['slug']}/report")
    assert after["over"]
    assert {**after, "over": False, "by_day": report["by_day"]} == report


async def test_a_helper_is_told_breakdowns_once_it_is_over(world: World) -> None:
    event = await world.event()
    for language in ("km", "en"):
        await world.party(event, 5, language=language)
    path = f"/api/v1/events/{event['slug']}/report"
    assert len((await asked(world, path))["languages"]) == 2
    async with await helper_of(world, event) as helper:
        early = (await helper.get(path)).json()
        assert (early["registered"], early["languages"], early["invitations"]) == (10, [], [])
        await end(event)
        await tally_ended()
        assert len((await helper.get(path)).json()["languages"]) == 2


def test_groups_of_under_five_are_never_told() -> None:
    assert told({"km": 20, "en": 6, "ko": 3, "ja": 3}) == {"km": 20, "en": 6, OTHER: 6}
    assert told({"km": 20, "en": 6, "ko": 1}) == {"km": 20, OTHER: 7}
    assert told({"km": 3}) == {}
    assert told({"km": 9, "en": 0}) == {"km": 9}
    assert told_in_order({"09:00": 2, "09:15": 4, "09:30": 9, "09:45": 1}) == {"09:00": 6, "09:30": 10}
    assert told_in_order({"09:00": 2}) == {}


# -- all events -----------------------------------------------------------------------------------------------------


async def test_hq_sees_every_country_and_an_attache_the_own(world: World) -> None:
    korea, _ = await lively(world, campaign="New Year")
    japan = await world.event("japan", host_country="JP", time_zone="", title={"en": "In Tokyo"})
    await world.party(japan, 4)
    await end(korea)
    await tally_ended()
    page = (await get(world, "/desk/reports", "hq")).text
    assert (total(page, "Events"), total(page, "Registered"), total(page, "All who came")) == ("2", "11", "5")
    assert "In Tokyo" in page
    assert "<svg" in page
    own = (await get(world, "/desk/reports")).text
    assert "In Tokyo" not in own
    assert total(own, "Registered") == "7"
    asked = (await get(world, "/desk/reports?campaign=New+Year&lang=en", "hq")).text
    assert "In Tokyo" not in asked.split("<h2>Events</h2>")[1]
    assert "No event fits." in (await get(world, "/desk/reports?year=1999&lang=en", "hq")).text


async def test_two_ways_of_telling_leave_no_difference(world: World) -> None:
    """Groups of the report and of the stats are the same, so that one taken from the other tells nobody."""
    event = await world.event(pickup_points=[{"name": "Osan", "seats": 45}, {"name": "Suwon", "seats": 45}])
    osan, suwon = (point["id"] for point in event["pickup_points"])
    for size, more in ((5, {"pickup_point": osan}), (3, {"pickup_point": osan}), (5, {"pickup_point": suwon}), (2, {})):
        await world.party(event, size, **more)
    (first,) = await fetch("SELECT starts_at FROM event")
    times = [(0, 6), (60, 2), (24 * 60, 7)]  # minutes after the start, people
    tickets = [each["id"] for each in await fetch("SELECT id FROM ticket")]
    for after, many in times:
        at = first["starts_at"] + timedelta(minutes=after)
        for ticket in (tickets.pop() for _ in range(many)):
            row = {"id": uuid4(), "event": UUID(event["id"]), "ticket": ticket, "day": "once", "scan": uuid4()}
            await insert(Admission, {**row, "admitted_at": at})
    await end(event)
    await tally_ended()
    report = await asked(world, f"/api/v1/events/{event['slug']}/report")
    tally = (await asked(world, f"/api/v1/events/{event['slug']}/stats"))["tally"]
    for told_as, measure in (("buses", "bus"), ("languages", "language"), ("arrivals", "arrivals")):
        stats = {f"{each['day']} {each['key']}".strip(): each["people"] for each in tally if each["measure"] == measure}
        assert stats == {each["key"]: each["people"] for each in report[told_as]}, told_as
        assert min(stats.values()) >= 5
    assert sum(each["people"] for each in report["buses"]) == report["registered"] == 15


async def test_invitations_are_told_to_whoever_hands_them_out(world: World) -> None:
    event = await world.event()
    async with world.api("korea") as api:
        link = (
            await api.post(f"/api/v1/events/{event['slug']}/invitations", json={"label": "Wat", "party_limit": 9})
        ).json()
    await world.party(event, 8, invitation=link["key"])
    await end(event)
    await tally_ended()
    path = f"/api/v1/events/{event['slug']}"
    mine = (await asked(world, f"{path}/stats"))["tally"]
    assert [each["people"] for each in mine if each["measure"] == "invitation"] == [8]
    assert (await asked(world, f"{path}/report"))["invitations"] == [{"key": link["id"], "people": 8}]
    async with await helper_of(world, event) as helper:
        theirs = (await helper.get(f"{path}/stats")).json()["tally"]
        assert "invitation" not in {each["measure"] for each in theirs}
        assert (await helper.get(f"{path}/report")).json()["invitations"] == []


async def test_who_moved_up_is_counted_while_it_goes_on(world: World) -> None:
    event = await world.event(capacity=5)
    first = await world.party(event, 5)
    await world.party(event, 2, accept_waiting=True)
    async with world.stranger as client:
        assert (await client.delete(f"/api/v1/registrations/{first['key']}")).status_code in {200, 204}
    path = f"/api/v1/events/{event['slug']}/report"
    assert (await asked(world, path))["moved_up"] == 2
    await end(event)
    await tally_ended()
    assert (await asked(world, path))["moved_up"] == 2


async def test_who_moved_up_is_found_without_reading_the_whole_history(world: World) -> None:
    event = await world.event()
    lite = current().engine_type == "sqlite"
    if lite:
        rows = await fetch(f"EXPLAIN QUERY PLAN {_MOVED_UP}", event["id"])
    else:  # a table this small would be read whole
        async with write():
            await fetch("SET LOCAL enable_seqscan = off")
            rows = await fetch(f"EXPLAIN {_MOVED_UP}", UUID(event["id"]))
    assert "audit_entry_moved_up" in str(rows)


async def test_a_program_adds_up_what_it_may_see(world: World) -> None:
    korea, _ = await lively(world, campaign="New Year")
    japan = await world.event("japan", host_country="JP", time_zone="", title={"en": "In Tokyo"})
    await world.party(japan, 4)
    await world.event(publish=False)
    await end(korea)
    await tally_ended()
    everything = await asked(world, "/api/v1/reports", "hq")
    assert (everything["all"]["events"], everything["all"]["registered"]) == (2, 11)
    told_of = {each["key"]: each for each in everything["by_host_country"]}
    assert sorted(told_of) == ["JP", "KR"]
    assert (told_of["KR"]["came"], told_of["KR"]["walk_ins"], told_of["KR"]["no_show"]) == (2, 3, 71)
    assert told_of["JP"]["no_show"] is None  # it is not over
    assert sorted(each["key"] for each in everything["by_campaign"]) == ["", "New Year"]
    assert sum(each["registered"] for each in everything["by_month"]) == 11
    own = await asked(world, "/api/v1/reports")
    assert [each["key"] for each in own["by_host_country"]] == ["KR"]
    assert (await asked(world, "/api/v1/reports?campaign=New+Year", "hq"))["all"]["registered"] == 7
    assert (await asked(world, "/api/v1/reports?host_country=jp", "hq"))["all"]["registered"] == 4
    assert (await asked(world, "/api/v1/reports?year=2001", "hq"))["all"]["events"] == 0
    async with world.api("hq") as api:
        answer = await api.get("/api/v1/reports?year=soon")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "year"


async def test_the_overview_as_files_that_others_open(world: World) -> None:
    event = await world.event(title={"en": "=HYPERLINK(1)"}, campaign="+1")
    await world.party(event, 4)
    file = await get(world, "/desk/reports/events.xlsx?lang=en", "hq")
    rows = [[cell.value for cell in row] for row in sheet_of(file.content).rows]
    assert rows[0][:3] == ["Host country", "Campaign", "Event"]
    assert rows[1][1:3] == ["+1", "=HYPERLINK(1)"]
    cells = sheet_of(file.content)
    assert cells["C2"].data_type == "s"
    text = (await get(world, "/desk/reports/events.csv?lang=en", "hq")).content
    assert text.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert read[1][1:3] == ["'+1", "'=HYPERLINK(1)"]
    assert (await get(world, "/desk/reports/else.csv", "hq")).status_code == 404


def test_cells_of_any_kind_stay_what_they_are() -> None:
    rows: list[list[str | int | None]] = [["Head"], ["0123"], ["+82 10"], ["@x"], ["-1"], [12], [None], ["សុខ"]]
    read = list(csv.reader(io.StringIO(comma_separated(rows).decode("utf-8-sig"))))
    assert [row[0] for row in read] == ["Head", "'0123", "'+82 10", "'@x", "'-1", "12", "", "សុខ"]
    sheet = sheet_of(workbook([("A", rows)]))
    assert [sheet.cell(row, 1).value for row in range(1, 9)] == ["Head", "0123", "+82 10", "@x", "-1", 12, None, "សុខ"]


@pytest.mark.parametrize("values", [[], [Bar("a", 0)], [Bar('<&"', 3, 2)], [Bar(str(n), n * n, n) for n in range(60)]])
def test_plots_are_drawings_that_parse(values: list[Bar]) -> None:
    for drawn in (bars(values, "T < itle"), growing(values, "T")):
        assert not drawn or Xml.fromstring(drawn).tag == "svg"
        assert "style" not in drawn


# -- lists ----------------------------------------------------------------------------------------------------------


async def test_a_list_has_names_only_for_a_reason_that_is_kept(world: World) -> None:
    event = await world.event()
    await world.party(event, 2, name="=Sok Dara", phone="010-1234-5678")
    await world.party(event, 1, name="Chan")
    path = f"/desk/events/{event['slug']}/export"
    plain = await press(world, path, kind="csv")
    rows = list(csv.reader(io.StringIO(plain.content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert "Sok Dara" not in plain.text
    refused = await press(world, path, kind="csv", names="on")
    assert refused.status_code == 422
    assert 'id="reason-wrong"' in refused.text
    named = await press(world, path, kind="csv", names="on", reason="Badges for the monks")
    assert "'=Sok Dara" in named.text
    assert "'+821012345678" in named.text
    audit = await fetch("SELECT facts, sealed_words FROM audit_entry WHERE action = 'exported'")
    assert len(audit) == 2
    assert "Badges" not in str(audit)
    sheet = sheet_of((await press(world, path, kind="xlsx", names="on", reason="x")).content)
    assert "=Sok Dara" in [cell.value for cell in sheet[2]]
    for who, status in (("japan", 404), ("hq", 403)):
        assert (await press(world, path, who=who, kind="csv")).status_code == status


async def test_who_sees_no_names_sees_no_person_come_after_another(world: World) -> None:
    event, _ = await lively(world)
    path = f"/desk/events/{event['slug']}/board"
    assert "<h2>Languages</h2>" in (await get(world, path)).text
    live = (await get(world, path, "hq")).text
    assert "<h2>Languages</h2>" not in live
    assert total(live, "Registered") == "7"
    await end(event)
    await tally_ended()
    assert "<h2>Languages</h2>" in (await get(world, path, "hq")).text


async def test_the_few_without_a_bus_are_not_told_by_the_total(world: World) -> None:
    event = await world.event(party_limit=20, pickup_points=[{"name": "Osan", "seats": 45}])
    await world.party(event, 15, pickup_point=event["pickup_points"][0]["id"])
    await world.party(event, 2)
    page = (await get(world, f"/desk/events/{event['slug']}/board")).text
    buses = page.split("<h2>Buses</h2>")[1].split("</section>")[0]
    assert re.findall(r'scope="row">([^<]+)</th>\s*<td>(\d+)', buses) == [("other", "17")]


@pytest.mark.parametrize("language", ["km", "en"])
async def test_the_report_on_paper_says_what_the_board_says(world: World, language: str) -> None:
    event, _ = await lively(world)
    await end(event)
    await tally_ended()
    file = await get(world, f"/desk/events/{event['slug']}/report.pdf?lang={language}")
    assert file.headers["content-type"] == "application/pdf"
    document = pypdfium2.PdfDocument(file.content)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    assert len(document) == 1
    for number in ("7", "2", "3", "5"):
        assert number in text.split()
    if language == "en":
        assert "All who came" in text


async def test_a_list_on_paper_is_sorted_and_has_a_box_for_everybody(world: World) -> None:
    event = await world.event()
    for name in ("Zana", "សុខ", "Bopha", "កក្កដា"):
        await world.party(event, 2, name=name)
    path = f"/desk/events/{event['slug']}/export"
    for typed in ({"kind": "pdf"}, {"kind": "pdf", "names": "on"}, {"kind": "exe"}):
        assert (await press(world, path, **typed)).status_code == 422
    file = await press(world, path, kind="pdf", names="on", reason="No phones at this gate")
    document = pypdfium2.PdfDocument(file.content)
    text = document[0].get_textpage().get_text_range()
    assert text.index("Bopha") < text.index("Zana")
    codes = {row["short_code"] for row in await fetch("SELECT short_code FROM registration")}
    assert all(code in text for code in codes)
    assert [row["action"] for row in await fetch("SELECT action FROM audit_entry WHERE action = 'exported'")] == [
        "exported"
    ]


def test_khmer_names_stand_before_latin_ones_in_their_own_order() -> None:
    names = ["Zana", "ស្រី", "សុខ", "bopha", "កក្កដា", "ខេមរា"]
    assert sorted(names, key=_as_listed) == ["កក្កដា", "ខេមរា", "សុខ", "ស្រី", "bopha", "Zana"]
