"""What a worker sees: tickets first, the giver's line, links that say what they lead to, forms that lose nothing."""

import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from icalendar import Calendar
from PIL import Image

from app.site import pages as site_pages
from tests.world import World, festival, soon

BUS = {"name": "Osan", "place": "Station, exit 2", "departs_at": soon(hour=7), "returns_at": soon(hour=18), "seats": 45}


async def page(world: World, path: str) -> str:
    async with world.stranger as client:
        return unescape((await client.get(path)).text)


async def sent(world: World, path: str, **data: str) -> Any:
    async with world.stranger as client:
        return await client.post(path, data=data)


async def test_a_pass_says_name_number_event_day_hour_and_bus(world: World) -> None:
    event = await world.event(pickup_points=[BUS])
    party = await world.party(event, 3, names=["Sok Dara", "Srey Mom"], pickup_point=event["pickup_points"][0]["id"])
    html = await page(world, f"/en/r/{party['key']}")
    passes = re.findall(r'<article class="pass".*?</article>', html, re.DOTALL)
    assert len(passes) == 3
    assert [name for name in ("Sok Dara", "Srey Mom", "Without a name") if name in passes[0]] == ["Sok Dara"]
    assert "Srey Mom" in passes[1]
    assert "2 / 3" in passes[1]
    assert "09:00–17:00" in passes[0]
    assert "leaves at 07:00" in passes[0]
    assert "goes back at 18:00" in passes[0]
    assert html.index('class="pass"') < html.index("Change")
    assert html.count('href="#t') == 3
    alone = await page(world, f"/en/r/{party['key']}/2")
    assert f"/en/r/{party['key']}/1" in alone
    assert f"/en/r/{party['key']}/3" in alone
    assert "2 / 3" in alone


async def test_a_leaders_page_is_a_list_that_takes_pasted_names(world: World) -> None:
    event = await world.event(party_limit=60)
    party = await world.party(event, 20)
    path = f"/en/r/{party['key']}"
    html = await page(world, path)
    assert html.count("<li id=") == 20
    assert '<article class="pass"' not in html
    shown = " ".join(str(number) for number in range(1, 21))
    answer = await sent(world, f"{path}/change", shown=shown, pasted="Sok Dara\r\n\r\nChan Thy\n")
    assert answer.status_code == 303
    rows = re.findall(r'<span dir="ltr">(\d+)</span> <span>([^<]*)', await page(world, path))
    assert [name.strip() for _, name in rows[:3]] == ["Sok Dara", "Without a name", "Chan Thy"]
    refused = await sent(world, f"{path}/change", shown=shown, pasted="\n".join(f"Name {n}" for n in range(21)))
    assert refused.status_code == 422
    assert "21 names for 20 people" in refused.text
    assert "Name 20" in refused.text


async def test_the_giver_sees_the_friends_link_until_it_is_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    party = await world.party(await world.event(), 2)
    path = f"/en/r/{party['key']}"
    form = await page(world, path)
    nonce = re.findall(r'name="nonce" value="([^"]+)"', form)[0]
    handed = await sent(world, f"{path}/hand-on", nonce=nonce, number="2", name="Chenda")
    friend = re.findall(r"/en/r/([\w-]+)\"", handed.text)[-1]
    html = await page(world, path)
    assert "You handed a ticket on to Chenda" in html
    assert f"/r/{friend}" in html
    await page(world, f"/en/r/{friend}")  # a preview opens every link
    assert f"/r/{friend}" in await page(world, path)
    assert (await sent(world, f"/en/r/{friend}/change", party="1", name="x", phone="")).status_code in {303, 422}
    async with world.stranger as client:
        changed = await client.patch(f"/api/v1/registrations/{friend}", json={"names": ["Chenda Sok"]})
        assert changed.status_code == 200
    html = await page(world, path)
    assert f"/r/{friend}" not in html
    assert "Chenda" not in html
    assert "You handed a ticket on to a friend" in html
    monkeypatch.setattr("app.registrations.pages.FRIENDS_LINK", timedelta(0))
    assert "You handed a ticket on" not in await page(world, path)


