"""What the database itself refuses of the tables that stand ready for messages, the desk and integrators."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from piccolo.table import Table

from app.database.connection import fetch, insert, write
from models.accounts import Account, OneTimeLink, Passkey, RecoveryCode, SecondFactor
from models.events import Campaign, PlaceLeft
from models.messages import Announcement
from models.registrations import Reach
from models.webhooks import Delivery, Webhook
from tests.world import World

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


async def refused(match: str, table: type[Table], **columns: Any) -> None:
    with pytest.raises(Exception, match=f"(?i){match}"):
        async with write():
            await insert(table, {"id": uuid4(), **columns})


async def account() -> UUID:
    row = uuid4()
    facts = {"email": f"{row}@x.example", "name": "x", "role": "attache", "password_hash": "", "created_at": NOW}
    await insert(Account, {"id": row, **facts})
    return row


async def test_of_one_kind_of_change_one_announcement_waits(world: World) -> None:
    event = UUID((await world.event())["id"])
    facts = {"event": event, "kind": "moved", "content_revision": 3, "created_at": NOW, "not_before": NOW}
    await insert(Announcement, {"id": uuid4(), **facts, "told_at": NOW})
    await insert(Announcement, {"id": uuid4(), **facts})
    await refused("unique", Announcement, **facts)
    await insert(Announcement, {"id": uuid4(), **facts, "kind": "cancelled"})


async def test_a_campaign_is_one_word_of_a_country_or_of_all(world: World) -> None:
    await insert(Campaign, {"id": uuid4(), "host_country": "KR", "slug": "pchum-ben-2027", "address": "0"})
    await insert(Campaign, {"id": uuid4(), "host_country": "JP", "slug": "pchum-ben-2027", "address": "1"})
    await insert(Campaign, {"id": uuid4(), "host_country": None, "slug": "pchum-ben-2027", "address": "2"})
    await refused("unique", Campaign, host_country="KR", slug="pchum-ben-2027", address="3")
    await refused("unique", Campaign, host_country=None, slug="pchum-ben-2027", address="4")
    await refused("unique", Campaign, host_country="TH", slug="pchum-ben-2027", address="1")


async def test_events_that_share_a_word_belong_to_one_campaign(world: World) -> None:
    first = await world.event(campaign="Pchum Ben 2027")
    second = await world.event(campaign="Pchum Ben 2027")
    other = await world.event(by="japan", host_country="JP", campaign="Pchum Ben 2027", time_zone="Asia/Tokyo")
    alone = await world.event()
    rows = {str(row["id"]): row["belongs_to"] for row in await fetch("SELECT id, belongs_to FROM event")}
    assert rows[first["id"]] == rows[second["id"]] is not None
    assert rows[other["id"]] not in {None, rows[first["id"]]}
    assert rows[alone["id"]] is None
    async with world.api("korea") as client:
        await client.patch(f"/api/v1/events/{second['slug']}", json={"campaign": "Kathina 2027"})
        await client.patch(f"/api/v1/events/{first['slug']}", json={"campaign": ""})
    rows = {str(row["id"]): row["belongs_to"] for row in await fetch("SELECT id, belongs_to FROM event")}
    assert rows[first["id"]] is None
    assert rows[second["id"]] not in {None, rows[other["id"]]}


async def test_an_event_leaves_a_country_once(world: World) -> None:
    event = UUID((await world.event())["id"])
    await insert(PlaceLeft, {"id": uuid4(), "event": event, "host_country": "JP", "left_at": NOW})
    await refused("unique", PlaceLeft, event=event, host_country="JP", left_at=NOW)


async def test_a_partys_address_stands_once_on_a_channel(world: World) -> None:
    party = await world.party(await world.event(), phone="+821055512345")
    (reach,) = await fetch("SELECT * FROM reach")
    columns = {"sealed_address": "s", "address_hash": reach["address_hash"], "consented_at": NOW}
    await refused("unique", Reach, registration=UUID(party["id"]), channel="phone", **columns)
    await insert(Reach, {"id": uuid4(), "registration": UUID(party["id"]), "channel": "push", **columns})


async def test_of_two_events_nobody_can_tell_that_one_person_came_to_both(world: World) -> None:
    for _ in range(2):
        event = await world.event()
        for _ in range(2):
            await world.party(event, phone="+821055512345")
    hashes = [row["address_hash"] for row in await fetch("SELECT address_hash FROM reach")]
    assert sorted(hashes.count(each) for each in set(hashes)) == [2, 2]  # within an event the desk sees look-alikes


@pytest.mark.usefixtures("database")
async def test_what_lets_an_account_in_belongs_to_one_account() -> None:
    one, two = await account(), await account()
    await insert(SecondFactor, {"id": uuid4(), "account": one, "sealed_secret": "s", "created_at": NOW})
    await refused("unique", SecondFactor, account=one, sealed_secret="t", created_at=NOW)
    key = {"credential": "abc", "public_key": "p", "created_at": NOW}
    await insert(Passkey, {"id": uuid4(), "account": one, **key})
    await refused("unique", Passkey, account=two, **key)
    await insert(RecoveryCode, {"id": uuid4(), "account": one, "code_hash": "h", "created_at": NOW})
    await refused("unique", RecoveryCode, account=two, code_hash="h", created_at=NOW)
    link = {"account": one, "purpose": "invite", "created_at": NOW}
    await refused("check", OneTimeLink, **link, secret_hash="s", expires_at=NOW)
    await insert(OneTimeLink, {"id": uuid4(), **link, "secret_hash": "s", "expires_at": NOW + timedelta(days=1)})
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with write():
            await fetch("DELETE FROM account WHERE id = $1", one)


@pytest.mark.usefixtures("database")
async def test_a_webhook_with_deliveries_stays() -> None:
    hook = uuid4()
    await insert(
        Webhook,
        {
            "id": hook,
            "made_by": await account(),
            "address": "https://x.example",
            "sealed_secret": "s",
            "created_at": NOW,
        },
    )
    told = {"webhook": hook, "kind": "event_published", "subject": str(uuid4()), "not_before": NOW}
    await insert(Delivery, {"id": uuid4(), **told})
    await refused("check", Delivery, **told, attempts=-1)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with write():
            await fetch("DELETE FROM webhook WHERE id = $1", hook)


async def test_whoever_is_erased_stands_in_the_list_that_a_restore_repeats(world: World) -> None:
    event = await world.event()
    gone, kept = await world.party(event), await world.party(event)
    async with world.stranger as worker:
        for _ in range(2):
            await worker.post(f"/api/v1/registrations/{gone['key']}/erase")
    assert [str(row["id"]) for row in await fetch("SELECT id FROM erased")] == [gone["id"]]
    assert kept["id"] != gone["id"]
