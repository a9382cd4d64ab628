"""What hostile readers and odd days broke of messages: nothing is lost, nothing doubled, nothing untrue."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.activity.record import OPERATOR
from app.database import connection
from app.database.connection import fetch
from app.events.news import facts_of
from app.events.queries import event_by_id
from app.events.undoing import undo
from app.messages import rules, sending
from app.messages.channels import adapters
from app.messages.fanning import fan_out
from app.messages.mail import Mail
from app.messages.sending import Sender
from app.messages.shapes import SENT, Change
from models.messages import Announcement
from models.states import Channel
from tests.messengers import Messengers, id_of, messengers
from tests.receivers import refusing
from tests.web.test_channels import Browser, link
from tests.web.test_messages import move, pass_by, states, ten_minutes
from tests.world import World, soon


def texts(out: Messengers) -> list[str]:
    return [each.json["text"] for each in out.said]


async def linked(world: World, out: Messengers, chat: int = 77, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An event, and a party whose chat is linked."""
    event = await world.event(**more)
    party = await world.party(event, language="en")
    await out.link(party["key"], chat)
    return event, party


async def test_a_change_of_another_field_while_the_first_goes_out_is_told_too(world: World) -> None:
    async with messengers(world) as out:
        event, _ = await linked(world, out)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await fan_out(out.sender.channels)
        await move(world, event, venue={"km": "Olympic", "en": "Olympic Park"})
        await out.work()
        await ten_minutes()
        await out.work()
        assert "now 08:00" in texts(out)[0]
        assert any("New place: Olympic Park." in text for text in texts(out))


async def test_a_cancelling_that_is_taken_back_leaves_the_change_to_be_told(world: World) -> None:
    async with messengers(world) as out:
        event, _ = await linked(world, out)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await fan_out(out.sender.channels)  # this one is on its way …
        await move(world, event, venue={"km": "Olympic", "en": "Olympic Park"})  # … and this one waits
        async with world.api("korea") as api:
            sent = {"notice": {"en": "x", "km": "x"}}
            assert (await api.post(f"/api/v1/events/{event['slug']}/cancel", json=sent)).status_code == 200
        await out.work()
        assert texts(out) == []
        (row,) = await fetch("SELECT id FROM event")
        await undo(out.keyring, row["id"], OPERATOR)
        await fetch("UPDATE announcement SET not_before = $1 WHERE told_at IS NULL", datetime.now(UTC))
        await pass_by(minutes=11)
        await out.work()
        assert any("now 08:00" in text for text in texts(out))
        assert any("Olympic Park" in text for text in texts(out))


async def test_a_reminder_that_comes_late_or_after_a_move_is_held_back(world: World) -> None:
    async with messengers(world) as out:
        await linked(world, out)
        (row,) = await fetch("SELECT id FROM event")
        day = (await event_by_id(row["id"])).first_day
        moment = datetime.now(UTC)
        await connection.insert(
            Announcement,
            {
                "id": UUID(int=7), "event": row["id"], "kind": "reminder_eve", "content_revision": 0,
                "after": f'{{"day": "{day}"}}', "created_at": moment, "not_before": moment, "told_at": moment,
            },
        )  # fmt: skip
        await out.work()
        assert texts(out) == []
        assert await states() == [("withheld", "too_late")]


async def test_the_mail_that_asked_brings_nobody_back_after_a_new_link(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, email="thief@example.org", language="en")
        await out.work()
        old = out.mail.letters[0]["List-Unsubscribe"].strip("<>").removeprefix(world.settings.base_url)
        async with world.stranger as client:
            assert (await client.post(old, data={"do": "yes"})).status_code == 303
        async with world.desk("korea") as desk:
            page = f"/desk/events/{event['slug']}/registrations/{id_of(party['key'])}"
            nonce = (await desk.get(page)).text.partition('name="nonce" value="')[2].partition('"')[0]
            assert (await desk.post(page, data={"do": "reissue", "nonce": nonce})).status_code == 200
        before = len(out.mail.letters)
        async with world.stranger as client:
            assert (await client.post(old, data={"do": "yes"})).status_code == 404
        await out.work()
        assert len(out.mail.letters) == before
        assert await fetch("SELECT 1 FROM reach WHERE stopped_at IS NULL") == []


