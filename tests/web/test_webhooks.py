"""Webhooks: what is told, once, by ids alone, and what never is."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.database.connection import fetch
from app.security.keyring import Keyring
from app.web import idempotency
from app.webhooks.finding import Lookout, find_news
from tests.hooks import HERE, hooked
from tests.world import World


async def test_an_events_life_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await world.event()
    async with hooked(world, monkeypatch) as hook, world.api("korea") as attache:
        assert await hook.told() == []  # nothing of what was there already
        event = await world.event(publish=False, capacity=10)
        assert await hook.told() == []  # a draft is nobody's
        here = f"/api/v1/events/{event['slug']}"
        await attache.post(f"{here}/publish")
        assert await hook.told() == [("event.published", {"event": event["id"], "slug": event["slug"]})]
        assert await hook.told() == []
        await attache.patch(here, json={"venue": "Another park"})
        ((kind, data),) = await hook.told()
        assert (kind, data["event"]) == ("event.changed", event["id"])
        shown = (await attache.get(here)).json()
        assert data["content_revision"] == shown["content_revision"]
        await attache.post(f"{here}/cancel", json={"notice": {"en": "A storm"}})
        assert await hook.kinds() == ["event.cancelled"]
        await attache.post(f"/api/v1/events/{before['slug']}/cancel", json={})
        assert await hook.kinds() == ["event.cancelled"]  # also of an event that was there before
        await world.event("japan", host_country="JP", time_zone="Asia/Tokyo")
        assert await hook.told() == []  # another country's


async def test_parties_are_told_by_id_and_never_by_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event(capacity=100)
    await world.party(event)  # before the webhook
    async with hooked(world, monkeypatch) as hook, world.stranger as worker:
        party = await world.party(event, 2, name="Chan Sophea", phone="+821012345678")
        assert await hook.told() == [
            ("registration.made", {"event": event["id"], "slug": event["slug"], "registration": party["id"]})
        ]
        mine = f"/api/v1/registrations/{party['key']}"
        await worker.patch(mine, json={"party": 3})
        assert await hook.kinds() == ["registration.changed"]
        await worker.patch(mine, json={"party": 2})
        assert await hook.kinds() == ["registration.changed"]
        device = await world.gate(event)
        await world.scan(device, {"code": party["tickets"][0]["code"]})
        told = await hook.told()
        assert sorted(kind for kind, _ in told) == ["admission", "registration.changed"]
        other = await world.party(event)
        await worker.delete(f"/api/v1/registrations/{other['key']}")
        assert await hook.kinds() == ["registration.given_up"]
        everything = b"".join(each.body for each in hook.receiver.asked)
        for secret in (b"Sophea", b"82101", party["key"].encode(), party["short_code"].encode()):
            assert secret not in everything


async def test_places_that_run_low_and_the_end_are_told_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event(capacity=10, party_limit=9)
    async with hooked(world, monkeypatch, **{"kind.event.seats_low": "on", "kind.event.over": "on"}) as hook:
        await world.party(event, 8)
        assert await hook.told() == []
        await world.party(event, 1)
        assert await hook.kinds() == ["event.seats_low"]
        await world.party(event, 1)
        assert await hook.told() == []
        await fetch("UPDATE event SET starts_at = $1, ends_at = $2", *_yesterday())
        assert await hook.kinds() == ["event.over"]
        assert await hook.told() == []


def _yesterday() -> tuple[datetime, datetime]:
    moment = datetime.now(UTC) - timedelta(days=1)
    return moment - timedelta(hours=8), moment


async def test_two_that_look_at_the_same_time_tell_it_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event(capacity=100)
    async with hooked(world, monkeypatch) as hook:
        for _ in range(5):
            await world.party(event)
        await asyncio.gather(*(find_news() for _ in range(4)))
        while sum(await asyncio.gather(*(hook.courier.deliver_due() for _ in range(4)))):
            pass
        assert [each.json["type"] for each in hook.receiver.asked] == ["registration.made"] * 5
        assert len({each.headers["webhook-id"] for each in hook.receiver.asked}) == 5


async def test_many_parties_of_one_revision_are_not_parted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of scans stamps hundreds of parties with one revision: none of them may fall behind the mark."""
    monkeypatch.setattr("app.webhooks.finding.PARTIES_AT_ONCE", 5)
    event = await world.event()
    parties = [await world.party(event) for _ in range(12)]
    async with hooked(world, monkeypatch) as hook:
        device = await world.gate(event)
        await world.scan(device, *({"code": party["tickets"][0]["code"]} for party in parties))
        told = await hook.told()
        changed = {data["registration"] for kind, data in told if kind == "registration.changed"}
        assert changed == {party["id"] for party in parties}
        came = [data for kind, data in told if kind == "admission"]
        assert {each["registration"] for each in came} == {party["id"] for party in parties}
        assert all(each["ticket"] == 1 for each in came)


