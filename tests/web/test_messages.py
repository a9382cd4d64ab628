"""When something changes, whoever asked to be told is told: once, truly, on the channel they have."""

import json
from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.database.connection import fetch
from app.events.queries import event_by_id
from app.messages import rules, telegram
from app.messages.fanning import fan_out, remind
from models.states import Channel
from tests.messengers import Messengers, counted, id_of, messengers
from tests.receivers import refusing
from tests.world import World, festival, soon

MORNING, EVENING = time(8), time(20)  # when nobody would be woken
ZONES = ("UTC", "Asia/Seoul", "America/Los_Angeles")  # in one of them it is that now


def by_day() -> str:
    """A time zone in which it is day now, and will be for some hours."""
    return next(zone for zone in ZONES if MORNING <= datetime.now(ZoneInfo(zone)).time() < EVENING)


async def move(world: World, event: dict[str, Any], **changes: Any) -> dict[str, Any]:
    async with world.api("korea") as api:
        answer = await api.patch(f"/api/v1/events/{event['slug']}", json=changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def ten_minutes() -> None:
    """As if they had passed for what waits to be told."""
    for row in await fetch("SELECT id, not_before FROM announcement WHERE told_at IS NULL"):
        due = row["not_before"] - timedelta(minutes=10)
        await fetch("UPDATE announcement SET not_before = $2 WHERE id = $1", row["id"], due)


async def states(channel: Channel | None = None) -> list[tuple[str, str]]:
    rows = await fetch("SELECT channel, state, error FROM message ORDER BY channel, state")
    return [(row["state"], row["error"]) for row in rows if channel is None or row["channel"] == channel]


async def test_a_moved_start_is_told_once_after_ten_minutes(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, 2, language="en")
        await out.link(party["key"], 77)
        await move(world, event, starts_at=soon(hour=8))
        assert await out.work() == 0  # it can still be taken back
        assert out.said == []
        await ten_minutes()
        await out.work()
        assert await out.work() == 0
        (told,) = out.said
        assert told.json["chat_id"] == 77
        text = told.json["text"]
        assert "before 09:00, now 08:00" in text
        assert text.startswith("«Bon»: there is news about your festival.")
        assert "Sok Dara" not in text


async def test_edits_within_ten_minutes_are_one_letter_and_a_change_back_is_none(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, language="en")
        await out.link(party["key"], 77)
        await move(world, event, starts_at=soon(hour=8))
        await move(world, event, venue={"km": "វត្ត", "en": "The pagoda"})
        await move(world, event, starts_at=soon(hour=9))
        await ten_minutes()
        await out.work()
        (told,) = out.said
        assert "New place: The pagoda" in told.json["text"]
        assert "New time" not in told.json["text"]
        await move(world, event, venue={"km": "ផ្ទះ", "en": "The house"})
        await move(world, event, venue={"km": "វត្ត", "en": "The pagoda"})
        await ten_minutes()
        assert await out.work() == 0


async def test_what_is_told_is_true_when_it_goes_out_and_a_second_change_is_told_too(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, language="en")
        await out.link(party["key"], 77)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await fan_out([Channel.TELEGRAM])  # it waits in the queue …
        await move(world, event, starts_at=soon(hour=7))  # … while somebody changes the same once more
        await out.work()
        assert "before 09:00, now 07:00" in out.said[0].json["text"]
        await ten_minutes()
        await out.work()
        assert len(out.said) == 1  # the first letter had told it already
        assert ("withheld", "told_already") in await states()
        await move(world, event, starts_at=soon(hour=6))
        await ten_minutes()
        await out.work()
        assert "before 07:00, now 06:00" in out.said[1].json["text"]


async def test_cancelling_is_told_unless_it_is_taken_back(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        await out.link((await world.party(event, language="en"))["key"], 77)
        async with world.api("korea") as api, world.desk("korea") as desk:
            await api.post(f"/api/v1/events/{event['slug']}/cancel", json={"notice": {"en": "The hall burnt down."}})
            await desk.post(f"/desk/events/{event['slug']}/undo")
            await ten_minutes()
            assert await out.work() == 0
            await api.post(f"/api/v1/events/{event['slug']}/cancel", json={"notice": {"en": "The hall burnt down."}})
            await ten_minutes()
            await out.work()
        (told,) = out.said
        assert "does not take place" in told.json["text"]
        assert "The hall burnt down." in told.json["text"]


async def test_who_moves_up_hears_it_at_once(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event(capacity=1)
        first = await world.party(event)
        waiting = await world.party(event, accept_waiting=True, language="en")
        await out.link(waiting["key"], 78)
        async with world.stranger as client:
            await client.delete(f"/api/v1/registrations/{first['key']}")
        await out.work()
        (told,) = out.said
        assert "There are places for you now" in told.json["text"]


async def test_an_address_is_asked_before_anything_else_goes_there(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, 2, email="dara@example.org", language="en")
        await out.work()
        (asked,) = out.mail.letters
        body = asked.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert party["key"] not in asked.as_string()
        assert "2 people" in body
        link = next(word for word in body.split() if "/reach/" in word)
        path = link.removeprefix(world.settings.base_url)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await out.work()
        assert len(out.mail.letters) == 1  # nobody said yes
        async with world.stranger as client:
            for _ in range(3):
                assert "Yes, write to me here" in (await client.get(path)).text  # a scanner opens every link
            assert len(await fetch("SELECT 1 FROM reach WHERE confirmed_at IS NOT NULL")) == 0
            assert (await client.post(path, data={"do": "yes"})).status_code == 303
            await out.work()
            greeting = out.mail.letters[1]
            assert party["key"] in greeting.get_body(("plain",)).get_content()  # type: ignore[union-attr]
            kinds = [part.get_content_type() for part in greeting.walk()]
            assert kinds.count("image/png") == 2
            calendar = next(part for part in greeting.walk() if part.get_content_type() == "text/calendar")
            assert "METHOD" not in calendar.get_content()
            await move(world, event, starts_at=soon(hour=7))
            await ten_minutes()
            await out.work()
            assert len(out.mail.letters) == 3
            stop = out.mail.letters[2]["List-Unsubscribe"].strip("<>").removeprefix(world.settings.base_url)
            assert out.mail.letters[2]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            assert (await client.post(stop, data={"List-Unsubscribe": "One-Click"})).status_code in {200, 201}
        await move(world, event, starts_at=soon(hour=6))
        await ten_minutes()
        assert await out.work() == 0


async def test_one_sms_a_phone_and_none_where_another_channel_reaches(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        for _ in range(2):
            await world.party(event, phone="010-1234-5678", language="km")
        linked = await world.party(event, phone="010-9999-5678")
        await out.link(linked["key"], 79)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await out.work()
        (sms,) = out.sms.asked
        assert sms.form["to"] == "+821012345678"
        assert "08:00" in sms.form["text"]
        assert "/r/" not in sms.form["text"]
        assert len(out.said) == 1


async def test_a_new_link_of_the_party_ends_what_the_old_one_linked(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event)
        await out.link(party["key"], 80)
        async with world.desk("korea") as desk:
            page = f"/desk/events/{event['slug']}/registrations/{id_of(party['key'])}"
            nonce = (await desk.get(page)).text.partition('name="nonce" value="')[2].partition('"')[0]
            assert (await desk.post(page, data={"do": "reissue", "nonce": nonce})).status_code == 200
        assert (await fetch("SELECT link_issue FROM registration"))[0]["link_issue"] == 1
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        assert await out.work() == 0


async def test_erasing_takes_queued_messages_along(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, email="dara@example.org")
        await out.link(party["key"], 81)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await fan_out(out.sender.channels)
        assert await fetch("SELECT 1 FROM message")
        async with world.stranger as client:
            assert (await client.post(f"/api/v1/registrations/{party['key']}/erase")).status_code == 200
        assert await fetch("SELECT 1 FROM message") == []
        assert await fetch("SELECT 1 FROM reach") == []
        assert await out.work() == 0


# -- what servers answer ----------------------------------------------------------------------------------------------


async def due(world: World, out: Messengers, **party: Any) -> dict[str, Any]:
    """A change that is due for one chat; the event."""
    event = await world.event()
    await out.link((await world.party(event, language="en", **party))["key"], 77)
    await move(world, event, starts_at=soon(hour=8))
    await ten_minutes()
    return event


async def pass_by(**delta: int) -> None:
    """As if so much time had passed for what waits."""
    rows = await fetch("SELECT id, not_before FROM message WHERE state = 'queued'")
    for row in rows:
        await fetch(
            "UPDATE message SET not_before = $2 WHERE id = $1", row["id"], row["not_before"] - timedelta(**delta)
        )
    for row in await fetch("SELECT name, value FROM channel_state WHERE name LIKE 'rests %'"):
        until = datetime.fromisoformat(row["value"]) - timedelta(**delta)
        await fetch("UPDATE channel_state SET value = $2 WHERE name = $1", row["name"], until.isoformat())


async def test_a_blocked_bot_ends_the_reach(world: World) -> None:
    async with messengers(world) as out:
        await due(world, out)
        out.tg.reply = refusing(403, "Forbidden: bot was blocked by the user")
        await out.work()
        assert await states() == [("failed", "blocked")]
        assert len(await fetch("SELECT 1 FROM reach WHERE stopped_at IS NOT NULL")) == 1


async def test_429_rests_the_channel_for_as_long_as_it_asks(world: World) -> None:
    async with messengers(world) as out:
        await due(world, out)
        answers = out.tg.reply
        out.tg.reply = refusing(429, "Too Many Requests", parameters={"retry_after": 120})
        await out.work()
        out.tg.reply = answers
        await pass_by(seconds=60)
        assert await out.work() == 0
        await pass_by(seconds=61)
        out.sender._rests_until = dict.fromkeys(out.sender.adapters, 0.0)  # this process's own watch
        assert await out.work() == 1
        assert await states() == [("sent", "")]


async def test_a_server_that_is_away_is_tried_again_and_given_up_after_a_day(world: World) -> None:
    async with messengers(world) as out:
        event = await due(world, out)
        out.tg.reply = lambda _: (502, {}, b"<html>")
        await out.work()
        assert await states() == [("queued", "unreachable")]
        assert await out.work() == 0  # not at once
        await pass_by(seconds=10)
        await out.work()
        assert (await fetch("SELECT attempts FROM message"))[0]["attempts"] == 2
        await fetch("UPDATE message SET created_at = $1", datetime.now(UTC) - timedelta(hours=25))
        await pass_by(hours=2)
        await out.work()
        assert await states() == [("failed", "unreachable")]
        (row,) = await fetch("SELECT id FROM announcement WHERE kind = 'changed'")
        async with world.desk("korea") as desk:
            page = f"/desk/events/{event['slug']}/messages/{row['id']}"
            assert "could not be reached" in (await desk.get(f"{page}?lang=en")).text
            assert (await desk.post(f"{page}/again")).status_code == 303
        assert await states() == [("queued", "unreachable")]


@pytest.mark.parametrize(
    ("code", "state", "error", "ended"),
    [
        ("450 4.2.0 greylisted", "queued", "busy", False),
        ("452 4.2.2 mailbox full", "queued", "full", False),
        ("421 4.3.2 come back", "queued", "busy", False),
        ("550 5.1.1 no such user", "failed", "gone", True),
        ("550 5.7.1 not from you", "failed", "refused", False),
        ("552 5.2.2 mailbox full", "failed", "full", False),
    ],
)
async def test_what_a_mail_server_says(world: World, code: str, state: str, error: str, ended: bool) -> None:
    async with messengers(world) as out:
        event = await world.event()
        out.mail.codes = [code]
        await world.party(event, email="dara@example.org")
        await out.work()
        assert await states() == [(state, error)]
        assert bool(await fetch("SELECT 1 FROM reach WHERE stopped_at IS NOT NULL")) is ended


async def test_a_mail_that_was_taken_before_the_server_died_comes_again_with_the_same_id(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        out.mail.dies = 1
        await world.party(event, email="dara@example.org")
        await out.work()
        await pass_by(seconds=10)
        await out.work()
        first, second = out.mail.letters
        assert first["Message-ID"] == second["Message-ID"]
        assert await states() == [("sent", "")]


async def test_a_process_that_ends_while_sending_leaves_it_to_another(world: World) -> None:
    async with messengers(world) as out:
        await due(world, out)
        await fan_out(out.sender.channels)
        assert len(await out.sender._claim(Channel.TELEGRAM, 50)) == 1
        assert await out.sender.send_due(Channel.TELEGRAM) == 0  # somebody has it for a minute
        await fetch("UPDATE message SET claimed_until = $1", datetime.now(UTC) - timedelta(seconds=1))
        assert await out.sender.send_due(Channel.TELEGRAM) == 1
        (row,) = await fetch("SELECT state, uncertain FROM message")
        assert (row["state"], bool(row["uncertain"])) == ("sent", True)


async def test_khmer_in_headers_and_markup_in_texts_harm_nothing(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event(
            title={"km": "បុណ្យ<script>{{ 7*7 }}\r\nBcc: all@example.org", "en": "<b>x</b>{{ 7*7 }}"}
        )
        party = await world.party(event, email="dara@example.org", language="km")
        await out.link(party["key"], 77)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await out.work()
        (letter,) = out.mail.letters
        assert letter["Bcc"] is None
        assert letter["Subject"].startswith("«បុណ្យ»")
        page = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert "<script>" not in page
        assert "{{ 7*7 }}" in page
        assert "{{ 7*7 }}" in out.said[0].json["text"]


async def test_a_text_of_4097_characters_is_cut_between_two_words() -> None:
    long = "សួស្ដី " * 586  # 4,102 UTF-16 units
    short = telegram.cut(long[:4097], telegram.MOST_TEXT)
    assert len(short.encode("utf-16-le")) // 2 <= telegram.MOST_TEXT
    assert short.endswith("សួស្ដី …")
    assert telegram.cut("short", 4000) == "short"
    assert len(telegram.cut("😀" * 4097, 4000).encode("utf-16-le")) // 2 <= 4000


# -- reminders --------------------------------------------------------------------------------------------------------


async def test_a_reminder_comes_once_the_evening_before_and_once_on_the_day(world: World) -> None:
    async with messengers(world) as out:
        tomorrow = datetime.now(UTC) + timedelta(days=3)
        event = await world.event(starts_at=f"{tomorrow.date()}T09:00", ends_at=f"{tomorrow.date()}T17:00")
        (row,) = await fetch("SELECT id FROM event")
        facts = await event_by_id(row["id"])
        begins = facts.starts_at
        assert rules.reminders_due(facts, begins - timedelta(hours=16)) == []  # 17:00 the day before
        eve = rules.reminders_due(facts, begins - timedelta(hours=14))
        assert [letter for letter, _ in eve] == ["reminder_eve"]
        assert rules.reminders_due(facts, begins - timedelta(hours=3)) == []  # six in the morning
        assert [letter for letter, _ in rules.reminders_due(facts, begins - timedelta(hours=1))] == ["reminder"]
        assert rules.reminders_due(facts, begins) == []
        party = await world.party(event, language="en")
        await out.link(party["key"], 77)
        zone = by_day()
        soon_enough = datetime.now(ZoneInfo(zone)) + timedelta(hours=1)
        await move(
            world,
            event,
            starts_at=f"{soon_enough:%Y-%m-%dT%H:%M}",
            ends_at=f"{soon_enough + timedelta(hours=5):%Y-%m-%dT%H:%M}",
            time_zone=zone,
        )
        await remind()
        await remind()
        await out.work()
        assert len([each for each in out.said if "Today at" in each.json["text"]]) == 1


async def test_a_chat_of_two_parties_hears_of_each_ones_bus(world: World) -> None:
    async with messengers(world) as out:
        buses = [
            {"name": {"en": name}, "place": {"en": f"Gate {name}"}, "departs_at": soon(hour=7), "returns_at": ""}
            for name in ("North", "South")
        ]
        event = await world.event(pickup_points=buses)
        for bus in (*event["pickup_points"], event["pickup_points"][0]):
            party = await world.party(event, language="en", pickup_point=bus["id"])
            await out.link(party["key"], 77)
        zone = by_day()
        today = datetime.now(ZoneInfo(zone))
        moved = [
            {"id": bus["id"], **more, "departs_at": f"{today + timedelta(minutes=30):%Y-%m-%dT%H:%M}"}
            for bus, more in zip(event["pickup_points"], buses, strict=True)
        ]
        begins, ends = (f"{today + timedelta(hours=hours):%Y-%m-%dT%H:%M}" for hours in (1, 5))
        await move(world, event, starts_at=begins, ends_at=ends, time_zone=zone, pickup_points=moved)
        await remind()
        await out.work()
        told = [each.json["text"] for each in out.said if "Today at" in each.json["text"]]
        assert sorted("Bus North" in text for text in told) == [False, True]
        assert sorted("Bus South" in text for text in told) == [False, True]


async def test_a_festival_of_whole_days_is_reminded_of_in_the_morning_too(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event(starts_at=soon(hour=0), ends_at=soon(days=61, hour=0), all_day=True)
        await out.link((await world.party(event, language="en"))["key"], 77)
        here = by_day()
        today = datetime.now(ZoneInfo(here)).date()
        days = {"starts_at": f"{today}T00:00", "ends_at": f"{today + timedelta(days=1)}T00:00"}
        await move(world, event, **days, time_zone=here)
        assert [await remind(), await remind()] == [1, 0]
        await out.work()
        assert [row["kind"] for row in await fetch("SELECT kind FROM announcement WHERE told_at IS NOT NULL")] == [
            "reminder"
        ]
        assert len(out.said) == 1


# -- the desk ---------------------------------------------------------------------------------------------------------


async def test_the_desk_shows_what_waits_whom_it_reaches_and_the_text_to_paste(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event(festival="pchum_ben")
        await out.link((await world.party(event, 3))["key"], 77)
        await world.party(event, 2)
        await move(world, event, starts_at=soon(hour=8))
        here = f"/desk/events/{event['slug']}/messages"
        async with world.desk("korea") as desk:
            part = (await desk.get(f"{here}/waits?lang=en")).text
            assert "3 people will be told at" in part
            listed = (await desk.get(f"{here}?lang=en")).text
            assert "A message reaches 3 of 5 people" in listed
            assert "2 people are told by no channel." in listed
            (row,) = await fetch("SELECT id FROM announcement")
            page = (await desk.get(f"{here}/{row['id']}?lang=en")).text.replace("<wbr>", "")
            assert "before 09:00, now 08:00" in page
            assert "ប្ដូរម៉ោង៖ ពីមុនម៉ោង 09:00 ឥឡូវម៉ោង 08:00" in page
            assert f"/e/{event['slug']}" in page
            assert (await desk.post(f"{here}/{row['id']}/posted", data={"where": "Facebook"})).status_code == 303
            assert "Korea" in (await desk.get(f"{here}/{row['id']}?lang=en")).text.partition('id="posted"')[2]
            assert (await desk.post(f"{here}/{row['id']}/stop")).status_code == 303
            assert (await desk.post(f"{here}/{row['id']}/stop")).status_code == 303
        for name in ("japan", "hq"):
            async with world.desk(name) as desk:
                assert (await desk.get(f"{here}/{row['id']}")).status_code in {403, 404}


async def test_a_letter_written_by_the_attache_goes_to_whom_it_is_for(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event(capacity=1)
        await out.link((await world.party(event, language="en"))["key"], 77)
        waiting = await world.party(event, 1, accept_waiting=True, language="en")
        await out.link(waiting["key"], 78)
        here = f"/desk/events/{event['slug']}/messages/new"
        typed = {"who": "waiting", "words.en": "We look for a larger hall.", "words.km": "យើងកំពុងរកកន្លែងធំជាង។"}
        async with world.desk("korea") as desk:
            empty = await desk.post(f"{here}?lang=en", data={"who": "everybody", "words.en": "", "do": "look"})
            assert empty.status_code == 422
            look = await desk.post(f"{here}?lang=en", data={**typed, "do": "look"})
            assert "This will tell 1 person." in look.text
            form = {**typed, "do": "send", **counted(look.text)}
            other = await desk.post(f"{here}?lang=en", data={**form, "who": "all"})
            assert "so nothing was sent yet" in other.text  # what was counted is not what would be sent
            assert await fetch("SELECT 1 FROM announcement WHERE kind = 'written'") == []
            for _ in range(2):
                assert (await desk.post(here, data=form)).status_code == 303
        await out.work()
        (told,) = out.said
        assert told.json["chat_id"] == 78
        assert "We look for a larger hall." in told.json["text"]


async def test_one_party_can_be_written_to_and_no_other_hears(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        chosen, other = await world.party(event, language="en"), await world.party(event, language="en")
        elsewhere = await world.event("japan", host_country="JP", time_zone="Asia/Tokyo")
        foreign = await world.party(elsewhere, language="en")
        for number, each in enumerate((chosen, other, foreign)):
            await out.link(each["key"], 90 + number)
        here = f"/desk/events/{event['slug']}/messages/new"
        who = f"parties:{chosen['id']},{foreign['id']}"
        async with world.desk("korea") as desk:
            ticked = {"do": "write", f"party.{chosen['id']}": "on", f"party.{foreign['id']}": "on"}
            answer = await desk.post(f"/desk/events/{event['slug']}/registrations", data=ticked)
            assert answer.headers["location"] == f"{here}?who=parties:{chosen['id']}"
            page = (await desk.get(f"/desk/events/{event['slug']}/registrations/{chosen['id']}")).text
            assert f"{here}?who=parties:{chosen['id']}" in page
            assert f'value="{who}" checked' in (await desk.get(here, params={"who": who})).text
            look = await desk.post(f"{here}?lang=en", data={"who": who, "words.en": "Call us.", "do": "look"})
            assert "This will tell 1 person." in look.text
            sent = await desk.post(here, data={"who": who, "words.en": "Call us.", "do": "send", **counted(look.text)})
            assert sent.status_code == 303
        await out.work()
        assert {each.json["chat_id"] for each in out.said} == {90}


async def test_what_is_switched_off_does_not_go_out(world: World) -> None:
    async with messengers(world) as out:
        event = await due(world, out)
        async with world.desk("korea") as desk:
            await desk.post(f"/desk/events/{event['slug']}/messages/by-themselves", data={"on.cancelled": "on"})
        assert await out.work() == 0


async def test_two_who_switch_letters_at_once_lose_nothing(world: World) -> None:
    event = await world.event()
    here = f"/desk/events/{event['slug']}/messages"
    async with world.desk("korea") as desk:
        was = unescape((await desk.get(here)).text.partition('name="was" value="')[2].partition('"')[0])
        form = {**dict.fromkeys(json.loads(was), "on"), "was": was}
        for touched in ("on.changed", "on.reminder"):
            sent = {name: value for name, value in form.items() if name != touched}
            assert (await desk.post(f"{here}/by-themselves", data=sent)).status_code == 303
    (off,) = await fetch("SELECT letters_off FROM event")
    assert off["letters_off"] == "changed reminder"


async def test_posted_tapped_twice_is_noted_once(world: World) -> None:
    event = await world.event()
    here = f"/desk/events/{event['slug']}/messages/opening/posted"
    async with world.desk("korea") as desk:
        for where in ("Facebook", "Facebook", "Telegram"):
            assert (await desk.post(here, data={"where": where})).status_code == 303
    (noted,) = await fetch("SELECT COUNT(*) AS count FROM audit_entry WHERE action = 'text_posted'")
    assert noted["count"] == 2


async def test_nothing_set_up_still_gives_the_text(world: World) -> None:
    event = await world.event()
    await world.party(event)
    await move(world, event, starts_at=soon(hour=8))
    async with world.desk("korea") as desk:
        assert "not set up" in (await desk.get(f"/desk/events/{event['slug']}/messages?lang=en")).text
        opening = (await desk.get(f"/desk/events/{event['slug']}/messages/opening?lang=en")).text
    assert "You can register now for Khmer New Year in Suwon." in opening
    assert festival()["venue"]["en"] in opening
