"""Accounts without a shell: invited by a link, posted in time, a second factor, and who may what."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest

from app.accounts import actions
from app.accounts.queries import account_by_email
from app.accounts.rights import MAY, Right
from app.activity.record import OPERATOR
from app.database.connection import fetch
from tests.web.test_desk_parties import nonce_in
from tests.world import PASSWORD, World

NEW = "three words together apart"


async def hq_posts(world: World, path: str, who: str = "hq", **typed: str) -> Any:
    async with world.desk(who) as desk:
        return await desk.post(f"{path}?lang=en", data=typed)


async def invited(world: World, **typed: str) -> tuple[str, str]:
    """Somebody whom HQ invites: the one-time link, and the account's page."""
    async with world.desk("hq") as desk:
        nonce = nonce_in((await desk.get("/desk/accounts")).text)
    fields = {"email": "sokha@bon.example", "name": "Sokha", "role": "attache", "host_country": "KR", **typed}
    answer = await hq_posts(world, "/desk/accounts", nonce=nonce, **fields)
    assert answer.status_code == 200, answer.text
    again = await hq_posts(world, "/desk/accounts", nonce=nonce, **fields)  # the second tap
    link = re.findall(r'value="(http[^"]+/desk/welcome/[^"]+)"', answer.text)[0]
    assert link in again.text
    account = await account_by_email(fields["email"])
    assert account is not None
    return link.removeprefix(world.settings.base_url), f"/desk/accounts/{account['id']}"


async def welcomed(world: World, link: str, password: str = NEW, again: str | None = None) -> Any:
    async with world.browser() as browser:
        return await browser.post(f"{link}?lang=en", data={"password": password, "again": again or password})


@asynccontextmanager
async def logged_in(
    world: World, email: str = "sokha@bon.example", password: str = NEW
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.Response]]:
    """A browser after the password was typed, and what it was answered."""
    async with world.browser() as browser:
        yield browser, await browser.post("/desk/login?lang=en", data={"email": email, "password": password})


async def answered(world: World, email: str = "sokha@bon.example", password: str = NEW) -> httpx.Response:
    async with logged_in(world, email, password) as (_, answer):
        return answer


async def test_somebody_is_invited_chooses_a_password_and_sees_the_own_country(world: World) -> None:
    event, other = await world.event(), await world.event("japan", host_country="JP", time_zone="")
    link, _ = await invited(world)
    early = await answered(world, password="")
    assert early.status_code == 422
    assert "at least" in (await welcomed(world, link, "short")).text.lower()
    for password in ("password123456", "a" * 16, "sokha@bon.example"):
        assert "too easy" in (await welcomed(world, link, password)).text
    assert "not the same" in (await welcomed(world, link, NEW, "another")).text
    assert (await welcomed(world, link)).status_code == 303
    assert (await welcomed(world, link)).status_code == 410  # once
    async with logged_in(world) as (browser, answer):
        assert answer.status_code == 303
        listed = (await browser.get("/desk")).text
        assert event["slug"] in listed
        assert other["slug"] not in listed
    assert "welcome" not in str(await fetch("SELECT secret_hash FROM one_time_link"))
    taken = await hq_posts(
        world, "/desk/accounts", email="SOKHA@bon.example", name="x", role="attache", host_country="KR"
    )
    assert taken.status_code == 409
    assert 'id="email-wrong"' in taken.text


async def test_a_link_ends_by_time_by_another_link_and_with_the_account(world: World) -> None:
    link, page = await invited(world)
    answer = await hq_posts(world, page, do="link")
    fresh = re.findall(r"/desk/welcome/[\w-]+", answer.text)[0]
    assert (await welcomed(world, link)).status_code == 410
    past = datetime.now(UTC) - timedelta(days=8)
    await fetch("UPDATE one_time_link SET created_at = $1, expires_at = $2", past, past + timedelta(days=7))
    assert (await welcomed(world, fresh)).status_code == 410
    fresh = re.findall(r"/desk/welcome/[\w-]+", (await hq_posts(world, page, do="link")).text)[0]
    await hq_posts(world, page, do="disable")
    assert (await welcomed(world, fresh)).status_code == 410
    enabled = await hq_posts(world, page, do="enable")
    assert (await welcomed(world, re.findall(r"/desk/welcome/[\w-]+", enabled.text)[0])).status_code == 303
    assert (await answered(world)).status_code == 303


