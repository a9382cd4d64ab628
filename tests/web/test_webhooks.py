"""Webhooks: what is told and what never is, signed so that another implementation believes it, to real receivers."""

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.accounts import actions as accounts
from app.activity.record import OPERATOR
from app.database.connection import fetch
from app.webhooks import rules
from app.webhooks.finding import Lookout, find_news, forget_deliveries
from app.webhooks.queries import reseal_webhooks
from app.webhooks.sending import Courier
from app.webhooks.shapes import KINDS
from tests.receivers import Receiver, receiving
from tests.world import World

HERE = "/desk/webhooks"


def believed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the Standard Webhooks specification tells a receiver to judge, written from its text."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(datetime.now(UTC).timestamp() - int(headers["webhook-timestamp"])) < 300
    return fresh and any(each == f"v1,{mine}" for each in headers["webhook-signature"].split(" "))


class Hook:
    """A webhook of Korea's attaché, what it was told, and a courier that may call this machine."""

    def __init__(self, world: World, receiver: Receiver, row: str, secret: str) -> None:
        self.world, self.receiver, self.row, self.secret = world, receiver, row, secret
        self.courier = Courier(world.app.state.keyring, ("127.0.0.1",))

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Everything that is due goes out; what came, by type, in the order of coming."""
        while await find_news():
            pass
        seen = len(self.receiver.asked)
        while await self.courier.deliver_due():
            pass
        new = self.receiver.asked[seen:]
        assert all(believed(self.secret, each.headers, each.body) for each in new)
        return [(each.json["type"], each.json["data"]) for each in new]

    async def kinds(self) -> list[str]:
        return sorted(kind for kind, _ in await self.told())


async def added(world: World, address: str, *, by: str = "korea", country: str = "KR", **kinds: str) -> httpx.Response:
    ticked = kinds or {f"kind.{kind}": "on" for kind in KINDS}
    async with world.desk(by) as desk:
        return await desk.post(HERE, data={"address": address, "host_country": country, **ticked})


@asynccontextmanager
async def hooked(world: World, monkeypatch: pytest.MonkeyPatch, **more: Any) -> AsyncIterator[Hook]:
    """A receiver on this machine that the operator allows."""
    import msgspec

    settings = world.app.state.settings
    channels = msgspec.structs.replace(settings.channels, webhook_hosts=("127.0.0.1",))
    monkeypatch.setattr(world.app.state, "settings", msgspec.structs.replace(settings, channels=channels))
    async with receiving() as receiver:
        answer = await added(world, f"{receiver.address}/bon", **more)
        assert answer.status_code == 200, answer.text
        (secret,) = re.findall(r'value="(whsec_[^"]+)"', answer.text)
        row = (await fetch("SELECT id FROM webhook ORDER BY created_at DESC"))[0]["id"]
        hook = Hook(world, receiver, str(row), secret)
        try:
            yield hook
        finally:
            await hook.courier.close()


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


async def test_what_fails_is_tried_again_with_the_same_id(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook:
        hook.receiver.reply = lambda _: (500, {}, b"no")
        event = await world.event()
        await hook.told()
        assert len(hook.receiver.asked) == 1
        assert await hook.told() == []  # not before its time
        ((row),) = await fetch("SELECT status, attempts, error FROM delivery")
        assert (row["status"], row["attempts"], row["error"]) == (500, 1, "refused")
        await fetch("UPDATE delivery SET not_before = $1", datetime.now(UTC) - timedelta(seconds=1))
        hook.receiver.reply = lambda _: (204, {}, b"")
        assert await hook.kinds() == ["event.published"]
        first, second = hook.receiver.asked
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        async with world.desk("korea") as desk:
            page = (await desk.get(f"{HERE}/{hook.row}?lang=en")).text
            assert "Delivered" in page
            assert event["slug"] in page
            again = {"do": "again", "delivery": first.headers["webhook-id"]}
            assert (await desk.post(f"{HERE}/{hook.row}", data=again)).status_code == 303
        assert await hook.kinds() == ["event.published"]
        assert hook.receiver.asked[-1].headers["webhook-id"] == first.headers["webhook-id"]


async def test_after_three_days_nobody_tries_any_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook:
        hook.receiver.reply = lambda _: (503, {}, b"")
        await world.event()
        for _ in range(rules.MOST_TRIES + 3):
            await hook.told()
            await fetch("UPDATE delivery SET not_before = $1", datetime.now(UTC) - timedelta(seconds=1))
        assert len(hook.receiver.asked) == rules.MOST_TRIES
        async with world.desk("korea") as desk:
            assert "Given up" in (await desk.get(f"{HERE}/{hook.row}?lang=en")).text


async def test_410_ends_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook:
        hook.receiver.reply = lambda _: (410, {}, b"")
        await world.event()
        await hook.told()
        await world.event()
        await hook.told()
        assert len(hook.receiver.asked) == 1
        async with world.desk("korea") as desk:
            assert "Ended" in (await desk.get(f"{HERE}?lang=en")).text


REPLIES: list[tuple[str, Callable[[Any], Any]]] = [
    ("redirect", lambda _: (302, {"location": "http://127.0.0.1:1/other"}, b"")),
    ("endless", lambda _: (200, {}, b"x" * 2_000_000)),
]


@pytest.mark.parametrize(("what", "reply"), REPLIES)
async def test_answers_that_want_too_much(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str, reply: Callable[[Any], Any]
) -> None:
    async with hooked(world, monkeypatch) as hook:
        hook.receiver.reply = reply
        await world.event()
        await hook.told()
        ((row),) = await fetch("SELECT status, delivered_at FROM delivery")
        assert len(hook.receiver.asked) == 1
        assert row["status"] == (302 if what == "redirect" else 200)
        assert (row["delivered_at"] is None) == (what == "redirect")


async def test_one_that_hangs_holds_nobody_up_for_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.webhooks.sending.WITHIN", 0.3)
    async with hooked(world, monkeypatch) as hook:
        hook.receiver.hangs = True
        await world.event()
        await hook.told()
        assert (await fetch("SELECT error FROM delivery"))[0]["error"] == "slow"


PRIVATE = (
    "127.0.0.1",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address that is refused
    "224.0.0.1",
    "::1",
    "fe80::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "64:ff9b:1::7f00:1",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "::a9fe:a9fe",
    "fec0::1",
    "5f00::1",
    "3fff::1",
    "192.88.99.1",
    "168.63.129.16",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_none_of_the_internets(address: str) -> None:
    assert not rules.may_be_called(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_addresses_of_the_internet(address: str) -> None:
    assert rules.may_be_called(address)


async def test_a_name_that_leads_home_is_not_called(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again when it is sent: a name may have led elsewhere when it was typed."""
    async with hooked(world, monkeypatch) as hook:
        await fetch("UPDATE webhook SET address = $1", f"http://localhost:{hook.receiver.port}/")
        await world.event()
        await find_news()
        await hook.courier.deliver_due()
        assert hook.receiver.asked == []
        assert (await fetch("SELECT error FROM delivery"))[0]["error"] == "private_address"


