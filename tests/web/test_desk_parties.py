"""An attaché and the parties of an event: lists, many at once, one party whole, booking by hand, tickets on paper."""

import re
from html import unescape
from io import BytesIO
from typing import Any

import pypdfium2
import pytest

from app.database.connection import fetch
from app.registrations.shapes import MOST_ON_PAPER
from app.seats.counts import miscounted
from tests.web.test_by_hand import BUSES, change, seen, taken
from tests.world import World


async def get(world: World, path: str, who: str = "korea") -> Any:
    async with world.desk(who) as desk:
        return await desk.get(path, params={"lang": "en"} if "?" not in path else None)


async def press(world: World, path: str, who: str = "korea", **typed: str) -> Any:
    async with world.desk(who) as desk:
        return await desk.post(f"{path}?lang=en", data=typed)


def here(event: dict[str, Any], rest: str = "") -> str:
    return f"/desk/events/{event['slug']}/registrations{rest}"


def nonce_in(text: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', text)
    assert found
    return found[1]


def field_of(text: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"|name="{name}" value="([^"]*)"', text)
    assert found, name
    return (found[1] or found[2] or "").replace("&#34;", '"')


# -- lists ---------------------------------------------------------------------------------------------------------


async def test_no_name_is_shown_before_a_list_is_chosen(world: World) -> None:
    event = await world.event(capacity=3)
    await world.party(event, 2, name="Chan Thy")
    await world.party(event, 2, name="Waits", accept_waiting=True)
    first = (await get(world, here(event))).text
    assert "Chan Thy" not in first
    assert re.search(r"Confirmed <strong>1<.*Waiting <strong>1<", first, re.DOTALL)
    assert await fetch("SELECT id FROM audit_entry WHERE action = 'names_read'") == []
    confirmed = (await get(world, here(event, "?show=confirmed&lang=en"))).text
    assert "Chan Thy" in confirmed
    assert "Waits" not in confirmed
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'names_read'")) == 1
    assert (await get(world, here(event, "?show=nothing"))).status_code == 404
    assert (await get(world, here(event, "?bus=x"))).status_code == 404


async def test_who_came_who_did_not_and_who_goes_by_which_bus(world: World) -> None:
    event = await world.event(pickup_points=BUSES)
    osan = event["pickup_points"][0]["id"]
    came = await world.party(event, 1, name="Came")
    await world.party(event, 1, name="Rides", pickup_point=osan)
    await world.scan(await world.gate(event), {"code": came["tickets"][0]["code"]})
    shown = {
        query: re.findall(r">(Came|Rides)</a>", (await get(world, here(event, f"?{query}&lang=en"))).text)
        for query in ("show=came", "show=not_come", f"bus={osan}", "bus=none", "show=all")
    }
    assert shown == {
        "show=came": ["Came"],
        "show=not_come": ["Rides"],
        f"bus={osan}": ["Rides"],
        "bus=none": ["Came"],
        "show=all": ["Came", "Rides"],
    }


async def turned(world: World, event: dict[str, Any], text: str, which: str) -> str:
    link = unescape(re.findall(rf'rel="{which}" href="([^"]+)"', text)[0])
    return str((await get(world, here(event, link))).text)


async def test_pages_go_on_and_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.registrations.desk_parties.ITEMS_A_PAGE", 2)
    event = await world.event()
    for number in range(5):
        await world.party(event, 1, name=f"Guest {number}")
    text, walked = (await get(world, here(event, "?show=all&lang=en"))).text, []
    assert 'rel="prev"' not in text
    while True:
        walked.append(re.findall(r">(Guest \d)</a>", text))
        if 'rel="next"' not in text:
            break
        text = await turned(world, event, text, "next")
    assert walked == [["Guest 0", "Guest 1"], ["Guest 2", "Guest 3"], ["Guest 4"]]
    back = await turned(world, event, text, "prev")
    assert re.findall(r">(Guest \d)</a>", back) == ["Guest 2", "Guest 3"]
    first = await turned(world, event, back, "prev")
    assert re.findall(r">(Guest \d)</a>", first) == ["Guest 0", "Guest 1"]
    assert 'rel="prev"' not in first


async def test_many_move_to_another_bus_and_back_and_who_does_not_fit_is_named(world: World) -> None:
    event = await world.event(pickup_points=BUSES)
    osan, suwon = (point["id"] for point in event["pickup_points"])
    two = await world.party(event, 2, name="Two", pickup_point=osan)
    one = await world.party(event, 1, name="One", pickup_point=osan)
    ticked = {f"party.{party['id']}": "on" for party in (two, one)}
    asked = await press(world, here(event), do="bus", pickup_point=suwon, **ticked)
    assert "3 people → Suwon" in asked.text
    done = await press(world, here(event), do="bus", pickup_point=suwon, sure="on", **ticked)
    assert "Done for 1 party." in done.text
    assert "This bus has no seat left." in done.text or "full" in done.text
    assert ((await seen(world, two))["pickup_point"], (await seen(world, one))["pickup_point"]) == (suwon, osan)
    hidden = dict(re.findall(r'name="(party\.[\w-]+)" value="([\w-]+)"', done.text))
    assert hidden == {f"party.{two['id']}": osan}
    await press(world, here(event), do="bus_back", **hidden)
    assert (await seen(world, two))["pickup_point"] == osan
    assert await miscounted() == []
    other = await world.event(pickup_points=BUSES)
    foreign = await press(world, here(other), do="bus", pickup_point=suwon, sure="on", **ticked)
    assert foreign.status_code == 404


# -- one party -----------------------------------------------------------------------------------------------------


async def test_the_attache_changes_what_the_party_asks_for(world: World) -> None:
    event = await world.event(party_limit=5)
    party = await world.party(event, 2, phone="010-1234-5678")
    path = here(event, f"/{party['id']}")
    was = field_of((await get(world, path)).text, "was")
    answer = await press(
        world,
        path,
        do="change",
        was=was,
        party="7",
        children="1",
        phone="010-9999-1111",
        email="",
        **{"names.2": "Thida"},
    )
    assert answer.status_code == 303, answer.text
    page = (await get(world, path)).text
    assert "Came in: 0 of 7" in page
    assert "Thida" in page
    assert "+821099991111" in page
    assert await taken(event) == (7, 0)
    was = field_of((await get(world, path)).text, "was")
    refused = await press(world, path, do="change", was=was, party="61")
    assert refused.status_code == 422
    assert 'href="#party"' in refused.text
    assert await taken(event) == (7, 0)


async def test_two_who_change_one_party_see_both(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 1)
    path = here(event, f"/{party['id']}")
    was = field_of((await get(world, path)).text, "was")
    assert (await change(world, party, phone="010-1111-2222")).status_code == 200
    both = await press(world, path, do="change", was=was, phone="010-3333-4444")
    assert both.status_code == 412
    assert "+821011112222" in both.text
    assert 'value="010-3333-4444"' in both.text


async def test_one_place_is_given_up_and_one_ticket_renewed(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 3)
    path = here(event, f"/{party['id']}")
    assert (await press(world, path, do="change", drop="2")).status_code == 303
    assert (await press(world, path, do="change", drop="2")).status_code == 303  # the second tap
    assert await taken(event) == (2, 0)
    nonce = nonce_in((await get(world, path)).text)
    links = []
    for _ in range(2):
        answer = await press(world, path, do="reissue_ticket", number="3", nonce=nonce)
        links.append(re.findall(r'id="link" readonly value="([^"]+)"', answer.text.replace("\n  ", " "))[0])
    assert links[0] == links[1]
    device = await world.gate(event)
    said = await world.scan(device, {"code": party["tickets"][2]["code"]}, {"code": links[0].rsplit("/", 1)[1]})
    assert [each["outcome"] for each in said] == ["refused", "admitted"]
    (untouched,) = await world.scan(device, {"code": party["tickets"][0]["code"]})
    assert untouched["outcome"] == "admitted"
    gone = await press(world, path, do="reissue_ticket", number="2", nonce=nonce)
    assert gone.status_code == 409


async def test_the_link_is_shown_again_and_the_party_is_told(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    path = here(event, f"/{party['id']}")
    async with world.stranger as worker:
        assert "data-link-shown" not in (await worker.get(f"/en/r/{party['key']}")).text
    assert (await press(world, path, who="japan", do="show_link")).status_code == 404
    assert (await press(world, path, who="hq", do="show_link")).status_code == 403
    shown = await press(world, path, do="show_link")
    assert f"/r/{party['key']}" in shown.text
    assert party["key"] not in (await get(world, path)).text
    async with world.stranger as worker:
        assert "data-link-shown" in (await worker.get(f"/en/r/{party['key']}")).text
        await worker.post(f"/api/v1/registrations/{party['key']}/erase")
    assert (await press(world, path, do="show_link")).status_code == 404


async def test_what_happened_is_told_in_words_with_who(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    path = here(event, f"/{party['id']}")
    await press(world, path, do="attention", note="Walks slowly")
    page = (await get(world, path)).text
    told = re.findall(r"<span>([^<]+) <span class=\"soft\">([^<]+)</span>", page.split("What happened")[1])
    assert ("The note for the gate was changed.", "Korea") in told
    assert ("A party registered.", "by their link") in told
    assert "Walks slowly" not in page.split("What happened")[1]


async def test_tickets_are_printed_for_whoever_has_no_printer(world: World) -> None:
    event = await world.event(party_limit=10)
    party = await world.party(event, 9)
    path = here(event, f"/{party['id']}/tickets.pdf")
    printed = await get(world, path)
    assert printed.headers["content-type"] == "application/pdf"
    assert len(pypdfium2.PdfDocument(BytesIO(printed.content))) == 2
    assert (await get(world, path, "japan")).status_code == 404
    assert (await get(world, path, "hq")).status_code == 403


# -- booking for others --------------------------------------------------------------------------------------------


async def test_somebody_who_phoned_is_booked_once_also_when_registration_is_paused(world: World) -> None:
    event = await world.event(capacity=8, party_limit=5, registration_paused=True)
    path = here(event, "/new")
    typed = {"nonce": nonce_in((await get(world, path)).text), "name": "Bong Srey", "party": "6", "language": "km"}
    wrong = await press(world, path, **{**typed, "phone": "letters"})
    assert wrong.status_code == 422
    assert 'value="Bong Srey"' in wrong.text
    first, second = [await press(world, path, **typed) for _ in range(2)]
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert "Booked." in (await get(world, first.headers["location"] + "&lang=en")).text
    assert await taken(event) == (6, 0)
    fresh = {**typed, "nonce": nonce_in((await get(world, path)).text), "party": "3"}
    full = await press(world, path, **fresh)
    assert full.status_code == 409
    assert 'id="accept_waiting-wrong"' in full.text
    assert (await press(world, path, **fresh, accept_waiting="on")).status_code == 303
    assert await taken(event) == (6, 3)
    assert (await press(world, path, who="japan", **typed)).status_code == 404


async def test_nobody_is_booked_for_what_is_cancelled_or_over(world: World) -> None:
    event = await world.event()
    path = here(event, "/new")
    typed = {"nonce": nonce_in((await get(world, path)).text), "name": "Late", "party": "1"}
    async with world.api("korea") as api:
        await api.post(f"/api/v1/events/{event['slug']}/cancel", json={})
    refused = await press(world, path, **typed)
    assert refused.status_code == 409
    assert await taken(event) == (0, 0)


async def test_paper_tickets_let_one_in_each_and_those_not_used_are_given_up(world: World) -> None:
    event = await world.event(capacity=12)
    path = f"/desk/events/{event['slug']}/paper"
    typed = {"nonce": nonce_in((await get(world, path)).text), "label": "Pagoda", "people": "10"}
    assert [(await press(world, path, **typed)).status_code for _ in range(2)] == [303, 303]
    assert await taken(event) == (10, 0)
    page = (await get(world, path)).text
    batch = re.findall(rf"{path}/([\w-]+)\"", page)[0]
    printed = await get(world, f"{path}/{batch}")
    document = pypdfium2.PdfDocument(BytesIO(printed.content))
    text = "".join("".join(each.get_textpage().get_text_range().split()) for each in document)
    assert len(document) == 2
    codes = {row["short_code"] for row in await fetch("SELECT short_code FROM registration")}
    assert all(code in text for code in codes)
    more = {**typed, "nonce": nonce_in(page), "people": "3"}
    full = await press(world, path, **more)
    assert full.status_code == 409
    assert await taken(event) == (10, 0)  # all or nothing
    wrong = await press(world, path, label="", people=str(MOST_ON_PAPER + 1))
    assert {"label-wrong", "people-wrong"} <= set(re.findall(r'id="([\w.-]+-wrong)"', wrong.text))
    first = (await fetch("SELECT id, number, short_code FROM registration ORDER BY created_at LIMIT 1"))[0]
    device = await world.gate(event)
    (said,) = await world.scan(device, {"ticket": f"{first['number']}-1"})
    assert said["outcome"] == "admitted"
    assert said["party"]["size"] == 1
    asked = await press(world, path, revoke=batch)
    assert asked.status_code == 422
    assert (await press(world, path, who="japan", revoke=batch, sure="on")).status_code == 404
    assert [(await press(world, path, revoke=batch, sure="on")).status_code for _ in range(2)] == [303, 303]
    assert await taken(event) == (1, 0)
    assert await miscounted() == []
    assert (await get(world, f"/desk/events/{event['slug']}/invitations")).text.count("Pagoda") == 0


# -- leaders' links ------------------------------------------------------------------------------------------------


async def invited(world: World, event: dict[str, Any], **typed: str) -> str:
    path = f"/desk/events/{event['slug']}/invitations"
    assert (await press(world, path, label="Dormitory", party_limit="40", **typed)).status_code == 303
    return str(re.findall(r"invitation=([\w-]+)", (await get(world, path)).text)[0])


async def test_at_most_forty_is_forty_for_all_bookings_together(world: World) -> None:
    event = await world.event(capacity=200)
    key = await invited(world, event, people_limit="40")
    first = await world.party(event, 30, invitation=key)
    async with world.stranger as client:
        path = f"/api/v1/events/{event['slug']}/registrations"
        more = await client.post(path, json={"name": "x", "party": 11, "invitation": key})
        assert more.status_code == 422
        assert more.json()["errors"][0] == {
            "field": "party",
            "code": "invitation_full",
            "detail": "By this invitation 10 more people can be booked. Ask the attaché for more.",
        }
        assert (await client.post(path, json={"name": "x", "party": 10, "invitation": key})).status_code == 201
    assert (await change(world, first, party=31)).status_code == 422
    assert (await change(world, first, party=28)).status_code == 200
    assert (await change(world, first, party=30)).status_code == 200
    assert await taken(event) == (40, 0)


async def test_a_leaders_link_opens_in_the_language_that_was_chosen(world: World) -> None:
    event = await world.event()
    await invited(world, event)
    path = f"/desk/events/{event['slug']}/invitations"
    assert f"/km/events/{event['slug']}/register?invitation=" in (await get(world, path)).text
    await invited(world, event, language="en")
    assert f"/en/events/{event['slug']}/register?invitation=" in (await get(world, path)).text


async def test_no_way_round_the_limit_of_a_leaders_link(world: World) -> None:
    event = await world.event(capacity=200, party_limit=10)
    key = await invited(world, event, people_limit="6")
    async with world.stranger as leader:
        path = f"/api/v1/events/{event['slug']}/registrations"
        first = await world.party(event, 6, invitation=key)
        mine = f"/api/v1/registrations/{first['key']}"
        for number in (2, 3):
            assert (await leader.post(f"{mine}/tickets/{number}/hand-on", json={"name": "Friend"})).status_code == 201
        assert (await leader.patch(mine, json={"party": 6})).status_code == 422  # friends still count
        assert (await leader.post(path, json={"name": "x", "party": 1, "invitation": key})).status_code == 422
        assert (await leader.delete(mine)).status_code == 204
        second = await leader.post(path, json={"name": "x", "party": 4, "invitation": key})
        assert second.status_code == 201
        assert (await leader.post(f"{mine}/undo")).status_code == 422  # what is booked since stays
    row = (await fetch("SELECT id FROM invitation"))[0]["id"]
    await press(world, f"/desk/events/{event['slug']}/invitations/{row}/revoke")
    async with world.stranger as leader:
        grown = await leader.patch(f"/api/v1/registrations/{second.json()['key']}", json={"party": 9})
        assert grown.status_code == 422
    assert await taken(event) == (6, 0)
    assert await miscounted() == []


async def test_what_is_no_batch_of_paper_is_not_given_up_as_one(world: World) -> None:
    event = await world.event(capacity=50)
    await world.party(event, 20, invitation=await invited(world, event))
    row = (await fetch("SELECT id FROM invitation"))[0]["id"]
    answer = await press(world, f"/desk/events/{event['slug']}/paper", revoke=str(row), sure="on")
    assert answer.status_code == 404
    assert await taken(event) == (20, 0)


async def test_odd_ids_in_lists_break_nothing(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    assert (await get(world, here(event, "?invitation=none"))).status_code == 404
    for row in (party["id"].upper(), party["id"].replace("-", ""), "{" + party["id"] + "}"):
        done = await press(world, here(event), do="bus_back", **{f"party.{row}": "none"})
        assert done.status_code == 200, row