async def test_nobody_floods_an_address_that_is_not_theirs(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        parties = [await world.party(event, email="victim@example.org") for _ in range(5)]
        async with world.stranger as client:
            for _ in range(3):
                for address in ("other@example.org", "victim@example.org"):
                    path = f"/api/v1/registrations/{parties[0]['key']}"
                    assert (await client.patch(path, json={"email": address})).status_code == 200
        await out.work()
        assert len([each for each in out.mail.letters if each["To"] == "victim@example.org"]) <= 3


async def test_two_processes_and_a_slow_server_double_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with messengers(world) as out:
        monkeypatch.setattr(rules, "LEASE", timedelta(seconds=2))
        monkeypatch.setattr(sending, "SEND_WITHIN", 0.6)
        event = await world.event()
        for number in range(36):
            await world.party(event, email=f"p{number}@example.org")
        await fan_out(out.sender.channels)
        other = Sender(out.keyring, world.settings.base_url, adapters(world.app.state.settings, out.keyring))
        sent: list[str] = []

        async def slowly(self: Mail, address: str, *_: object) -> Any:
            await asyncio.sleep(0.12)
            sent.append(address)
            return SENT

        monkeypatch.setattr(Mail, "send", slowly)

        async def keep(sender: Sender) -> None:
            over = asyncio.get_running_loop().time() + 20
            while len(sent) < 36 and asyncio.get_running_loop().time() < over:
                if not await sender.send_due(Channel.EMAIL):
                    await asyncio.sleep(0.05)

        await asyncio.gather(keep(out.sender), keep(other))
        await other.close()
        assert sorted(sent) == sorted(set(sent))
        assert len(sent) == 36


async def test_a_database_that_stumbles_while_noting_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with messengers(world) as out:
        event = await world.event()
        for number in range(12):
            await out.link((await world.party(event))["key"], 100 + number)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await fan_out(out.sender.channels)
        real, failed = sending._note, list[int]()

        async def stumbling(done: Any) -> None:
            if len(failed) < 2:
                failed.append(1)
                raise RuntimeError("database")
            await real(done)

        monkeypatch.setattr(sending, "_note", stumbling)
        await out.work()
        assert failed
        assert len(out.said) == 12
        assert set(await states()) == {("sent", "")}


async def test_one_bad_subscription_silences_no_other_browser(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        bad, good = (Browser(f"{out.push.address}/{name}") for name in ("bad", "good"))
        out.push.reply = lambda asked: (403 if asked.path == "/bad" else 201, {}, b"")
        for browser in (bad, good):
            assert await link(world, await world.party(event), browser) == 303
        await out.work()
        assert sorted(await states()) == [("queued", "login"), ("sent", "")]


async def test_who_shares_a_chat_hears_it_though_the_first_party_gave_up(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        parties = [await world.party(event, language="en") for _ in range(2)]
        for each in parties:
            await out.link(each["key"], 77)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await fan_out(out.sender.channels)
        (first, *_) = await fetch("SELECT registration FROM message ORDER BY id")
        gone = next(each for each in parties if UUID(each["id"]) == first["registration"])
        async with world.stranger as client:
            assert (await client.delete(f"/api/v1/registrations/{gone['key']}")).status_code == 204
        await out.work()
        assert len(out.said) == 1


async def test_who_takes_places_again_hears_what_was_told_meanwhile(world: World) -> None:
    async with messengers(world) as out:
        event, party = await linked(world, out)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        async with world.stranger as client:
            path = f"/api/v1/registrations/{party['key']}"
            assert (await client.delete(path)).status_code == 204
            await out.work()
            assert texts(out) == []
            assert (await client.post(f"{path}/undo")).status_code == 200
        await pass_by(minutes=10)
        await out.work()
        assert len(out.said) == 1


async def test_only_who_heard_that_it_was_off_hears_that_it_is_on(world: World) -> None:
    async with messengers(world) as out:
        event, party = await linked(world, out)
        cancel = f"/api/v1/events/{event['slug']}/cancel"
        async with world.api("korea") as api, world.desk("korea") as desk:
            assert (await api.post(cancel, json={"notice": {"en": "Rain"}})).status_code == 200
            await ten_minutes()
            await out.work()
            await out.link(party["key"], 78)  # after it was cancelled
            answer = await desk.post(f"/desk/events/{event['slug']}/reinstate", data={"notice.en": "Sun"})
            assert answer.status_code == 303
        await ten_minutes()
        await out.work()
        on = [each.json["chat_id"] for each in out.said if "takes place after all" in each.json["text"]]
        assert on == [77]


async def test_a_chat_of_two_parties_hears_it_once(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        for _ in range(3):
            await out.link((await world.party(event))["key"], 77)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await out.work()
        assert len(out.said) == 1


async def test_a_phone_corrected_while_a_message_waits_gets_it(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, phone="010-1234-5678")
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await fan_out(out.sender.channels)
        async with world.stranger as client:
            path = f"/api/v1/registrations/{party['key']}"
            assert (await client.patch(path, json={"phone": "010-9876-5432"})).status_code == 200
        await out.work()
        assert [each.form["to"] for each in out.sms.asked] == ["+821098765432"]


async def test_who_blocks_the_bot_hears_it_by_the_phone_that_was_given_for_this(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, phone="010-1234-5678", language="en")
        await out.link(party["key"], 77)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        out.tg.reply = refusing(403, "Forbidden: bot was blocked by the user")
        await out.work()
        assert len(out.sms.asked) == 1
        assert "now 08:00" in out.sms.asked[0].form["text"]


async def test_whoever_goes_on_editing_does_not_put_it_off_for_ever(world: World) -> None:
    async with messengers(world) as out:
        event, _ = await linked(world, out)
        for hour in (8, 7, 6, 5):
            await move(world, event, starts_at=soon(hour=hour))
            for row in await fetch("SELECT id, not_before, created_at FROM announcement"):
                nine = timedelta(minutes=9)
                sql = "UPDATE announcement SET not_before = $2, created_at = $3 WHERE id = $1"
                await fetch(sql, row["id"], row["not_before"] - nine, row["created_at"] - nine)
        await out.work()
        assert len(out.said) == 1


async def test_a_change_at_night_waits_for_the_morning_and_goes_out_with_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with messengers(world) as out:
        event, _ = await linked(world, out)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        night = datetime.now(UTC) + timedelta(hours=8)
        with monkeypatch.context() as patch:
            patch.setattr(rules, "not_in_the_night", lambda moment, event: night)
            assert await out.work() == 0
        await move(world, event, starts_at=soon(hour=9))  # as it was
        await fetch("UPDATE announcement SET not_before = $1", datetime.now(UTC))
        await out.work()
        assert texts(out) == []


def test_the_night_is_the_events_own() -> None:
    class Seoul:
        time_zone = "Asia/Seoul"
        starts_at = datetime(2027, 4, 11, tzinfo=UTC)

    event: Any = Seoul()
    at_night = datetime(2027, 3, 1, 15, 0, tzinfo=UTC)  # midnight in Seoul
    assert rules.not_in_the_night(at_night, event) == datetime(2027, 3, 1, 22, 0, tzinfo=UTC)
    by_day = datetime(2027, 3, 1, 3, 0, tzinfo=UTC)
    assert rules.not_in_the_night(by_day, event) == by_day
    the_night_before = datetime(2027, 4, 10, 15, 0, tzinfo=UTC)
    assert rules.not_in_the_night(the_night_before, event) == the_night_before


# -- true words ------------------------------------------------------------------------------------------------------


async def changed(world: World, before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    event = await world.event(**before)
    (row,) = await fetch("SELECT id FROM event")
    facts = facts_of(await event_by_id(row["id"]))
    await move(world, event, **after)
    return rules.changes_of(facts, await event_by_id(row["id"]), "en")


def bus(departs: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": "Osan", "place": "Osan station", "departs_at": departs, "seats": 40, **more}]


async def test_a_bus_on_another_day_says_its_day(world: World) -> None:
    event = await world.event(pickup_points=bus(soon(days=60, hour=7)))
    (row,) = await fetch("SELECT id FROM event")
    facts = facts_of(await event_by_id(row["id"]))
    moved = bus(soon(days=59, hour=7), id=event["pickup_points"][0]["id"])
    await move(world, event, pickup_points=moved)
    (change,) = rules.changes_of(facts, await event_by_id(row["id"]), "en")
    assert change.old == "07:00"
    assert change.new.startswith("07:00 (")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"venue": {"en": "Manseok Park"}}, {"venue": {"en": "Manseok Park", "km": "សួនម៉ានសុក"}}),
        ({"address": "Songjuk-dong"}, {"address": ""}),
        ({"notice": {"en": "Bring water"}}, {"notice": {}}),
    ],
)
async def test_what_is_no_news_to_a_reader_is_no_letter(
    world: World, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert await changed(world, before, after) == []


async def test_another_time_zone_is_told_as_another_hour(world: World) -> None:
    (change,) = await changed(world, {}, {"time_zone": "Asia/Tokyo", "starts_at": soon(), "ends_at": soon(hour=17)})
    assert (change.kind, change.new) == ("time", "09:00 (Asia/Tokyo)")


async def test_an_all_day_event_is_reminded_in_the_morning_too(world: World) -> None:
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    await world.event(all_day=True, starts_at=f"{day}", ends_at=f"{day + timedelta(days=1)}")
    (row,) = await fetch("SELECT id FROM event")
    event = await event_by_id(row["id"])
    seven = event.starts_at + timedelta(hours=7, minutes=5)
    assert [letter for letter, _ in rules.reminders_due(event, seven)] == ["reminder"]


async def test_who_leaves_the_day_before_is_reminded_before_the_bus(world: World) -> None:
    await world.event(pickup_points=bus(soon(days=59, hour=15)))
    (row,) = await fetch("SELECT id FROM event")
    event = await event_by_id(row["id"])
    leaves = event.pickup_points[0].departs_at
    assert leaves is not None
    assert rules.reminders_due(event, leaves - timedelta(hours=3)) == []
    assert [letter for letter, _ in rules.reminders_due(event, leaves - timedelta(hours=1))] == ["reminder_eve"]


async def test_a_long_notice_is_at_most_three_parts_of_an_sms(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        await world.party(event, phone="010-1234-5678", language="km")
        await move(world, event, notice={"km": "សូមមកទាន់ម៉ោង " * 60})
        await ten_minutes()
        await out.work()
        text = out.sms.asked[0].form["text"]
        assert rules.parts_of_sms(text) <= 3
        assert text.endswith(f"/e/{event['slug']}")


async def test_parts_of_an_sms_are_counted_as_they_are_paid_for() -> None:
    assert rules.parts_of_sms("a" * 160) == 1
    assert rules.parts_of_sms("a" * 161) == 2
    assert rules.parts_of_sms("€" * 81) == 2
    assert rules.parts_of_sms("ក" * 70) == 1
    assert rules.parts_of_sms("ក" * 71) == 2
    assert rules.parts_of_sms("😀" * 36) == 2


# -- ways back -------------------------------------------------------------------------------------------------------


async def test_a_stopped_phone_is_turned_on_again_and_a_stopped_address_asked(world: World) -> None:
    async with messengers(world):
        event = await world.event()
        party = await world.party(event, phone="010-1234-5678", email="dara@example.org")
        here = f"/en/r/{party['key']}/reach"
        async with world.browser() as client:
            for row in await fetch("SELECT id FROM reach"):
                await client.post(here, data={"do": "stop", "reach": str(row["id"])})
            assert await fetch("SELECT 1 FROM reach WHERE stopped_at IS NULL") == []
            await fetch("UPDATE reach SET consented_at = $1", datetime.now(UTC) - timedelta(hours=1))
            for row, do in [
                (row, "on" if row["channel"] == "phone" else "ask") for row in await fetch("SELECT * FROM reach")
            ]:
                answer = await client.post(here, data={"do": do, "reach": str(row["id"])})
                assert answer.status_code == 303
        rows = {row["channel"]: row for row in await fetch("SELECT * FROM reach")}
        assert rows["phone"]["stopped_at"] is None
        assert rows["e-mail"]["stopped_at"] is None
        assert rows["e-mail"]["confirmed_at"] is None  # asked, not told


async def test_failed_messages_to_single_parties_are_tried_again(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        out.mail.codes = ["550 5.7.1 not from you"]
        await world.party(event, email="dara@example.org")
        await out.work()
        assert await states() == [("failed", "refused")]
        out.mail.codes = ["450 4.2.0 later"]
        await world.party(event, email="sok@example.org")
        await out.work()
        here = f"/desk/events/{event['slug']}/messages"
        async with world.desk("korea") as desk:
            page = (await desk.get(f"{here}?lang=en")).text
            assert f"{here}/single/again" in page
            assert "in trouble" in page
            assert (await desk.post(f"{here}/single/again")).status_code == 303
        await pass_by(minutes=5)
        await out.work()
        assert await states() == [("sent", ""), ("sent", "")]


async def test_told_is_said_only_where_somebody_was(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        await world.party(event)
        await move(world, event, starts_at=soon(hour=8))
        await ten_minutes()
        await out.work()
        async with world.desk("korea") as desk:
            page = (await desk.get(f"/desk/events/{event['slug']}/messages?lang=en")).text
        assert "reached nobody" in page
