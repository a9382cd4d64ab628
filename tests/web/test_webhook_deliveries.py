"""Webhooks: how news goes out, to whom it may, who may have one, and what happens when nobody answers."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.accounts import actions as accounts
from app.activity.record import OPERATOR
from app.database.connection import fetch
from app.webhooks import rules
from app.webhooks.finding import find_news, forget_deliveries
from app.webhooks.queries import reseal_webhooks
from tests.hooks import HERE, added, believed, hooked
from tests.world import World


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
        (new,) = re.findall(r"(whsec_[\w+/=]+)", page)
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


async def test_a_claim_takes_few_and_few_of_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event()
    async with hooked(world, monkeypatch) as hook:
        for _ in range(9):
            await world.party(event)
        await find_news()
        assert await hook.courier.deliver_due() == 4
        assert len(hook.receiver.asked) == 4


async def test_one_dead_receiver_holds_nobody_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_whoever_has_nothing_to_send_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event()
    async with hooked(world, monkeypatch) as hook:
        asked: list[str] = []

        async def noting(sql: str, *args: Any) -> Any:
            asked.append(sql)
            return await fetch(sql, *args)

        monkeypatch.setattr("app.webhooks.sending.fetch", noting)
        assert await hook.courier.deliver_due() == 0
        assert not any("UPDATE" in sql for sql in asked)
        await world.party(event)
        assert await hook.kinds() == ["registration.made"]
        assert any("UPDATE" in sql for sql in asked)


async def test_an_account_that_is_enabled_again_does_not_bring_it_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hooked(world, monkeypatch) as hook:
        await accounts.disable("korea@bon.example", OPERATOR)
        (row,) = await fetch("SELECT id FROM account WHERE email = 'korea@bon.example'")
        await accounts.enable(UUID(str(row["id"])), OPERATOR)
        await accounts.add_posting("korea@bon.example", "KR", OPERATOR)
        await world.event("hq")
        assert await hook.told() == []
        async with world.browser(bon_session=await world.session(UUID(str(row["id"])))) as desk:
            assert (await desk.post(f"{HERE}/{hook.row}", data={"do": "adopt"})).headers["location"].endswith(hook.row)
        assert await hook.kinds() == ["event.published"]


async def test_what_an_end_leaves_unsent_is_asked_first_and_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await world.event()
    async with hooked(world, monkeypatch) as hook, world.desk("korea") as desk:
        await world.party(event)
        await find_news()
        page = (await desk.get(f"{HERE}/{hook.row}?lang=en")).text
        assert "1 piece of news waits and will not be sent." in page
        for _ in range(2):  # a double tap
            assert (await desk.post(f"{HERE}/{hook.row}", data={"do": "end"})).status_code == 303
        assert await hook.told() == []
        page = (await desk.get(f"{HERE}/{hook.row}?lang=en")).text
        assert "Given up" in page
        assert "9999" not in page
        (ended,) = await fetch("SELECT count(*) AS many FROM audit_entry WHERE action = 'webhook_ended'")
        assert ended["many"] == 1


async def test_the_list_comes_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.webhooks.desk.ITEMS_A_PAGE", 2)
    for number in range(5):
        assert (await added(world, f"https://program-{number}.example/")).status_code == 200
    seen, address = list[str](), HERE
    async with world.desk("korea") as desk:
        while address:
            page = (await desk.get(address)).text
            seen += re.findall(r"https://(program-\d)\.example", page)
            following = re.findall(r'href="(\?cursor=[^"]+)"', page)
            address = HERE + following[0] if following else ""
    assert sorted(set(seen)) == [f"program-{number}" for number in range(5)]
    assert len(seen) == 5


async def test_a_helper_of_one_event_has_none(world: World) -> None:
    event = await world.event()
    # the attaché's posting becomes one to this event alone
    await fetch("UPDATE posting SET event = $1 WHERE host_country = 'KR'", UUID(event["id"]))
    async with world.desk("korea") as desk:
        assert (await desk.get(HERE)).status_code == 403
        sent = {"address": "https://x.example/", "host_country": "KR", "kind.admission": "on"}
        assert (await desk.post(HERE, data=sent)).status_code == 403
    assert await fetch("SELECT 1 FROM webhook") == []
