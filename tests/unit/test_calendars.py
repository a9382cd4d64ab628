"""VTIMEZONEs and VEVENTs: right offsets, octet folding, texts that come through, limits."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event, vUri

from calendars.feed import CalendarEntry, calendar, cut, vevent, without_description
from calendars.lines import line, text
from calendars.zones import vtimezone

HOSTS = (
    "Asia/Bangkok",
    "Asia/Seoul",
    "Asia/Tokyo",
    "Asia/Kuala_Lumpur",
    "Asia/Singapore",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Riyadh",
    "Asia/Kuwait",
    "Asia/Dubai",
    "Asia/Phnom_Penh",
)


def entry(**changes: Any) -> CalendarEntry:
    facts: dict[str, Any] = {
        "uid": "0c8f",
        "url": "https://bon.example.org/en/events/x",
        "summary": "Khmer New Year",
        "description": "",
        "venue": "Suwon",
        "address": "",
        "latitude": None,
        "longitude": None,
        "starts": datetime(2027, 4, 11, 9),
        "ends": datetime(2027, 4, 11, 17),
        "zone": "Asia/Seoul",
        "all_day": False,
        "cancelled": "",
        "sequence": 0,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "modified_at": datetime(2026, 1, 1, tzinfo=UTC),
        "category": "Khmer New Year",
        "language": "en",
    }
    return CalendarEntry(**{**facts, **changes})


def feed(*events: CalendarEntry) -> bytes:
    return calendar(
        name="Khmer festivals",
        description="",
        address="https://bon.example.org/x.ics",
        zone="Asia/Seoul",
        language="en",
        zones=[each.zone for each in events],
        events=[vevent(each) for each in events],
    )


@pytest.mark.parametrize("zone", HOSTS)
def test_host_countries_have_one_constant_offset(zone: str) -> None:
    text = (vtimezone(zone) or b"").decode()
    assert text.count("BEGIN:STANDARD") == 1
    assert "RRULE" not in text
    assert datetime(2027, 7, 1, tzinfo=ZoneInfo(zone)).strftime("TZOFFSETTO:%z") in text


@pytest.mark.parametrize(
    "zone", ["Europe/London", "America/New_York", "Australia/Sydney", "Europe/Paris", "Pacific/Auckland"]
)
@pytest.mark.parametrize("month", range(1, 13))
def test_summer_time_reads_back_at_the_right_instant(zone: str, month: int) -> None:
    starts = datetime(2028, month, 20, 9)
    parsed = Calendar.from_ical(feed(entry(zone=zone, starts=starts, ends=starts + timedelta(hours=1))))
    start: Any = parsed.events[0].start
    assert start.astimezone(UTC) == starts.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    rules = (vtimezone(zone) or b"").decode()
    assert "RRULE:FREQ=YEARLY" in rules
    assert "RDATE" not in rules


def test_zones_that_no_rule_describes_are_written_in_utc() -> None:
    assert vtimezone("Africa/Cairo") is None
    assert b"DTSTART:20270411T0" in vevent(entry(zone="Africa/Cairo"))
    assert b"Z\r\n" in vevent(entry(zone="Africa/Cairo"))
    assert b"VTIMEZONE:Africa" not in feed(entry(zone="Africa/Cairo"))


@given(st.text(max_size=600))
def test_any_text_comes_through_folded_by_octets(text: str) -> None:
    raw = feed(entry(summary=text, description=text, venue=text, address=text, latitude=1.5, longitude=2.5))
    raw.decode()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    assert b"\n" not in raw.replace(b"\r\n", b"")
    (event,) = Calendar.from_ical(raw).events
    assert event["uid"] == "0c8f"
    assert len(str(event["summary"]).encode()) <= 255


def test_khmer_is_never_cut_inside_a_cluster() -> None:
    text = "ស្ត្រីខ្មែរ" * 40
    for octets in range(60, 120):
        kept = cut(text, octets).removesuffix("…")
        assert text.startswith(kept)
        assert not kept.endswith("\u17d2")
        following = text[len(kept)]
        assert following not in "្ត្រី"[0] + "\u17b6\u17b7\u17b8\u17c2\u17c3"
        assert len(cut(text, octets).encode()) <= octets


@pytest.mark.parametrize("letter", ["👨‍👩‍👧‍👦", "🇰🇭", "👍🏽", "e\u0301", "ស្ត្រី"])
def test_a_letter_of_several_parts_is_cut_whole_or_not_at_all(letter: str) -> None:
    for octets in range(40, 90):
        kept = cut(letter * 30, octets).removesuffix("…")
        assert kept == letter * (len(kept) // len(letter))
        assert len(kept.encode()) <= octets - 3


def test_all_day_ends_exclusively_and_is_transparent() -> None:
    raw = vevent(entry(all_day=True, starts=datetime(2027, 4, 14), ends=datetime(2027, 4, 17)))
    assert b"DTSTART;VALUE=DATE:20270414" in raw
    assert b"DTEND;VALUE=DATE:20270417" in raw
    assert b"TRANSP:TRANSPARENT" in raw


def test_an_empty_calendar_still_has_a_component() -> None:
    assert feed().count(b"BEGIN:VTIMEZONE") == 1


KHMER_AND_MARKS = st.text(st.sampled_from('កខ្មែរ ុណយ,;:\n"^abc.é🪷'), max_size=120)


@given(
    summary=KHMER_AND_MARKS, description=KHMER_AND_MARKS, venue=KHMER_AND_MARKS, off=st.booleans(), day=st.booleans()
)
def test_an_entry_is_byte_for_byte_what_icalendar_writes(
    summary: str, description: str, venue: str, off: bool, day: bool
) -> None:
    given_ = entry(
        summary=summary,
        description=description,
        venue=venue,
        latitude=37.3,
        longitude=127.0,
        cancelled="[X; y]" if off else "",
        all_day=day,
        starts=datetime(2027, 4, 11, 0 if day else 9),
    )
    written = vevent(given_)
    theirs, zone = Event(), ZoneInfo("Asia/Seoul")
    ours = Event.from_ical(written)
    for name in ("uid", "sequence", "created", "dtstamp", "last-modified", "status", "transp"):
        theirs[name] = ours[name]
    for name, at in (("dtstart", given_.starts), ("dtend", given_.ends)):
        theirs.add(name, at.date() if day else at.replace(tzinfo=zone))
    theirs.add("summary", f"[X; y] {summary}" if off else summary, parameters={"LANGUAGE": "en"})
    theirs.add("description", f"{given_.url}\n\n{description}".strip())
    if venue:
        theirs.add("location", cut(venue, 500))
    theirs.add("geo", vUri("37.3;127"))
    theirs["x-apple-structured-location"] = ours["x-apple-structured-location"]
    theirs.add("url", vUri(given_.url))
    theirs.add("categories", [given_.category])
    assert written == theirs.to_ical()


@given(KHMER_AND_MARKS)
def test_a_line_is_folded_as_icalendar_folds_it(words: str) -> None:
    theirs = Event()
    theirs.add("comment", words)
    assert line("COMMENT", text(words)) in theirs.to_ical()
    assert all(len(each) <= 75 for each in line("COMMENT", text(words)).split(b"\r\n"))


def test_a_description_is_left_to_the_page_without_harm_to_the_rest() -> None:
    whole = vevent(entry(description="Bring: water\nLAST-MODIFIED:no\n" * 9, summary="DESCRIPTION:x"))
    brief = without_description(whole, "https://bon.example.org/en/events/x")
    assert brief == vevent(entry(summary="DESCRIPTION:x"))
