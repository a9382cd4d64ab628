"""Calendar feeds over HTTP: validators, encodings, cancellation, and that bytes change only with the data."""

import gzip
import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.database.connection import fetch
from app.events.calendar_entries import VEVENTS
from tests.world import World, soon

FEED = "/calendars/en/khmer-festivals-korea.ics"


def unfolded(text: str) -> list[str]:
    """Content lines (RFC 5545 3.1)."""
    return re.sub(r"\r\n[ \t]", "", text).split("\r\n")


async def test_a_feed_is_a_calendar_that_says_who_it_is(world: World) -> None:
    event = await world.event()
    async with world.stranger as client:
        answer = await client.get(FEED, headers={"accept": "text/html", "accept-encoding": "identity"})
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"].startswith("public, max-age=900")
    assert "khmer-festivals-korea.ics" in answer.headers["content-disposition"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in answer.text.replace("\r\n", "")
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    lines = unfolded(answer.text)
    for line in (
        "VERSION:2.0",
        "X-WR-CALNAME:Khmer festivals – Korea",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        f"UID:{event['id']}",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "GEO:37.3008;127.0006",
        "TZID:Asia/Seoul",
        f"URL:http://127.0.0.1:8000/en/events/{event['slug']}",
    ):
        assert line in lines, line
    assert not [line for line in lines if line.startswith(("METHOD", "ATTENDEE", "ORGANIZER", "BEGIN:VALARM"))]
    stamps = {line.split(":")[1] for line in lines if line.startswith(("DTSTAMP", "LAST-MODIFIED"))}
    assert len(stamps) == 1


async def test_conditional_requests(world: World) -> None:
    await world.event()
    async with world.stranger as client:
        plain = await client.get(FEED, headers={"accept-encoding": "identity"})
        zipped = await client.get(FEED, headers={"accept-encoding": "gzip"})
        assert zipped.headers["content-encoding"] == "gzip"
        assert zipped.headers["vary"] == "accept-encoding"
        assert zipped.text == plain.text
        assert zipped.headers["etag"] != plain.headers["etag"]
        for headers in (
            {"if-none-match": plain.headers["etag"]},
            {"if-none-match": f'"x", W/{plain.headers["etag"]}'},
            {"if-none-match": "*"},
            {"if-none-match": zipped.headers["etag"], "accept-encoding": "gzip"},
            {"if-modified-since": plain.headers["last-modified"]},
        ):
            answer = await client.get(FEED, headers=headers)
            assert (answer.status_code, answer.content) == (304, b""), headers
            assert answer.headers["etag"]
        for headers in (
            {"if-none-match": '"other"', "if-modified-since": plain.headers["last-modified"]},
            {"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            {"if-modified-since": "nonsense"},
        ):
            assert (await client.get(FEED, headers=headers)).status_code == 200, headers
        head = await client.head(FEED, headers={"accept-encoding": "identity"})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == plain.headers["etag"]
        assert (await client.get(FEED, headers={"accept-encoding": "gzip;q=0, identity"})).headers.get(
            "content-encoding"
        ) is None
        for method in ("PUT", "PROPFIND", "DELETE"):
            assert (await client.request(method, FEED)).status_code == 405


async def test_the_same_data_gives_the_same_bytes(world: World) -> None:
    for index in range(3):
        await world.event(
            title={"en": f"Festival {index}"}, time_zone=("Asia/Seoul", "Europe/London", "Asia/Tokyo")[index]
        )
    async with world.stranger as client:
        first = await client.get(FEED)
        world.app.state.public_cache.clear()
        VEVENTS.clear()
        await world.party((await client.get("/api/v1/events")).json()["items"][0])
        second = await client.get(FEED)
    assert first.content == second.content
    assert first.text.count("BEGIN:VTIMEZONE") == 3


def entries(lines: list[str]) -> dict[str, list[str]]:
    """The lines of each event by UID, whatever their order in the feed."""
    found = [part.split("\nEND:VEVENT")[0].splitlines() for part in "\n".join(lines).split("BEGIN:VEVENT\n")[1:]]
    return {next(line for line in each if line.startswith("UID:"))[4:]: each for each in found}


async def test_a_change_alters_only_its_own_event(world: World) -> None:
    events = [await world.event(title={"en": f"Festival {index}"}) for index in range(3)]
    async with world.stranger as client:
        before = unfolded((await client.get(FEED)).text)
        async with world.api("korea") as api:
            await api.patch(f"/api/v1/events/{events[1]['slug']}", json={"starts_at": soon(hour=10)})
        after = unfolded((await client.get(FEED)).text)
    stood, now = entries(before), entries(after)
    (moved,) = (uid for uid in now if now[uid] != stood[uid])
    assert any(line.startswith("SUMMARY") and "Festival 1" in line for line in now[moved])
    own = zip(now[moved], stood[moved], strict=True)
    changed = [re.split("[:;]", line)[0] for line, before in own if line != before]
    assert sorted(changed) == ["DTEND", "DTSTAMP", "DTSTART", "LAST-MODIFIED", "SEQUENCE"]
    assert after.count("SEQUENCE:1") == 1


async def test_last_modified_rises_with_each_change_however_quick(world: World) -> None:
    event = await world.event()
    seen = []
    async with world.api("korea") as api:
        for index in range(3):
            answer = await api.patch(f"/api/v1/events/{event['slug']}", json={"title": {"en": f"Name {index}"}})
            seen.append(answer.json()["modified_at"])
    assert len(set(seen)) == 3
    assert seen == sorted(seen)


async def test_a_cancelled_event_stays_as_cancelled_for_thirty_days(world: World) -> None:
    event = await world.event()
    async with world.api("korea") as api:
        await api.post(f"/api/v1/events/{event['slug']}/cancel", json={"notice": {"en": "Storm"}})
    async with world.stranger as client:
        text = "\n".join(unfolded((await client.get(FEED)).text))
        assert "STATUS:CANCELLED" in text
        assert "[Cancelled · ត្រូវបានលុបចោល]" in text
        assert "TRANSP:TRANSPARENT" in text
        await _end(event, 29)
        assert event["id"] in (await client.get(FEED)).text
        await _end(event, 31)
        world.app.state.public_cache.clear()
        gone = await client.get(FEED)
    assert event["id"] not in gone.text
    assert "BEGIN:VTIMEZONE" in gone.text


async def _end(event: dict[str, Any], days_ago: int) -> None:
    end = datetime.now(UTC) - timedelta(days=days_ago)
    await fetch(
        "UPDATE event SET ends_at = $1, starts_at = $2, content_revision = content_revision + 1",
        end,
        end - timedelta(hours=8),
    )


@pytest.mark.parametrize("text", ['ភាសាខ្មែរ ស្ត្រី កុំ 🎉, ; \\ "q"', "a,b;c\\nd", "line\nbreak", "C:\\Nice"])
async def test_texts_survive(world: World, text: str) -> None:
    from icalendar import Calendar

    await world.event(title={"en": text}, description={"en": text})
    async with world.stranger as client:
        parsed = Calendar.from_ical((await client.get(FEED)).content)
    (event,) = parsed.events
    assert str(event["summary"]) == text.replace("\n", " ").replace("\\", "⧵")


async def test_gzip_is_the_same_calendar_and_pages_share_one_rendering(world: World) -> None:
    await world.event()
    async with world.stranger as client:
        page = await client.get("/km/korea/", headers={"accept-encoding": "gzip"})
        assert page.headers["cache-control"] == "public, max-age=30"
        assert "set-cookie" not in page.headers
        assert (await client.get("/km/korea/", headers={"if-none-match": page.headers["etag"]})).status_code == 304
    assert gzip.decompress(gzip.compress(page.content)) == page.content


async def test_a_change_reaches_page_ticket_and_feed_at_once(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    paths = (
        f"/en/events/{event['slug']}",
        FEED,
        "/en/korea/",
        f"/en/r/{party['key']}",
        f"/T/{party['tickets'][0]['code']}",
    )
    async with world.stranger as client:
        for path in paths:
            await client.get(path, headers={"accept-language": "en"})
        async with world.api("korea") as api:
            await api.patch(
                f"/api/v1/events/{event['slug']}", json={"title": {"en": "Moved indoors", "km": "Moved indoors"}}
            )
        for path in paths:
            assert "Moved indoors" in (await client.get(path, headers={"accept-language": "en"})).text, path


def libical(raw: bytes) -> dict[str, Any]:
    """What libical (GNOME, KDE) makes of a calendar."""
    judge = Path(__file__).parent / "libical_judge.py"
    done = subprocess.run(["/usr/bin/python3", str(judge)], input=raw, capture_output=True, check=True)
    return dict(json.loads(done.stdout))


def _has_libical() -> bool:
    probe = "import gi; gi.require_version('ICalGLib', '3.0')"
    try:
        return subprocess.run(["/usr/bin/python3", "-c", probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.libical
@pytest.mark.skipif(not _has_libical(), reason="libical for Python is not installed (gir1.2-ical-3.0, python3-gi)")
async def test_an_independent_reader_sees_the_same_moment(world: World) -> None:
    seoul = await world.event(title={"km": "បុណ្យចូលឆ្នាំខ្មែរ, ; \\ 🎉", "en": "New Year"})
    london = await world.event(time_zone="Europe/London", starts_at="2027-07-04T09:00", ends_at="2027-07-04T17:00")
    cancelled = await world.event()
    async with world.api("korea") as api:
        await api.post(f"/api/v1/events/{cancelled['slug']}/cancel")
    async with world.stranger as client:
        read = libical((await client.get(FEED)).content)
    assert read["errors"] == []
    found = {event["uid"]: event for event in read["events"]}
    assert set(found) == {seoul["id"], london["id"], cancelled["id"]}
    for event in (seoul, london):
        assert found[event["id"]]["start"] == datetime.fromisoformat(event["starts_at"]).timestamp()
    assert found[seoul["id"]]["summary"].startswith("New Year")
    assert found[cancelled["id"]]["sequence"] == 1