async def test_link_cards_follow_what_happens(world: World) -> None:
    event = await world.event(title={"en": "New Year in Suwon"})
    path = f"/en/events/{event['slug']}"

    async def card() -> tuple[str, str, str]:
        html = await page(world, path)
        found = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)"', html))
        return found["title"], found["description"], found["image"]

    title, _, picture = await card()
    assert title == "New Year in Suwon"
    async with world.api("korea") as api:
        await api.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": soon(hour=11), "ends_at": soon(hour=18)})
    title, description, moved = await card()
    assert description.startswith("The time has changed.")
    assert moved != picture
    async with world.api("korea") as api:
        await api.post(f"/api/v1/events/{event['slug']}/cancel")
    title, description, cancelled = await card()
    assert title == "[Cancelled] New Year in Suwon"
    assert description.startswith("Cancelled")
    assert cancelled != moved


async def test_every_page_to_share_has_a_card(world: World) -> None:
    await world.event(festival="pchum_ben")
    for path in ("/en/", "/km/korea/", "/en/korea/contacts", "/en/japan/"):
        html = await page(world, path)
        (address,) = re.findall(r'og:image" content="http://[^/]+([^"]+)"', html)
        async with world.stranger as client:
            answer = await client.get(address)
        assert answer.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)


async def test_the_welcome_begins_with_who_celebrates_next(world: World) -> None:
    await world.event(by="japan", host_country="JP", time_zone="", starts_at=soon(20), ends_at=soon(20, 12))
    await world.event(starts_at=soon(30), ends_at=soon(30, 12))
    await world.event(starts_at=soon(40), ends_at=soon(40, 12))
    html = await page(world, "/en/")
    lands = re.findall(r'class="name">([^<]+)</span>.*?class="soft many">([^<]+)<', html, re.DOTALL)
    assert [many for _, many in lands] == ["1 festival", "2 festivals"]
    assert lands[0][0] == "Japan"
    assert "In 20 days" in html or "In 19 days" in html
    calm = html[html.index('class="calm"') :]
    assert "Malaysia" in calm
    assert "Japan" not in calm.split("</ul>")[0]


async def test_the_way_there_opens_in_the_map_of_the_device(world: World) -> None:
    event = await world.event(venue={"en": "Manseok Park", "ko": "만석공원"})
    path = f"/en/events/{event['slug']}"
    html = await page(world, path)
    assert "map.kakao.com/link/to/" in html
    assert "map.naver.com" in html
    assert f"{path}/directions" in html
    async with world.stranger as client:
        for device, host in (("iPhone", "maps.apple.com"), ("Linux; Android 13", "www.google.com")):
            answer = await client.get(f"{path}/directions", headers={"user-agent": f"Mozilla/5.0 ({device})"})
            assert answer.headers["location"].startswith(f"https://{host}/")
            assert "37.3008,127.0006" in answer.headers["location"]
        draft = await world.event(publish=False)
        for secret in (f"/en/events/{draft['slug']}/directions", "/en/nowhere/card.jpg", "/xx/card.jpg", "/xx/tickets"):
            assert (await client.get(secret)).status_code == 404, secret
        nowhere = await world.event(latitude=None, longitude=None)
        assert (await client.get(f"/en/events/{nowhere['slug']}/directions")).status_code == 404


async def test_the_event_page_keeps_register_in_reach_and_folds_the_moon(world: World) -> None:
    event = await world.event(capacity=10, pickup_points=[BUS])
    await world.party(event, 4)
    html = await page(world, f"/en/events/{event['slug']}")
    assert re.search(r'class="bar".*?6 places left.*?Register', html, re.DOTALL)
    assert "4 of 10 registered" in html
    assert "goes back at 18:00" in html
    fold = html[html.index("<details>") : html.index("</details>")]
    assert "Day of the moon" in fold
    assert "Moha Sangkran" in fold