async def test_a_forgotten_password_logs_every_old_browser_and_token_out(world: World) -> None:
    account = await account_by_email("korea@bon.example")
    assert account is not None
    answer = await hq_posts(world, f"/desk/accounts/{account['id']}", do="link")
    await welcomed(world, re.findall(r"/desk/welcome/[\w-]+", answer.text)[0])
    async with world.desk("korea") as desk, world.api("korea") as api:
        assert (await desk.get("/desk")).status_code == 303
        assert (await api.get("/api/v1/events")).status_code == 401
    assert (await answered(world, "korea@bon.example")).status_code == 303


async def test_postings_begin_and_end_on_their_days(world: World) -> None:
    await world.event("japan", host_country="JP", time_zone="")
    _, page = await invited(world)
    today = datetime.now(UTC).date()
    tomorrow, later = today + timedelta(days=2), today + timedelta(days=9)
    typed = {"host_country": "JP", "from": str(tomorrow), "until": str(later)}
    wrong = await hq_posts(world, page, do="post", **{**typed, "until": str(date(2020, 1, 1))})
    assert wrong.status_code == 422
    assert 'id="until-wrong"' in wrong.text
    assert (await hq_posts(world, page, do="post", **typed)).status_code == 303
    account = await account_by_email("sokha@bon.example")
    assert account is not None
    secret = await world.session(account["id"])
    async with world.browser(bon_session=secret) as desk:
        assert "JP" not in (await desk.get("/desk/account")).text
        moved = {"starts_at": datetime.now(UTC) - timedelta(days=1), "ends_at": datetime.now(UTC) + timedelta(days=1)}
        await fetch("UPDATE posting SET starts_at = $1 WHERE host_country = 'JP'", moved["starts_at"])
        assert "JP" in (await desk.get("/desk/account")).text
        row = (await fetch("SELECT id FROM posting WHERE host_country = 'JP' ORDER BY starts_at DESC"))[0]["id"]
        assert (await hq_posts(world, page, do="end_posting", posting=str(row))).status_code == 303
    for typed, field in (
        ({"host_country": "XX"}, "host_country"), ({"host_country": "KR", "event": "nothing"}, "event"),
    ):  # fmt: skip
        assert f'id="{field}-wrong"' in (await hq_posts(world, page, do="post", **typed)).text


async def test_a_helper_of_one_event_opens_its_gate_and_nothing_else(world: World) -> None:
    event, other = await world.event(), await world.event()
    party = await world.party(event)
    await invited(world, event=f"{world.settings.base_url}/desk/events/{event['slug']}")
    account = await account_by_email("sokha@bon.example")
    assert account is not None
    async with world.browser(bon_session=await world.session(account["id"])) as helper:
        here = f"/desk/events/{event['slug']}"
        assert (await helper.get(here)).status_code == 200
        assert (await helper.get(f"{here}/gate")).status_code == 200
        for path in (
            "edit",
            "publish",
            "registrations",
            f"registrations/{party['id']}",
            "find",
            "invitations",
            "paper",
        ):
            assert (await helper.get(f"{here}/{path}")).status_code == 403, path
        assert (await helper.post(f"{here}/cancel", data={"sure": "on"})).status_code == 403
        assert (await helper.get(f"/desk/events/{other['slug']}")).status_code == 404
        shown = (await helper.get(f"{here}?lang=en")).text
        assert "Cancel this event" not in shown
        assert "/registrations" not in shown


# -- HQ ------------------------------------------------------------------------------------------------------------


