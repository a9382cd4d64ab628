"""The calendar where it shows: festival dates, lunar lines, every feed address, subscribing, RSS, linked data."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as Xml

import brotli
import pytest
from icalendar import Calendar

from app.activity.record import OPERATOR
from app.database.connection import fetch
from app.directory import actions
from app.events.calendar_entries import Made
from app.events.feed_rows import FeedItem
from app.events.feeds import MOST_BYTES, _within_limits
from calendars.khmer import new_year
from tests.world import World, soon

NEXT = datetime.now(UTC).year + 1


async def confirm(world: World, by: str = "hq", **changes: str) -> Any:
    typed = {
        "year": str(NEXT), "festival": "pchum_ben", "first_day": f"{NEXT}-09-20", "last_day": f"{NEXT}-09-22",
        "source": "Sub-decree 999", **changes,
    }  # fmt: skip
    async with world.desk(by) as client:
        return await client.post("/desk/festivals?lang=en", data=typed)


async def test_a_confirmation_wins_everywhere_and_can_be_withdrawn(world: World) -> None:
    event = await world.event(festival="pchum_ben", starts_at=f"{NEXT}-09-19T09:00", ends_at=f"{NEXT}-09-19T17:00")
    async with world.stranger as client:
        assert "(projected)" in (await client.get(f"/en/events/{event['slug']}")).text
        before = await client.get("/calendars/en/khmer-calendar.ics")
        assert (await confirm(world)).status_code == 303
        page = (await client.get(f"/en/events/{event['slug']}")).text
        assert f"20 September {NEXT}" in page
        assert "(projected)" not in page
        feed = await client.get("/calendars/en/khmer-calendar.ics", headers={"if-none-match": before.headers["etag"]})
        assert feed.status_code == 200
        found = {
            str(each["summary"]): each for each in Calendar.from_ical(feed.content).events if each.start.year == NEXT
        }
        assert found["Pchum Ben"].start == date(NEXT, 9, 20)
        assert found["Pchum Ben"]["sequence"] == 1
        assert "Sub-decree 999" in str(found["Pchum Ben"]["description"])
        assert "Projected" in str(found["Visak Bochea"]["description"])
    async with world.desk("hq") as hq:
        assert "Sub-decree 999" in (await hq.get("/desk/festivals")).text
        gone = {"year": str(NEXT), "festival": "pchum_ben"}
        assert (await hq.post("/desk/festivals/withdraw", data=gone)).status_code == 303
        assert (await hq.post("/desk/festivals/withdraw", data=gone)).status_code == 404
    rows = await fetch("SELECT action FROM audit_entry WHERE subject_kind = 'festival' ORDER BY at")
    assert [row["action"] for row in rows] == ["festival_confirmed", "festival_withdrawn"]


async def test_only_hq_confirms_and_wrong_dates_are_named(world: World) -> None:
    assert (await confirm(world, "korea")).status_code == 403
    wrong = await confirm(
        world, first_day=f"{NEXT - 1}-09-20", last_day="x", source="", sangkran_at=f"{NEXT}-04-14T10:00"
    )
    assert wrong.status_code == 422
    for words in ("not in this year", "date and time", "Please fill this in", "Only Khmer New Year"):
        assert words in wrong.text
    assert (await confirm(world, year="1800")).status_code == 422
    assert (await confirm(world, year="9" * 30)).status_code == 422
    assert await fetch("SELECT id FROM confirmed_festival") == []


async def test_the_new_year_shows_sangkran_in_both_places(world: World) -> None:
    event = await world.event(starts_at="2028-04-09T09:00", ends_at="2028-04-09T17:00")
    async with world.stranger as client:
        english = (await client.get(f"/en/events/{event['slug']}")).text
        khmer = (await client.get(f"/km/events/{event['slug']}")).text.replace("<wbr>", "")
    assert "Thursday 13 April 2028 23:12 (Phnom Penh)" in english
    assert "Friday 14 April 2028 01:12 (local time)" in english
    assert "15 waxing Chet" in english
    assert re.search(r"ថ្ងៃអាទិត្យ [០-៩]+កើត ខែចេត្រ ឆ្នាំមមែ នព្វស័ក ព\.ស\. ២៥៧១", khmer)


async def test_a_confirmed_sangkran_wins_over_the_computed(world: World) -> None:
    event = await world.event(starts_at=f"{NEXT}-04-11T09:00", ends_at=f"{NEXT}-04-11T17:00")
    first = new_year(NEXT).days[0]
    answer = await confirm(
        world,
        festival="khmer_new_year",
        first_day=str(first),
        last_day=str(new_year(NEXT).days[-1]),
        sangkran_at=f"{first}T10:07",
    )
    assert answer.status_code == 303
    async with world.stranger as client:
        assert "10:07 (Phnom Penh)" in (await client.get(f"/en/events/{event['slug']}")).text


async def test_choosing_a_festival_proposes_sundays_and_last_years_event(world: World) -> None:
    feast = new_year(NEXT)
    await world.event(
        starts_at=f"{NEXT - 1}-04-12T09:00", ends_at=f"{NEXT - 1}-04-12T17:00", title={"en": "Suwon a year ago"}
    )
    async with world.desk("korea") as client:
        page = (await client.get("/desk/events/new?lang=en")).text
        links = re.findall(r"/desk/events/new\?festival=khmer_new_year&amp;day=([\d-]+)", page)
        assert len(links) >= 4
        assert all(date.fromisoformat(day).isoweekday() == 7 for day in links)
        assert any(abs((date.fromisoformat(day) - feast.days[0]).days) <= 7 for day in links)
        assert "Copy last year" in page
        filled = (await client.get(f"/desk/events/new?festival=khmer_new_year&day={links[0]}")).text
        assert f'value="{links[0]}"' in filled
        copy = re.search(r'/desk/events/new\?copy=[^"]+', page)
        assert copy
        form = (await client.get(copy.group(0).replace("&amp;", "&"))).text
        assert 'value="Suwon a year ago"' in form
        assert 'value="09:00"' in form


async def test_every_feed_address(world: World) -> None:
    await world.event(title={"en": "New Year here"})
    await world.event(title={"en": "Pchum Ben here"}, festival="pchum_ben")
    await world.event("japan", host_country="JP", title={"en": "Nagoya"}, time_zone="Asia/Tokyo")
    expected = {
        "khmer-festivals-korea.ics": {"New Year here", "Pchum Ben here"},
        "khmer-new-year-korea.ics": {"New Year here"},
        "pchum-ben-korea.ics": {"Pchum Ben here"},
        "khmer-festivals-hong-kong.ics": set(),
        "khmer-festivals-abroad.ics": {"New Year here", "Pchum Ben here", "Nagoya"},
    }
    async with world.stranger as client:
        for language in ("km", "en"):
            for name, titles in expected.items():
                parsed = Calendar.from_ical((await client.get(f"/calendars/{language}/{name}")).content)
                assert {str(event["summary"]) for event in parsed.events} == titles, name
        for name in (
            "khmer-new-year-nowhere.ics",
            "khmer-new-year-abroad.ics",
            "carnival-korea.ics",
            "korea.ics",
            ".ics",
            "khmer-festivals-.ics",
            "khmer-festivals-korea",
            "khmer-festivals-korea.ICS",
            "khmer-festivals-../x.ics",
            "%2e%2e%2fetc.ics",
        ):
            answer = await client.get(f"/calendars/en/{name}")
            assert answer.status_code == 404, name
            assert "VCALENDAR" not in answer.text


async def test_a_renamed_country_keeps_its_old_feed_until_it_is_retired(world: World) -> None:
    event = await world.event()
    await actions.rename("korea", "south-korea", OPERATOR)
    try:
        async with world.stranger as client:
            old = "/calendars/en/khmer-festivals-korea.ics"
            assert event["id"] in (await client.get(old)).text
            assert event["id"] in (await client.get("/calendars/en/khmer-festivals-south-korea.ics")).text
            moved = await client.get("/en/korea/")
            assert (moved.status_code, moved.headers["location"]) == (301, "/en/south-korea/")
            await actions.retire("korea", OPERATOR)
            world.app.state.public_cache.clear()
            gone = await client.get(old)
            assert gone.status_code == 410
            assert 'rel="successor-version"' in gone.headers["link"]
            assert gone.headers["content-type"].startswith("text/plain")
            assert "/calendars/en/khmer-festivals-south-korea.ics" in gone.text
    finally:
        await fetch("UPDATE host_country SET slug = 'korea' WHERE code = 'KR'")
        await fetch("DELETE FROM former_slug")


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        ("br, gzip", "br"),
        ("gzip, br;q=0.5", "gzip"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("", None),
        ("*", "br"),
        ("identity;q=1, gzip;q=0.5", None),
        ("gzip;q=x", None),
        ("deflate", None),
        ("GZIP", "gzip"),
    ],
)
async def test_encodings_follow_q_values_with_their_own_validators(
    world: World, accepts: str, encoding: str | None
) -> None:
    await world.event()
    async with world.stranger as client:
        path = "/calendars/km/khmer-festivals-korea.ics"
        plain = await client.get(path, headers={"accept-encoding": "identity"})
        answer = await client.get(path, headers={"accept-encoding": accepts})
        assert answer.headers.get("content-encoding") == encoding
        assert (answer.headers["etag"] == plain.headers["etag"]) == (encoding is None)
        async with client.stream("GET", path, headers={"accept-encoding": "br"}) as stream:
            raw = b"".join([part async for part in stream.aiter_raw()])
        assert brotli.decompress(raw) == plain.content


def test_900_events_and_no_more_and_never_a_coming_one_less() -> None:
    def of(event: str, raw: bytes, *, coming: bool) -> Made:
        return Made(FeedItem(event, 1, "published", coming, "Asia/Seoul"), raw, raw)

    past, event = of("b", b"x", coming=False), of("a", b"y", coming=True)
    kept = _within_limits([past] * 1000 + [event] * 400)
    assert (len(kept), kept.count((event.item, b"y"))) == (900, 400)
    large = b"x" * 100_000
    kept = _within_limits([of("b", large, coming=False)] * 10 + [of("a", large, coming=True)] * 3)
    assert sum(len(raw) for _, raw in kept) <= MOST_BYTES
    assert kept.count((event.item, large)) == 3
    assert len(_within_limits([event] * 950)) == 950


def test_descriptions_go_before_events_do() -> None:
    made = [Made(FeedItem(str(n), 1, "published", True, ""), b"d" * 10_000, b"b" * 100) for n in range(100)]
    assert {raw for _, raw in _within_limits(made)} == {b"b" * 100}
    assert {raw for _, raw in _within_limits(made[:50])} == {b"d" * 10_000}


async def test_the_subscribe_page_offers_every_way_without_script(world: World) -> None:
    async with world.stranger as client:
        page = (await client.get("/en/korea/subscribe")).text
        assert (await client.get("/en/nowhere/subscribe")).status_code == 404
    feed = "http://127.0.0.1:8000/calendars/en/khmer-festivals-korea.ics"
    assert f'href="{feed.replace("http", "webcal")}"' in page
    assert "calendar.google.com/calendar/r?cid=http%3A%2F%2F127.0.0.1" in page
    assert "outlook.live.com" in page
    assert f'value="{feed}"' in page
    assert "<svg" in page
    assert page.count("<script") == 1  # of the frame: what this phone keeps


async def test_rss_tells_coming_events_and_cancellations(world: World) -> None:
    await world.event(title={"en": "One & <two>"})
    cancelled = await world.event(title={"en": "Rained off"})
    async with world.api("korea") as api:
        await api.post(f"/api/v1/events/{cancelled['slug']}/cancel")
    async with world.stranger as client:
        answer = await client.get("/en/korea/events.rss")
        assert answer.headers["content-type"].startswith("application/rss+xml")
        assert (await client.get("/en/nowhere/events.rss")).status_code == 404
        assert (
            await client.get("/en/korea/events.rss", headers={"if-none-match": answer.headers["etag"]})
        ).status_code == 304
    titles = {item.findtext("title") for item in Xml.fromstring(answer.content).iter("item")}
    assert titles == {"One & <two>", "[Cancelled] Rained off"}


async def test_linked_data_says_what_moved_and_what_is_off(world: World) -> None:
    event = await world.event(title={"en": "</script><script>alert(1)"})
    path = f"/en/events/{event['slug']}"

    async def data() -> dict[str, Any]:
        async with world.stranger as client:
            page = (await client.get(path)).text
        assert page.count("</script>") == 2  # the linked data, and the frame's
        return dict(json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0]))

    first = await data()
    assert (first["eventStatus"], first["offers"]["price"]) == ("https://schema.org/EventScheduled", 0)
    async with world.api("korea") as api:
        await api.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": soon(hour=10)})
        moved = await data()
        assert moved["eventStatus"].endswith("EventRescheduled")
        assert moved["previousStartDate"] == first["startDate"]
        await api.post(f"/api/v1/events/{event['slug']}/cancel")
    assert (await data())["eventStatus"].endswith("EventCancelled")


async def test_a_partys_file_holds_its_link_only_if_asked(world: World) -> None:
    party = await world.party(await world.event())
    async with world.stranger as client:
        plain = await client.get(f"/en/r/{party['key']}/calendar.ics")
        asked = await client.get(f"/en/r/{party['key']}/calendar.ics?link=1")
        assert (await client.get(f"/en/r/{party['key']}x/calendar.ics")).status_code == 404
    assert plain.headers["cache-control"] == "private, no-store"
    unfolded = [re.sub(r"\r\n ", "", answer.text) for answer in (plain, asked)]
    assert party["key"] not in unfolded[0]
    assert party["key"] in unfolded[1]


async def test_ordinary_feeds_carry_apples_map(world: World) -> None:
    await world.event(venue='Manseok "Park"; north, gate', address="Suwon\nKorea")
    async with world.stranger as client:
        text = re.sub(r"\r\n ", "", (await client.get("/calendars/en/khmer-festivals-korea.ics")).text)
    line = next(line for line in text.split("\r\n") if line.startswith("X-APPLE-STRUCTURED-LOCATION"))
    assert line.endswith(":geo:37.3008,127.0006")
    assert "X-TITLE=\"Manseok 'Park'; north, gate\"" in line


async def test_texts_are_cut_before_any_event_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.events.feeds.MOST_BYTES", 6_000)
    for index in range(4):
        await world.event(title={"en": f"Festival {index}"}, description={"en": "A long story. " * 200})
    async with world.stranger as client:
        parsed = Calendar.from_ical((await client.get("/calendars/en/khmer-festivals-korea.ics")).content)
    assert len(parsed.events) == 4
    assert all("long story" not in str(event["description"]) for event in parsed.events)
    assert all(str(event["description"]).startswith("http") for event in parsed.events)


# -- found by a hostile reader ----------------------------------------------------------------------------------------


async def test_withdrawing_goes_forward_for_calendars_and_the_same_again_is_nothing(world: World) -> None:
    async def seen() -> Any:
        async with world.stranger as client:
            answer = await client.get("/calendars/en/khmer-calendar.ics")
        events: list[Any] = list(Calendar.from_ical(answer.content).events)
        return next(each for each in events if str(each["summary"]) == "Pchum Ben" and each["dtstart"].dt.year == NEXT)

    before = await seen()
    await confirm(world)
    confirmed = await seen()
    await confirm(world)
    assert (await seen()).to_ical() == confirmed.to_ical()
    async with world.desk("hq") as hq:
        await hq.post("/desk/festivals/withdraw", data={"year": str(NEXT), "festival": "pchum_ben"})
    after = await seen()
    assert after["dtstart"].dt == before["dtstart"].dt
    assert before["sequence"] < confirmed["sequence"] < after["sequence"]
    assert before["last-modified"].dt < confirmed["last-modified"].dt < after["last-modified"].dt


async def test_a_confirmed_new_year_moves_moha_sangkran_with_it(world: World) -> None:
    typed = {"first_day": f"{NEXT}-04-15", "last_day": f"{NEXT}-04-17", "sangkran_at": f"{NEXT}-04-15T10:15"}
    assert (await confirm(world, festival="khmer_new_year", **typed)).status_code == 303
    async with world.stranger as client:
        parsed: Any = Calendar.from_ical((await client.get("/calendars/en/khmer-calendar.ics")).content)
    found: dict[str, Any] = {str(each["summary"]): each for each in parsed.events if each["dtstart"].dt.year == NEXT}
    arrival = found["Moha Sangkran"]
    assert arrival["dtstart"].dt == date(NEXT, 4, 15)
    assert f"{NEXT}-04-15 10:15 (UTC+7)" in str(arrival["description"])
    assert "Sub-decree 999" in str(arrival["description"])
    assert arrival["sequence"] == 1


async def test_if_modified_since_never_hides_a_change(world: World) -> None:
    event = await world.event()
    for country in ("KR", "JP"):
        await world.posted("hq", country)
    path = "/calendars/en/khmer-festivals-korea.ics"
    async with world.stranger as client, world.api("hq") as hq:
        for change in (
            lambda: fetch("UPDATE host_country SET names = $1 WHERE code = 'KR'", '{"km": "កូរ៉េ", "en": "South Korea"}'),
            lambda: hq.patch(f"/api/v1/events/{event['slug']}", json={"host_country": "JP", "time_zone": "Asia/Tokyo"}),
        ):
            before = await client.get(path)
            await change()
            world.app.state.public_cache.clear()
            after = await client.get(path, headers={"if-modified-since": before.headers["last-modified"]})
            assert after.status_code == 200
            assert after.content != before.content
            again = await client.get(path, headers={"if-modified-since": after.headers["last-modified"]})
            assert again.status_code == 304
    await fetch("UPDATE host_country SET names = $1 WHERE code = 'KR'", '{"km": "កូរ៉េ", "en": "Korea"}')


async def test_nobody_takes_over_another_countrys_followers(world: World) -> None:
    from app.validation.refusals import Refused

    await actions.rename("korea", "corea", OPERATOR)
    try:
        for new in ("korea", "corea"):
            with pytest.raises(Refused) as refused:
                await actions.rename("japan", new, OPERATOR)
            assert refused.value.code == "address_taken"
        async with world.stranger as client:
            assert (await client.get("/en/korea/subscribe")).headers["location"] == "/en/corea/subscribe"
        await actions.rename("corea", "korea", OPERATOR)
    finally:
        await fetch("UPDATE host_country SET slug = 'korea' WHERE code = 'KR'")
        await fetch("DELETE FROM former_slug")


async def test_far_years_long_feasts_and_odd_characters(world: World) -> None:
    far = await world.event(starts_at="2206-04-11T09:00", ends_at="2206-04-11T17:00", title={"en": "Far\ufffe away"})
    assert (await confirm(world, last_day="8990-01-01")).status_code == 422
    async with world.stranger as client:
        assert (await client.get(f"/en/events/{far['slug']}")).status_code == 200
        Xml.fromstring((await client.get("/en/korea/events.rss")).content)
    tiny = await world.event(latitude=0.00001, longitude=-0.00002)
    async with world.stranger as client:
        text = (await client.get(f"/calendars/en/events/{tiny['slug']}.ics")).text
    assert "GEO:0.00001;-0.00002" in text


async def test_a_failing_database_leaves_followers_what_they_have(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.event()
    path = "/calendars/en/khmer-festivals-korea.ics"

    async def broken(*_: object) -> None:
        raise RuntimeError

    async with world.stranger as client:
        before = await client.get(path)
        monkeypatch.setattr("app.events.feeds.feed_head", broken)
        world.app.state.public_cache.clear()
        assert (await client.get(path)).content == before.content
        cold = await client.get("/calendars/en/khmer-festivals-japan.ics")
    assert cold.status_code == 503
    assert "VCALENDAR" not in cold.text