async def test_a_new_secret_and_for_a_day_the_former_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook:
        async with world.desk("korea") as desk:
            page = (await desk.post(f"{HERE}/{hook.row}", data={"do": "rotate"})).text
            assert "whsec_" not in (await desk.get(f"{HERE}/{hook.row}")).text  # shown once
        (new,) = re.findall(r'value="(whsec_[^"]+)"', page)
        await world.event()
        assert await hook.kinds() == ["event.published"]  # the former secret believes it
        last = hook.receiver.asked[-1]
        assert believed(new, last.headers, last.body)
        await fetch("UPDATE webhook SET former_until = $1", datetime.now(UTC) - timedelta(seconds=1))
        hook.secret = new
        await world.event()
        assert await hook.kinds() == ["event.published"]
        assert len(hook.receiver.asked[-1].headers["webhook-signature"].split(" ")) == 1
        assert await reseal_webhooks(world.app.state.keyring) == 0


async def test_it_is_good_while_its_makers_right_lasts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook:
        await fetch("UPDATE posting SET ends_at = $1", datetime.now(UTC) - timedelta(seconds=1))
        await world.event("hq")
        assert await hook.told() == []
        async with world.desk("hq") as desk:
            assert "no right any more" in (await desk.get(f"{HERE}?lang=en")).text
            assert (await desk.post(f"{HERE}/{hook.row}", data={"do": "adopt"})).status_code == 303
        assert await hook.kinds() == ["event.published"]