async def test_hq_sees_counts_and_opens_no_door_to_names(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    slug = event["slug"]
    for posted in (False, True):
        if posted:
            await world.posted("hq", "KR")
        async with world.api("hq") as api, world.desk("hq") as desk:
            assert (await api.get(f"/api/v1/events/{slug}/stats")).json()["registered"] == 1
            changed = await api.patch(f"/api/v1/events/{slug}", json={"gate_search": True})
            assert changed.status_code == (200 if posted else 403)
            paired = await api.post(f"/api/v1/events/{slug}/gate-devices", json={"label": "x"})
            assert paired.status_code == 403
            assert (await desk.post(f"/desk/events/{slug}/gate", data={"label": "x"})).status_code == 403
            for path in ("registrations", "suspicious", "find", f"registrations/{party['id']}", "invitations", "gate"):
                assert (await desk.get(f"/desk/events/{slug}/{path}")).status_code == 403, path
            assert (await api.get(f"/api/v1/events/{slug}/registrations")).status_code == 403
            assert (await desk.post("/desk/find", data={"text": "Sok"})).status_code == 403
            assert "Sok Dara" not in (await desk.get(f"/desk/events/{slug}")).text


async def test_hq_writes_where_it_is_posted_and_nowhere_else(world: World) -> None:
    from tests.world import festival

    async with world.api("hq") as api:
        made = await api.post("/api/v1/events", json=festival())
        assert made.json()["errors"][0]["code"] == "country_out_of_reach"
        await world.posted("hq", "KR")
        assert (await api.post("/api/v1/events", json=festival())).status_code == 201


@pytest.mark.parametrize("who", ["korea", "japan"])
async def test_accounts_are_hqs_alone(world: World, who: str) -> None:
    _, page = await invited(world)
    async with world.desk(who) as desk:
        assert (await desk.get("/desk/accounts")).status_code == 403
        assert (await desk.get(page)).status_code == 403
        assert (await desk.post(page, data={"do": "link"})).status_code == 403
        assert (await desk.post("/desk/accounts", data={})).status_code == 403
    own = await account_by_email("hq@bon.example")
    assert own is not None
    refused = await hq_posts(world, f"/desk/accounts/{own['id']}", do="disable")
    assert refused.status_code == 409


async def test_the_table_of_rights_is_shown_and_is_the_one_that_counts(world: World) -> None:
    async with world.desk("korea") as desk:
        shown = (await desk.get("/desk/rights?lang=en")).text
    assert shown.count("✓") == sum(len(parts) for parts in MAY.values())
    assert set(MAY) == set(Right)


# -- the second factor ---------------------------------------------------------------------------------------------


def code_of(secret: str, ahead: int = 0) -> str:
    return pyotp.TOTP(secret).at(datetime.now(UTC) + timedelta(seconds=30 * ahead))


async def with_factor(world: World, who: str = "korea") -> tuple[str, list[str]]:
    """Set a second factor up at the desk: the app's secret, and the recovery codes."""
    async with world.desk(who) as desk:
        page = (await desk.get("/desk/account/second")).text
        secret = re.findall(r"<code>([A-Z2-7]{32})</code>", page)[0]
        assert secret in (await desk.get("/desk/account/second")).text
        wrong = await desk.post("/desk/account/second", data={"code": "000000"})
        assert wrong.status_code == 422
        on = await desk.post("/desk/account/second", data={"code": code_of(secret)})
    codes = re.findall(r"<code>([0-9a-f-]{13})</code>", on.text)
    assert len(codes) == 10
    return secret, codes


async def test_with_a_second_factor_the_password_alone_opens_nothing(world: World) -> None:
    await actions.add_account("korea@bon.example", "Korea", "attache", NEW, OPERATOR)
    account = await account_by_email("korea@bon.example")
    assert account is not None
    world.sessions["korea"] = await world.session(account["id"])
    secret, codes = await with_factor(world)
    assert secret not in str(await fetch("SELECT sealed_secret FROM second_factor"))
    assert codes[0] not in str(await fetch("SELECT code_hash FROM recovery_code"))
    async with logged_in(world, "korea@bon.example") as (browser, answer):
        assert answer.status_code == 200
        assert "Second factor" in answer.text
        half = browser.cookies["bon-session"]
        for path in ("/desk", "/desk/account", "/desk/find"):
            assert (await browser.get(path)).status_code == 303, path
        assert (await browser.post("/desk/login/second", data={"code": "123456"})).status_code == 422
        right = code_of(secret, 1)
        assert (await browser.post("/desk/login/second", data={"code": right})).status_code == 303
        assert browser.cookies["bon-session"] != half
        assert (await browser.get("/desk")).status_code == 200
    async with world.browser(bon_session=half) as old:
        assert (await old.get("/desk")).status_code == 303
    async with logged_in(world, "korea@bon.example") as (browser, _):
        assert (await browser.post("/desk/login/second", data={"code": right})).status_code == 422  # taken already
        assert (await browser.post("/desk/login/second", data={"code": codes[0].upper()})).status_code == 303
    async with logged_in(world, "korea@bon.example") as (browser, _):
        assert (await browser.post("/desk/login/second", data={"code": codes[0]})).status_code == 422
        answers = [await browser.post("/desk/login/second", data={"code": f"{n:06}"}) for n in range(12)]
        assert answers[-1].status_code == 429
        assert (await browser.post("/desk/login/second", data={"code": codes[1]})).status_code == 429


async def test_hq_must_set_one_up_once_its_grace_is_over(world: World) -> None:
    await actions.add_account("ministry@bon.example", "Ministry", "hq", NEW, OPERATOR)
    async with logged_in(world, "ministry@bon.example") as (browser, answer):
        assert answer.status_code == 303  # within the grace
        assert "HQ needs one from" in (await browser.get("/desk/account?lang=en")).text
    await fetch("UPDATE account SET factor_due = $1", datetime.now(UTC) - timedelta(seconds=1))
    async with logged_in(world, "ministry@bon.example") as (browser, answer):
        secret = re.findall(r"<code>([A-Z2-7]{32})</code>", answer.text)[0]
        assert (await browser.get("/desk")).status_code == 303
        on = await browser.post("/desk/login/second?lang=en", data={"code": code_of(secret)})
        assert "Recovery codes" in on.text
        assert (await browser.get("/desk")).status_code == 200
        off = await browser.post("/desk/account/second", data={"do": "off", "code": code_of(secret, 1)})
        assert off.status_code == 422


async def test_an_invited_hq_sets_one_up_at_its_first_log_in(world: World) -> None:
    link, _ = await invited(world, role="hq", host_country="", email="new@bon.example")
    await welcomed(world, link)
    answer = await answered(world, "new@bon.example")
    assert answer.status_code == 200
    assert "authenticator app" in answer.text


async def test_a_lost_phone_is_forgotten_by_hq(world: World) -> None:
    await with_factor(world)
    account = await account_by_email("korea@bon.example")
    assert account is not None
    page = f"/desk/accounts/{account['id']}"
    assert (await hq_posts(world, page, do="reset_second")).status_code == 303
    assert await fetch("SELECT id FROM second_factor") == []
    assert await fetch("SELECT id FROM recovery_code") == []
    kinds = {
        row["action"] for row in await fetch("SELECT action FROM audit_entry WHERE subject = $1", str(account["id"]))
    }
    assert {"second_factor_on", "second_factor_off"} <= kinds


# -- one's own -----------------------------------------------------------------------------------------------------


async def test_ones_own_password_language_and_browsers(world: World) -> None:
    await actions.add_account("sokha@bon.example", "Sokha", "attache", PASSWORD, OPERATOR)
    async with (
        logged_in(world, password=PASSWORD) as (browser, _),
        logged_in(world, password=PASSWORD) as (other, _),
    ):
        typed = {"present": "wrong", "password": NEW, "again": NEW}
        assert 'id="present-wrong"' in (await browser.post("/desk/account/password", data=typed)).text
        typed["present"] = PASSWORD
        assert (await browser.post("/desk/account/password", data=typed)).status_code == 303
        assert (await browser.get("/desk")).status_code == 200  # this browser stays
        assert (await other.get("/desk")).status_code == 303
        await browser.post("/desk/account/language", data={"language": "en"})
        async with logged_in(world) as (third, _):
            assert third.cookies["bon-language"] == "en"
            rows = await fetch("SELECT id FROM session ORDER BY created_at DESC")
            listed = re.findall(r'name="session" value="([^"]+)"', (await browser.get("/desk/account")).text)
            assert len(rows) >= 2
            for session in listed:
                await browser.post("/desk/account/sessions", data={"session": session})
            assert (await third.get("/desk")).status_code == 303
            assert (await browser.get("/desk")).status_code == 200
        foreign = await fetch("SELECT id FROM session WHERE account <> $1", UUID(str(await _account(world))))
        await browser.post("/desk/account/sessions", data={"session": str(foreign[0]["id"])})
        assert len(await fetch("SELECT id FROM session WHERE id = $1", UUID(str(foreign[0]["id"])))) == 1


async def _account(world: World) -> str:
    found = await account_by_email("sokha@bon.example")
    assert found is not None
    return str(found["id"])


# -- what a hostile reader found ------------------------------------------------------------------------------------


async def test_codes_in_khmer_digits_are_read_and_odd_ones_refused(world: World) -> None:
    async with world.desk("korea") as desk:
        secret = re.findall(r"<code>([A-Z2-7]{32})</code>", (await desk.get("/desk/account/second")).text)[0]
        for odd in ("០១២៣៤៥", "²²²²²²", "٠١٢٣٤٥", "", "é"):
            assert (await desk.post("/desk/account/second", data={"code": odd})).status_code == 422
        khmer = code_of(secret).translate({ord(str(n)): "០១២៣៤៥៦៧៨៩"[n] for n in range(10)})
        assert (await desk.post("/desk/account/second", data={"code": khmer})).status_code == 200


async def test_a_factor_that_is_on_is_not_set_up_again_and_guesses_are_counted(world: World) -> None:
    secret, _ = await with_factor(world)
    async with world.desk("korea") as desk:
        again = await desk.post("/desk/account/second", data={"code": code_of(secret, 1)})
        assert again.status_code in {303, 422}
        assert "<code>" not in again.text
        answers = [await desk.post("/desk/account/second", data={"code": f"{n:06}"}) for n in range(12)]
        assert answers[-1].status_code == 429


async def test_recovery_codes_are_renewed_by_who_shows_the_factor(world: World) -> None:
    secret, old = await with_factor(world)
    async with world.desk("korea") as desk:
        wrong = await desk.post("/desk/account/second", data={"do": "codes", "code": "000000"})
        assert wrong.status_code == 422
        fresh = await desk.post("/desk/account/second", data={"do": "codes", "code": code_of(secret, 1)})
    codes = re.findall(r"<code>([0-9a-f-]{13})</code>", fresh.text)
    assert len(codes) == 10
    assert not set(codes) & set(old)


async def test_hq_gets_past_its_own_factor_by_no_door(world: World) -> None:
    own = await account_by_email("hq@bon.example")
    assert own is not None
    for do in ("reset_second", "link", "disable"):
        assert (await hq_posts(world, f"/desk/accounts/{own['id']}", do=do)).status_code == 409
    await fetch("UPDATE account SET factor_due = $1 WHERE role = 'hq'", datetime.now(UTC) - timedelta(days=1))
    async with world.desk("hq") as desk:  # a session that began before it was due
        assert (await desk.get("/desk/accounts")).status_code == 303


async def test_who_becomes_hq_needs_a_factor_and_who_was_does_not(world: World) -> None:
    await actions.add_account("korea@bon.example", "Korea", "hq", NEW, OPERATOR)
    account = await account_by_email("korea@bon.example")
    assert account is not None
    assert account["factor_due"] is not None
    await actions.add_account("korea@bon.example", "Korea", "attache", NEW, OPERATOR)
    account = await account_by_email("korea@bon.example")
    assert account is not None
    assert account["factor_due"] is None


async def test_links_end_with_a_password_that_comes_another_way(world: World) -> None:
    link, page = await invited(world)
    await hq_posts(world, page, do="disable")
    await actions.add_account("sokha@bon.example", "Sokha", "attache", NEW, OPERATOR)
    assert (await welcomed(world, link)).status_code == 410
    link = re.findall(r"/desk/welcome/[\w-]+", (await hq_posts(world, page, do="link")).text)[0]
    async with logged_in(world) as (browser, _):
        typed = {"present": NEW, "password": NEW + " again", "again": NEW + " again"}
        assert (await browser.post("/desk/account/password", data=typed)).status_code == 303
    assert (await welcomed(world, link)).status_code == 410


async def test_passwords_never_come_back_in_a_page(world: World) -> None:
    account = await account_by_email("korea@bon.example")
    assert account is not None
    over = await world.session(account["id"], -timedelta(seconds=1))
    async with world.browser(bon_session=over) as browser:
        typed = {"present": "the old secret", "password": "the new one", "again": "the new one", "code": "123456"}
        answer = await browser.post("/desk/account/password", data=typed)
    assert "the old secret" not in answer.text
    assert "the new one" not in answer.text


async def test_posting_twice_by_a_double_tap_is_one_posting(world: World) -> None:
    _, page = await invited(world)
    async with world.desk("hq") as desk:
        nonce = nonce_in((await desk.get(page)).text)
    for _ in range(2):
        assert (await hq_posts(world, page, do="post", host_country="JP", nonce=nonce)).status_code == 303
    assert len(await fetch("SELECT id FROM posting WHERE host_country = 'JP' AND ends_at IS NULL")) == 2  # japan's too


async def test_a_name_that_shows_nothing_is_none(world: World) -> None:
    typed = {"email": "x@bon.example", "name": "\u200b\u3164", "role": "attache", "host_country": "KR"}
    assert (await hq_posts(world, "/desk/accounts", **typed)).status_code == 422


async def test_guesses_at_ones_own_password_are_counted(world: World) -> None:
    await actions.add_account("sokha@bon.example", "Sokha", "attache", PASSWORD, OPERATOR)
    async with logged_in(world, password=PASSWORD) as (browser, _):
        typed = {"password": NEW, "again": NEW}
        answers = [await browser.post("/desk/account/password", data={**typed, "present": f"{n}"}) for n in range(12)]
    assert (answers[0].status_code, answers[-1].status_code) == (422, 429)
