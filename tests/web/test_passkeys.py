"""Passkeys: made by whoever knows the password, shown instead of it, taken once, and gone with what they opened."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import msgspec
import pyotp
import pytest

from app.accounts import actions, passkeys
from app.accounts.links import make_link
from app.activity.record import OPERATOR
from app.database.connection import fetch
from tests.authenticator import PRESENT, Authenticator
from tests.world import PASSWORD, World

ORIGIN = "http://localhost:8000"
HERE = "/desk/account/passkeys"


@pytest.fixture
def named(world: World) -> World:
    """The world at an address with a name: passkeys are tied to one."""
    world.settings = msgspec.structs.replace(world.settings, base_url=ORIGIN)
    world.app.state.settings = world.settings
    return world


def phone() -> Authenticator:
    return Authenticator(ORIGIN, "localhost")


def asked(page: httpx.Response) -> str:
    return html.unescape(re.findall(r'data-options="([^"]+)"', page.text)[0])


async def sokha(world: World, role: str = "attache") -> UUID:
    account = await actions.add_account("sokha@bon.example", "Sokha", role, PASSWORD, OPERATOR)
    world.sessions["sokha"] = await world.session(account)
    return account


async def added(world: World, device: Authenticator, name: str = "My phone") -> httpx.Response:
    async with world.desk("sokha") as desk:
        new = await desk.post(f"{HERE}/new", data={"present": PASSWORD})
        return await desk.post(HERE, data={"name": name, "answer": device.make(asked(new))})


@asynccontextmanager
async def shown(
    world: World, device: Authenticator, **typed: str
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.Response]]:
    async with world.browser() as browser:
        answer = device.show(asked(await browser.get("/desk/login")))
        yield browser, await browser.post("/desk/login/passkey?lang=en", data={"answer": answer, **typed})


async def test_a_passkey_logs_in_without_a_password(named: World) -> None:
    account, device = await sokha(named), phone()
    codes = await added(named, device)
    assert len(re.findall(r"<code>[0-9a-f-]{13}</code>", codes.text)) == 10
    async with shown(named, device, next="/desk/find") as (browser, answer):
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/find")
        page = (await browser.get(f"{HERE}?lang=en")).text
        assert "My phone" in page
        assert "last used" in page
    kinds = [row["action"] for row in await fetch("SELECT action FROM audit_entry WHERE subject = $1", str(account))]
    assert {"passkey_added", "logged_in"} <= set(kinds)


async def test_adding_and_removing_ask_for_the_password(named: World) -> None:
    await sokha(named)
    async with named.desk("sokha") as desk:
        wrong = await desk.post(f"{HERE}/new", data={"present": "something else"})
        assert wrong.status_code == 422
        assert 'id="present-wrong"' in wrong.text
        assert "data-options" not in wrong.text
    await added(named, phone())
    row = (await fetch("SELECT id FROM passkey"))[0]["id"]
    async with named.desk("sokha") as desk:
        wrong = await desk.post(f"{HERE}/remove", data={"present": "no", "passkey": str(row)})
        assert wrong.status_code == 422
        assert await fetch("SELECT id FROM passkey") != []
        for _ in range(2):
            gone = await desk.post(f"{HERE}/remove", data={"present": PASSWORD, "passkey": str(row)})
            assert gone.status_code == 303
    assert await fetch("SELECT id FROM passkey") == []


async def test_nobody_removes_anothers_passkey(named: World) -> None:
    await sokha(named)
    await added(named, phone())
    row = (await fetch("SELECT id FROM passkey"))[0]["id"]
    other = await actions.add_account("dara@bon.example", "Dara", "attache", PASSWORD, OPERATOR)
    named.sessions["dara"] = await named.session(other)
    async with named.desk("dara") as desk:
        await desk.post(f"{HERE}/remove", data={"present": PASSWORD, "passkey": str(row)})
        assert "My phone" not in (await desk.get(HERE)).text
    assert len(await fetch("SELECT id FROM passkey")) == 1


async def test_an_answer_is_taken_once(named: World) -> None:
    await sokha(named)
    device = phone()
    await added(named, device)
    async with named.browser() as browser, named.browser() as thief:
        early = asked(await thief.get("/desk/login"))
        answer = device.show(asked(await browser.get("/desk/login")))
        assert (await browser.post("/desk/login/passkey", data={"answer": answer})).status_code == 303
        again = await thief.post("/desk/login/passkey?lang=en", data={"answer": answer})
        assert again.status_code == 422
        assert "once more" in again.text or "did not work" in again.text
        # asked before the last use: void, too
        assert (await thief.post("/desk/login/passkey", data={"answer": device.show(early)})).status_code == 422
        assert (await thief.get("/desk")).status_code == 303


async def test_a_synced_passkey_without_a_counter_is_taken_once_too(named: World) -> None:
    await sokha(named)
    device = phone()
    await added(named, device)
    async with named.browser() as browser, named.browser() as thief:
        device.count = -1
        answer = device.show(asked(await browser.get("/desk/login")))
        assert (await browser.post("/desk/login/passkey", data={"answer": answer})).status_code == 303
        assert (await thief.post("/desk/login/passkey", data={"answer": answer})).status_code == 422


async def test_two_machines_with_other_clocks_take_an_answer_once(
    named: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that asked is a minute ahead of the one that is answered."""
    await sokha(named)
    device = phone()
    await added(named, device)
    device.count = -1  # no counter: the instant alone holds it
    async with named.browser() as browser, named.browser() as thief:
        ahead = datetime.now(UTC) + timedelta(minutes=1)
        with monkeypatch.context() as other:
            other.setattr(passkeys, "now", lambda: ahead)
            page = asked(await browser.get("/desk/login"))
        answer = device.show(page)
        assert (await browser.post("/desk/login/passkey", data={"answer": answer})).status_code == 303
        assert (await thief.post("/desk/login/passkey", data={"answer": answer})).status_code == 422