async def test_after_a_backlog_the_new_are_still_new(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.webhooks.finding.PARTIES_AT_ONCE", 5)
    monkeypatch.setattr("app.webhooks.finding.SLACK", timedelta(0))
    event = await world.event()
    for kinds in ({}, {"kind.registration.changed": "on"}):
        async with hooked(world, monkeypatch, **kinds) as hook:
            for _ in range(12):
                await world.party(event)
            assert await hook.kinds() == ([] if kinds else ["registration.made"] * 12)
            await fetch("UPDATE webhook SET ended_at = $1", datetime.now(UTC))


async def test_of_an_event_that_moves_here_only_who_comes_since(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.posted("japan", "KR")
    event = await world.event("japan", host_country="JP", time_zone="Asia/Tokyo")
    await world.party(event)
    async with hooked(world, monkeypatch) as hook, world.api("japan") as attache:
        moved = await attache.patch(
            f"/api/v1/events/{event['slug']}", json={"host_country": "KR", "time_zone": "Asia/Seoul"}
        )
        assert moved.status_code == 200, moved.text
        assert await hook.kinds() == ["event.published"]
        await world.party(event)
        assert await hook.kinds() == ["registration.made"]


async def test_what_was_over_before_is_not_told_and_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await world.event()
    gone = await world.party(event)
    async with world.stranger as worker:
        await worker.delete(f"/api/v1/registrations/{gone['key']}")
        async with hooked(world, monkeypatch) as hook:
            await worker.post(f"/api/v1/registrations/{gone['key']}/erase")
            assert await hook.told() == []
            party = await world.party(event)
            mine = f"/api/v1/registrations/{party['key']}"
            assert await hook.kinds() == ["registration.made"]
            await worker.delete(mine)
            assert await hook.kinds() == ["registration.given_up"]
            assert (await worker.post(f"{mine}/undo")).status_code == 200
            assert await hook.kinds() == ["registration.changed"]
            await worker.delete(mine)
            assert await hook.kinds() == ["registration.given_up"]
            await worker.post(f"{mine}/erase")
            assert await hook.told() == []


async def test_nobody_looks_where_nothing_has_stirred(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    async def looked() -> bool:
        looks.append(1)
        return await find_news()

    monkeypatch.setattr("app.webhooks.finding.find_news", looked)
    news = Lookout()
    await news.find()
    assert looks == []  # no webhook, no look
    async with hooked(world, monkeypatch) as hook:
        await news.find()
        await news.find()
        assert len(looks) == 1
        await world.party(await world.event())
        await news.find()
        assert len(looks) == 2
        assert len(await hook.told()) == 2


async def test_one_event_that_cannot_be_read_silences_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook:
        bad = await world.event()
        good = await world.event()
        await fetch("UPDATE event SET state = 'odd' WHERE id = $1", UUID(bad["id"]))
        assert [data["event"] for _, data in await hook.told()] == [good["id"]]


async def test_registering_and_scanning_write_nothing_for_webhooks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await world.event()
    async with hooked(world, monkeypatch):
        party = await world.party(event, 3)
        device = await world.gate(event)
        await world.scan(device, {"code": party["tickets"][0]["code"]})
        assert await fetch("SELECT 1 FROM delivery") == []
        marks = await fetch("SELECT revision FROM webhook_mark")
        assert len(marks) == 1


async def test_of_two_at_once_only_the_secret_in_use_is_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook, world.desk("korea") as desk:
        page = (await desk.get(HERE)).text
        (nonce,) = re.findall(r'name="nonce" value="([^"]+)"', page)
        typed = {"nonce": nonce, "address": f"{hook.receiver.address}/two", "host_country": "KR"}
        typed |= {"kind.event.published": "on"}
        together, find, asked = asyncio.Barrier(2), idempotency._find, list[str]()

        async def at_once(keyring: Keyring, claim: str, body: str) -> idempotency.Answer | None:
            found = await find(keyring, claim, body)
            asked.append(claim)
            if len(asked) <= 2:
                await together.wait()
            return found

        monkeypatch.setattr(idempotency, "_find", at_once)
        answers = await asyncio.gather(*(desk.post(HERE, data=typed) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 303]
    assert sum(len(re.findall("whsec_", answer.text)) for answer in answers) == 1