async def test_a_bus_goes_back_after_it_came(world: World) -> None:
    async with world.api("korea") as api:
        for wrong in (soon(hour=6), soon(hour=7)):
            raw = festival(pickup_points=[{**BUS, "returns_at": wrong}])
            answer = (await api.post("/api/v1/events", json=raw)).json()
            assert [(each["field"], each["code"]) for each in answer["errors"]] == [
                ("pickup_points.0.returns_at", "return_before_departure")
            ]
        event = await world.event(pickup_points=[BUS])
        moved = (await api.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": soon(61, 10)})).json()
    assert moved["pickup_points"][0]["returns_at"].startswith(soon(61, 19))


async def test_ones_own_entry_reminds_in_time_for_the_bus(world: World) -> None:
    event = await world.event(pickup_points=[BUS])
    plain = await world.party(event)
    rides = await world.party(event, pickup_point=event["pickup_points"][0]["id"])
    async with world.stranger as client:
        entries: list[Any] = [
            Calendar.from_ical((await client.get(f"/en/r/{each['key']}/calendar.ics")).content).events[0]
            for each in (plain, rides)
        ]
        feed = (await client.get("/calendars/en/khmer-festivals-korea.ics")).text
    assert [entry.alarms.times[0].trigger.replace(tzinfo=None).hour for entry in entries] == [7, 5]
    assert "Osan · Station, exit 2 · leaves at 07:00 · goes back at 18:00" in entries[1]["description"]
    assert "VALARM" not in feed


async def test_a_form_keeps_what_was_typed(world: World) -> None:
    event = await world.event()
    path = f"/events/{event['slug']}/register"
    html = await page(world, f"/km{path}")
    nonce = re.findall(r'name="nonce" value="([^"]+)"', html)[0]
    typed = {"nonce": nonce, "name": "Sok Dara", "party": "4", "phone": "010-1234-5678"}
    assert f'formaction="/en{path}"' in html
    other = await sent(world, f"/en{path}", switch="on", **typed)
    assert 'lang="en"' in other.text
    assert 'value="Sok Dara"' in other.text
    assert 'value="4"' in other.text
    async with world.api("korea") as api:
        await api.patch(f"/api/v1/events/{event['slug']}", json={"registration_paused": True})
    paused = await sent(world, f"/en{path}", **typed)
    assert paused.status_code >= 400
    assert 'value="Sok Dara"' in paused.text
    assert "paused" in paused.text
    assert f'value="{nonce}"' in paused.text
    async with world.api("korea") as api:
        await api.patch(f"/api/v1/events/{event['slug']}", json={"registration_paused": False})
    assert (await sent(world, f"/en{path}", **typed)).status_code == 303


async def test_an_error_summary_leads_to_its_fields_and_digits_stay_chosen(world: World) -> None:
    event = await world.event()
    path = f"/km/events/{event['slug']}/register?digits=khmer"
    html = await page(world, path)
    assert 'digits=khmer" novalidate' in html
    nonce = re.findall(r'name="nonce" value="([^"]+)"', html)[0]
    wrong = await sent(world, path, nonce=nonce, name="", party="99")
    summary = wrong.text[wrong.text.index('role="alert"') :].split("</div>")[0]
    for field in ("name", "party"):
        assert f'href="#{field}"' in summary
        assert f'id="{field}"' in wrong.text
    assert "autofocus" in summary
    booked = await sent(world, path, nonce=nonce, name="Dara", party="1")
    assert booked.headers["location"].endswith("?digits=khmer")
    html = await page(world, booked.headers["location"])
    assert "១ / ១" in html
    assert f'value="http://127.0.0.1:8000{booked.headers["location"]}"' in html


async def test_contacts_are_few_and_the_countrys_own_come_first(world: World) -> None:
    form = {"host_country": "KR", "kind": "phone", "label.en": "Labour attaché", "label.km": "អនុព័ន្ធ", "position": "1"}
    async with world.desk("korea") as desk:
        for number in range(3):
            added = await desk.post("/desk/contacts/new", data={**form, "value": f"+82 2-123-456{number}"})
            assert added.status_code == 303
    html = await page(world, "/en/korea/")
    assert html.count('class="card contact"') == 3
    assert "All contacts (" in html
    assert "A number in Cambodia" not in html
    assert "A number in Cambodia" in await page(world, "/en/korea/contacts")
    async with world.desk("korea") as desk:  # tried from there: the country lists it as its own
        await desk.post("/desk/contacts/new", data={**form, "kind": "hotline", "value": "1297"})
    html = await page(world, "/en/korea/contacts")
    assert html.count('href="tel:1297"') == 1
    assert "A number in Cambodia" not in html


async def test_pasted_names_go_to_the_tickets_that_the_form_showed(world: World) -> None:
    party = await world.party(await world.event(party_limit=60), 14, names=[f"N{n}" for n in range(1, 15)])
    path = f"/en/r/{party['key']}"
    html = await page(world, path)
    paste = html[html.index('name="pasted"') - 6000 : html.index('name="pasted"')]
    hidden = dict(re.findall(r'<input type="hidden" name="(shown|was)" value="(.*?)">', paste))
    assert hidden["shown"].split() == [str(n) for n in range(1, 15)]
    await sent(world, f"{path}/change", drop="3")
    answer = await sent(world, f"{path}/change", **hidden, pasted="M1\n\n\nM4")
    assert answer.status_code == 303
    rows = re.findall(r'<li id="t(\d+)".*?</span> <span>([^<]*)', await page(world, path), re.DOTALL)
    assert {number: name.strip() for number, name in rows}["1"] == "M1"
    assert {number: name.strip() for number, name in rows}["4"] == "M4"
    assert {number: name.strip() for number, name in rows}["5"] == "N5"
    await sent(world, f"{path}/change", **hidden, pasted="\n\n\n\nOther")  # meanwhile somebody else wrote N5 anew
    both = await sent(world, f"{path}/change", **hidden, pasted="\n\n\n\nMine")
    assert both.status_code == 412
    assert "Other" in both.text
    assert "Mine" in both.text
    long = await sent(world, f"{path}/change", **hidden, pasted="Sok\n" + "x" * 130)
    assert "Line 2 is longer than" in long.text
    await sent(world, f"{path}/change", drop="4")
    shrunk = await sent(world, f"{path}/change", **hidden, pasted="\n".join(f"P{n}" for n in range(15)))
    assert "15 names for 14 people" in shrunk.text
    assert "P14" in shrunk.text


async def test_giving_up_one_place_twice_is_giving_it_up_once_and_the_last_is_refused(world: World) -> None:
    party = await world.party(await world.event(), 2)
    path = f"/en/r/{party['key']}"
    assert (await sent(world, f"{path}/change", drop="1")).status_code == 303
    again = await sent(world, f"{path}/change", drop="1")  # the answer was lost, or another tab was faster
    assert again.status_code == 303
    assert "You have 1 place" in await page(world, f"{path}/2") or "1 / 1" in await page(world, path)
    refused = await sent(world, f"{path}/change", drop="2")
    assert refused.status_code == 422
    assert "This is your last place" in refused.text
    assert 'id="drop"' in refused.text
    assert 'href="#drop"' in refused.text


async def test_an_all_day_event_wakes_nobody_at_night(world: World) -> None:
    event = await world.event(all_day=True, starts_at=f"{soon()[:10]}T00:00", ends_at=f"{soon(61)[:10]}T00:00")
    party = await world.party(event)
    assert "VALARM" not in await page(world, f"/en/r/{party['key']}/calendar.ics")
    assert "two hours before" not in await page(world, f"/en/r/{party['key']}")


async def test_what_a_volunteer_said_of_somebody_goes_with_them(world: World) -> None:
    event = await world.event()
    party, gate = await world.party(event, 2), await world.gate(event)
    await sent(world, f"/en/r/{party['key']}/change", drop="2")
    codes = [ticket["code"] for ticket in party["tickets"]]
    await world.scan(gate, {"code": codes[1], "override": "Sok Dara is my cousin"})
    await world.scan(gate, {"code": codes[0], "override": "other"})  # nobody refused: no hand was needed
    path = f"/desk/events/{event['slug']}/gate?lang=en"
    async with world.desk("korea") as desk:
        shown = (await desk.get(path)).text
        assert "Sok Dara is my cousin" in shown
        assert "1 let in by hand" in shown
        await sent(world, f"/en/r/{party['key']}/erase", sure="on")
        assert "cousin" not in (await desk.get(path)).text


async def test_a_country_with_many_events_shows_them_a_part_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_pages, "A_PART", 2)
    for day in (3, 1, 5, 2, 4):
        await world.event(title={"km": f"បុណ្យ {day}", "en": f"Feast {day}"}, starts_at=soon(day), ends_at=soon(day, 17))
    async with world.stranger as worker:
        seen, path = list[list[str]](), "/en/korea/"
        while path:
            page = await worker.get(path)
            assert page.status_code == 200
            seen.append(list(dict.fromkeys(re.findall(r"Feast \d", page.text))))
            after = re.search(r'rel="next" href="([^"]+)"', page.text)
            path = after[1] if after else ""
        assert seen == [["Feast 1", "Feast 2"], ["Feast 3", "Feast 4"], ["Feast 5"]]
        back = re.search(r'rel="prev" href="([^"]+)"', page.text)
        assert back is not None
        assert back[1].endswith("?page=2")
        assert (await worker.get("/en/korea/?page=4")).status_code == 404
        assert (await worker.get("/en/korea/?page=x")).status_code == 200
        feed = await worker.get("/en/korea/events.rss")
        assert re.findall(r"<title>(Feast \d)", feed.text) == [f"Feast {day}" for day in range(1, 6)]