@pytest.mark.parametrize(
    "bent", ["unlocked by nobody", "another site", "another host", "another key", "late", "not ours"]
)
async def test_what_is_not_right_opens_nothing(named: World, bent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await sokha(named)
    device = phone()
    await added(named, device)
    if bent == "unlocked by nobody":
        device.flags = PRESENT
    elif bent == "another site":
        device.origin = "http://localhost:8001"
    elif bent == "another host":
        device.host = "b0n.example"
    elif bent == "another key":
        device.key = phone().key
    async with named.browser() as browser:
        page = asked(await browser.get("/desk/login"))
        if bent == "not ours":
            page = page.replace('"challenge":"', '"challenge":"A')
        answer = device.show(page)
        if bent == "late":
            monkeypatch.setattr(passkeys, "now", lambda: datetime.now(UTC) + timedelta(minutes=31))
        refused = await browser.post("/desk/login/passkey", data={"answer": answer, "next": "/desk/find"})
        assert refused.status_code == 422
        assert 'value="/desk/find"' in refused.text
        assert (await browser.get("/desk")).status_code == 303


@pytest.mark.parametrize(
    "answer", ["", "[]", "{}", '{"response": 3}', '{"id": 5, "response": {}}', "x" * 30_000, '{"x":' + "[" * 9000]
)
async def test_nonsense_is_refused_in_words(named: World, answer: str) -> None:
    await sokha(named)
    async with named.browser() as browser:
        refused = await browser.post("/desk/login/passkey?lang=en", data={"answer": answer})
        assert refused.status_code == 422
        assert "This passkey did not work" in refused.text
    async with named.desk("sokha") as desk:
        assert (await desk.post(HERE, data={"name": "x", "answer": answer})).status_code == 422


async def test_a_challenge_for_adding_is_one_accounts_and_one_browsers(named: World) -> None:
    await sokha(named)
    other = await actions.add_account("dara@bon.example", "Dara", "attache", PASSWORD, OPERATOR)
    named.sessions["dara"] = await named.session(other)
    async with named.desk("sokha") as desk, named.desk("dara") as thief:
        new = asked(await desk.post(f"{HERE}/new", data={"present": PASSWORD}))
        assert (await thief.post(HERE, data={"answer": phone().make(new)})).status_code == 422
        assert (await desk.post(HERE, data={"answer": phone().make(new)})).status_code == 200
    assert [row["account"] for row in await fetch("SELECT account FROM passkey")] != [other]


async def test_with_a_passkey_the_password_alone_opens_nothing(named: World) -> None:
    await sokha(named)
    device = phone()
    codes = re.findall(r"<code>([0-9a-f-]{13})</code>", (await added(named, device)).text)
    typed = {"email": "sokha@bon.example", "password": PASSWORD, "next": "/desk/find"}
    async with named.browser() as browser:
        half = await browser.post("/desk/login?lang=en", data=typed)
        assert "Use your passkey" in half.text
        assert "six digits" not in half.text
        assert (await browser.get("/desk")).status_code == 303
        answer = await browser.post(
            "/desk/login/passkey", data={"answer": device.show(asked(half)), "next": "/desk/find"}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/find")
        assert (await browser.get("/desk")).status_code == 200
    async with named.browser() as browser:
        await browser.post("/desk/login", data=typed)
        assert (await browser.post("/desk/login/second", data={"code": codes[0]})).status_code == 303


async def test_whatever_ends_an_account_ends_its_passkeys(named: World) -> None:
    account, device = await sokha(named), phone()
    await added(named, device)
    await actions.disable("sokha@bon.example", OPERATOR)
    async with shown(named, device) as (_, refused):
        assert refused.status_code == 422
    assert await fetch("SELECT id FROM passkey") == []
    await actions.enable(account, OPERATOR)
    async with shown(named, device) as (_, refused):
        assert refused.status_code == 422
        assert "was removed here" in refused.text


async def test_hq_keeps_a_second_factor_and_a_passkey_is_one(named: World) -> None:
    await sokha(named, role="hq")
    await added(named, phone())
    await fetch("UPDATE account SET factor_due = $1 WHERE role = 'hq' AND factor_due IS NOT NULL", datetime.now(UTC))
    row = (await fetch("SELECT id FROM passkey"))[0]["id"]
    async with named.desk("sokha") as desk:
        assert (await desk.get("/desk")).status_code == 200
        kept = await desk.post(f"{HERE}/remove?lang=en", data={"present": PASSWORD, "passkey": str(row)})
        assert kept.status_code == 422
        assert "HQ needs a second factor" in kept.text
    assert len(await fetch("SELECT id FROM passkey")) == 1


async def test_a_lost_phone_is_forgotten_with_its_passkey(named: World) -> None:
    account, device = await sokha(named), phone()
    await added(named, device)
    async with named.desk("hq") as hq:
        assert (await hq.post(f"/desk/accounts/{account}", data={"do": "reset_second"})).status_code == 303
    async with shown(named, device) as (_, refused):
        assert refused.status_code == 422


def code_of(page: httpx.Response) -> str:
    secret = re.findall(r"<code>([A-Z2-7]{32})</code>", page.text)[0]
    return pyotp.TOTP(secret).now()


async def test_an_app_that_was_offered_and_never_tried_is_no_second_factor(named: World) -> None:
    await sokha(named)
    async with named.desk("sokha") as thief:
        early = code_of(await thief.get("/desk/account/second"))
    await added(named, phone())
    async with named.browser() as browser:
        await browser.post("/desk/login", data={"email": "sokha@bon.example", "password": PASSWORD})
        assert (await browser.post("/desk/login/second", data={"code": early})).status_code == 422
        assert (await browser.get("/desk")).status_code == 303


async def test_whoever_only_has_the_browser_adds_no_app(named: World) -> None:
    await sokha(named)
    await added(named, phone())
    async with named.desk("sokha") as thief:
        page = await thief.get("/desk/account/second?lang=en")
        assert "Present password" in page.text
        typed = {"code": code_of(page)}
        assert (await thief.post("/desk/account/second", data=typed)).status_code == 422
        assert (await thief.post("/desk/account/second", data={**typed, "present": PASSWORD})).status_code == 303
    assert len(await fetch("SELECT id FROM passkey")) == 1


async def test_a_link_from_elsewhere_plants_no_form(named: World) -> None:
    planted = '{"path":"/desk/accounts/x","typed":{"do":"disable"}}'
    async with named.stranger as stranger:
        page = await stranger.get("/desk/login", params={"kept": planted, "email": "x@y.z", "next": "/desk/find"})
        assert "disable" not in page.text
        assert "x@y.z" not in page.text
        assert 'value="/desk/find"' in page.text


async def test_recovery_codes_go_with_the_last_factor(named: World) -> None:
    await sokha(named)
    old = re.findall(r"<code>([0-9a-f-]{13})</code>", (await added(named, phone())).text)
    row = (await fetch("SELECT id FROM passkey"))[0]["id"]
    async with named.desk("sokha") as desk:
        await desk.post(f"{HERE}/remove", data={"present": PASSWORD, "passkey": str(row)})
    assert await fetch("SELECT id FROM recovery_code") == []
    fresh = re.findall(r"<code>([0-9a-f-]{13})</code>", (await added(named, phone())).text)
    assert len(fresh) == 10
    assert not set(old) & set(fresh)
    await actions.add_account("sokha@bon.example", "Another", "attache", PASSWORD, OPERATOR)
    assert await fetch("SELECT id FROM recovery_code") == []


async def test_codes_that_were_never_seen_are_renewed_by_the_password(named: World) -> None:
    """The answer with the codes was lost, or the form was sent twice: the second answer shows none."""
    await sokha(named)
    old = re.findall(r"<code>([0-9a-f-]{13})</code>", (await added(named, phone())).text)
    async with named.desk("sokha") as desk:
        assert (await desk.post(f"{HERE}/codes", data={"present": "no"})).status_code == 422
        fresh = re.findall(
            r"<code>([0-9a-f-]{13})</code>", (await desk.post(f"{HERE}/codes", data={"present": PASSWORD})).text
        )
    assert len(fresh) == 10
    async with named.browser() as browser:
        await browser.post("/desk/login", data={"email": "sokha@bon.example", "password": PASSWORD})
        assert (await browser.post("/desk/login/second", data={"code": old[0]})).status_code == 422
        assert (await browser.post("/desk/login/second", data={"code": fresh[0]})).status_code == 303


async def test_with_an_app_only_its_code_renews_them(named: World) -> None:
    await sokha(named)
    async with named.desk("sokha") as desk:
        code = code_of(await desk.get("/desk/account/second"))
        assert (await desk.post("/desk/account/second", data={"code": code})).status_code == 200
        assert (await desk.post(f"{HERE}/codes", data={"present": PASSWORD})).status_code == 404
    await added(named, phone())
    async with named.desk("sokha") as desk:
        assert (await desk.post(f"{HERE}/codes", data={"present": PASSWORD})).status_code == 404


async def test_a_password_is_shown_for_one_passkey_until_rights_change(named: World) -> None:
    await sokha(named)
    async with named.desk("sokha") as desk:
        new = asked(await desk.post(f"{HERE}/new", data={"present": PASSWORD}))
        assert (await desk.post(HERE, data={"answer": phone().make(new)})).status_code == 200
        assert (await desk.post(HERE, data={"answer": phone().make(new)})).status_code == 422
        later = asked(await desk.post(f"{HERE}/new", data={"present": PASSWORD}))
        fresh = "five words nobody would guess"
        changed = {"present": PASSWORD, "password": fresh, "again": fresh}
        assert (await desk.post("/desk/account/password", data=changed)).status_code == 303
        assert (await desk.post(HERE, data={"answer": phone().make(later)})).status_code == 422
    assert len(await fetch("SELECT id FROM passkey")) == 1


async def test_a_forgotten_password_and_a_lost_phone_end_what_they_opened(named: World) -> None:
    account, device = await sokha(named), phone()
    await added(named, device)
    async with shown(named, device) as (browser, _):
        async with named.desk("hq") as hq:
            await hq.post(f"/desk/accounts/{account}", data={"do": "reset_second"})
        assert (await browser.get("/desk")).status_code == 303
    named.sessions["sokha"] = await named.session(account)
    await added(named, device)
    link = await make_link(account, OPERATOR)
    fresh = "five words nobody would guess"
    async with named.browser() as browser:
        await browser.post(f"/desk/welcome/{link}", data={"password": fresh, "again": fresh})
    assert await fetch("SELECT id FROM passkey") == []


async def test_who_is_disabled_meanwhile_adds_nothing(named: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await sokha(named)
    lock = passkeys._lock

    async def late(account: UUID) -> None:
        await fetch("UPDATE account SET disabled_at = $1 WHERE id = $2", datetime.now(UTC), account)
        await lock(account)

    monkeypatch.setattr(passkeys, "_lock", late)
    await added(named, phone())
    assert await fetch("SELECT id FROM passkey") == []


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://bon.example", "https://bon.example"),
        ("https://bon.example:443", "https://bon.example"),
        ("https://bon.example:8443", "https://bon.example:8443"),
        ("https://បុណ្យ.example", "https://xn--"),
        ("http://127.0.0.1:8000", None),
        ("http://127.1", None),
        ("http://[::1]:8000", None),
    ],
)
def test_a_passkey_is_for_the_address_as_browsers_say_it(address: str, origin: str | None) -> None:
    party = passkeys.relying_party(address)
    if origin is None:
        assert party is None
    else:
        assert party is not None
        assert party.origin.startswith(origin.split("xn--")[0])
        assert party.origin.isascii()


async def test_without_a_name_of_its_own_bon_asks_for_none(world: World) -> None:
    async with world.stranger as stranger:
        assert "data-passkey" not in (await stranger.get("/desk/login")).text
    async with world.desk("korea") as desk:
        assert "reached by a number" in (await desk.get(f"{HERE}?lang=en")).text