async def test_who_may_have_one(world: World) -> None:
    assert (await added(world, "https://program.example/x", by="japan")).status_code == 422
    assert (await added(world, "https://program.example/x", country="")).status_code == 422
    assert (await added(world, "https://program.example/x", by="hq", country="")).status_code == 200
    async with world.desk("korea") as desk:
        assert "program.example" not in (await desk.get(HERE)).text  # HQ's own
        row = (await fetch("SELECT id FROM webhook"))[0]["id"]
        assert (await desk.get(f"{HERE}/{row}")).status_code == 404
        for do in ("rotate", "end", "adopt", "again"):
            assert (await desk.post(f"{HERE}/{row}", data={"do": do})).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://u:p@example.org/",
        "example.org",
        "https://a b/",
    ],
)
async def test_addresses_that_are_refused_with_what_was_typed(world: World, address: str) -> None:
    answer = await added(world, address, **{"kind.admission": "on"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert await fetch("SELECT 1 FROM webhook") == []
    assert re.search(r'name="kind.admission" value="on" checked', answer.text)
    assert not re.search(r'name="kind.event.over" value="on" checked', answer.text)


async def test_a_double_tap_makes_one(world: World) -> None:
    async with world.desk("korea") as desk:
        (nonce,) = re.findall(r'name="nonce" value="([^"]+)"', (await desk.get(HERE)).text)
        sent = {"nonce": nonce, "address": "https://program.example/", "host_country": "KR", "kind.admission": "on"}
        first, second = await desk.post(HERE, data=sent), await desk.post(HERE, data=sent)
    assert (first.status_code, second.status_code) == (200, 303)
    assert "whsec_" not in second.text
    assert len(await fetch("SELECT 1 FROM webhook")) == 1


async def test_nothing_ticked_is_refused(world: World) -> None:
    answer = await added(world, "https://example.org/x", nothing="on")
    assert answer.status_code == 422


async def test_its_secret_lies_sealed_and_old_deliveries_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook:
        await world.event()
        await hook.told()
        ((row),) = await fetch("SELECT sealed_secret FROM webhook")
        assert hook.secret not in row["sealed_secret"]
        await forget_deliveries()
        assert len(await fetch("SELECT 1 FROM delivery")) == 1
        old = datetime.now(UTC) - timedelta(days=31)
        await fetch("UPDATE delivery SET created_at = $1, not_before = $1", old)
        await forget_deliveries()
        assert await fetch("SELECT 1 FROM delivery") == []


async def test_a_host_country_ends_with_its_attaches_account(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook:
        await accounts.disable("korea@bon.example", OPERATOR)
        await world.event("hq")
        assert await hook.told() == []


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


async def test_a_claim_takes_few_and_few_of_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event()
    async with hooked(world, monkeypatch) as hook:
        for _ in range(9):
            await world.party(event)
        await find_news()
        assert await hook.courier.deliver_due() == 4
        assert len(hook.receiver.asked) == 4


async def test_one_dead_receiver_holds_nobody_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.webhooks.sending.WITHIN", 0.3)
    event = await world.event()
    async with hooked(world, monkeypatch) as hook:
        dead = hook.row
        await fetch("UPDATE webhook SET address = $1 WHERE id = $2", "http://127.0.0.1:9/", UUID(dead))
        assert (await added(world, f"{hook.receiver.address}/other")).status_code == 200
        for _ in range(30):
            await world.party(event)
        await find_news()
        for _ in range(8):
            await hook.courier.deliver_due()
        assert len(hook.receiver.asked) == 30
        waiting = await fetch("SELECT attempts FROM delivery WHERE webhook = $1", UUID(dead))
        assert sum(each["attempts"] for each in waiting) <= 4  # the others rest, and keep their tries


async def test_two_rotations_in_a_row_leave_the_secret_in_use(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked(world, monkeypatch) as hook, world.desk("korea") as desk:
        for _ in range(2):
            await desk.post(f"{HERE}/{hook.row}", data={"do": "rotate"})
        await world.event()
        assert await hook.kinds() == ["event.published"]  # what the program has had all along


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
