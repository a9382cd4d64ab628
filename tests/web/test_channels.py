"""The bot, the push services and the pages that link them: what a person presses, and what a stranger tries."""

import base64
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import http_ece
import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from app.database.connection import fetch
from app.messages.bot import hook_secret
from app.messages.push import read_subscription
from app.registrations.linking import asked_by_token, start_token
from app.validation.refusals import Refused
from tests.messengers import Messengers, id_of, messengers
from tests.receivers import Asked, telegram
from tests.world import World, soon


def message(chat: int, text: str, **more: Any) -> dict[str, Any]:
    """An update as the Bot API gives it."""
    told = {"message_id": 1, "chat": {"id": chat, "type": "private"}, "text": text, "from": {"id": chat, **more}}
    return {"update_id": 1, "message": told}


def pressed(chat: int, data: str) -> dict[str, Any]:
    told = {"id": "9", "from": {"id": chat}, "data": data, "message": {"chat": {"id": chat, "type": "private"}}}
    return {"update_id": 2, "callback_query": told}


def texts(out: Messengers) -> list[str]:
    return [each.json["text"] for each in out.said]


async def test_a_party_links_its_chat_without_typing(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, 2, language="km")
        async with world.browser() as client:
            page = (await client.get(f"/en/r/{party['key']}")).text
            assert f"/en/r/{party['key']}/reach" in page
            answer = await client.post(f"/en/r/{party['key']}/reach", data={"do": "telegram"})
        assert answer.status_code == 303
        address = answer.headers["location"]
        assert address.startswith("https://t.me/BonTestBot?start=")
        token = address.partition("start=")[2]
        assert party["key"] not in address
        await out.bot.answer(message(77, f"/start {token}"))
        (question,) = texts(out)
        assert "2 នាក់" in question
        assert "Sok Dara" not in question
        assert await fetch("SELECT 1 FROM reach") == []  # asked, not linked
        (yes, no) = out.said[0].json["reply_markup"]["inline_keyboard"]
        assert no[0]["text"] == "ទេ"
        await out.bot.answer(pressed(77, yes[0]["callback_data"]))
        (reach,) = await fetch("SELECT channel, stopped_at FROM reach")
        assert (reach["channel"], reach["stopped_at"]) == ("telegram", None)
        pictures = [each for each in out.tg.asked if each.path.endswith("/sendPhoto")]
        assert len(pictures) == 2
        assert all(b"\x89PNG" in each.body for each in pictures)
        await out.bot.answer(pressed(78, yes[0]["callback_data"]))  # somebody else, with the same token
        assert "15 នាទី" in texts(out)[-1]
        assert len(await fetch("SELECT 1 FROM reach")) == 1


async def test_old_and_forged_tokens_link_nothing(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event)
        token = await start_token(id_of(party["key"]), 0)
        await fetch("UPDATE reach_token SET expires_at = $1", datetime.now(UTC) - timedelta(seconds=1))
        for tried in (token, "x" * 43, party["key"], "", "../../etc"):
            await out.bot.answer(message(77, f"/start {tried}"))
            await out.bot.answer(pressed(77, f"yes {tried}"))
        assert await fetch("SELECT 1 FROM reach") == []
        with pytest.raises(Refused):
            await asked_by_token(token)


async def test_stop_tickets_and_language(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        await out.link((await world.party(event, language="km"))["key"], 77)
        await out.bot.answer(message(77, "/language"))
        assert {key[0]["text"] for key in out.said[-1].json["reply_markup"]["inline_keyboard"]} >= {"English"}
        await out.bot.answer(pressed(77, "language en"))
        await out.bot.answer(message(77, "/tickets"))
        assert any("Khmer New Year in Suwon" in text for text in texts(out))
        await out.bot.answer(message(78, "/tickets"))
        assert "This chat has no tickets" in texts(out)[-1] or "ការជជែកនេះ" in texts(out)[-1]
        await out.bot.answer(message(77, "/stop"))
        assert "no more messages" in texts(out)[-1]
        assert len(await fetch("SELECT 1 FROM reach WHERE stopped_at IS NOT NULL")) == 1
        before = len(out.said)
        await out.bot.answer(message(77, "/tickets"))
        assert len(out.said) == before + 1  # nothing of the tickets any more


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"message": None},
        {"message": {"chat": {"id": "77", "type": "private"}, "text": "/tickets"}},
        {"message": {"chat": {"id": 77, "type": "group"}, "from": {"id": 1}, "text": "/tickets"}},
        {"message": {"chat": 7, "text": 7}},
        {"callback_query": {"data": "stop", "from": {}}},
        {"callback_query": "x", "message": []},
    ],
)
async def test_malformed_updates_and_groups_are_passed_over(world: World, update: dict[str, Any]) -> None:
    async with messengers(world) as out:
        await out.bot.answer(update)
        assert out.said == []


async def test_the_webhook_hears_the_api_alone(world: World) -> None:
    async with messengers(world, telegram_webhook=True) as out:
        secret = hook_secret(out.keyring)
        path, header = f"/hooks/telegram/{secret}", {"x-telegram-bot-api-secret-token": secret}
        async with world.stranger as client:
            assert (await client.post(path, json=message(77, "/stop"))).status_code == 404
            wrong = await client.post(f"/hooks/telegram/{'0' * 64}", json=message(77, "/stop"), headers=header)
            assert wrong.status_code == 404
            assert out.said == []
            assert (await client.post(path, json=message(77, "/help"), headers=header)).status_code == 200
            assert (await client.post(path, content=b"{", headers=header)).status_code == 400
        assert len(out.said) == 1


async def test_updates_are_heard_once_each(world: World) -> None:
    async with messengers(world) as out:
        updates = [{**message(77, "hello"), "update_id": number} for number in (5, 6)]
        telegram(out.tg, updates)
        until = datetime.now(UTC) + timedelta(seconds=1.5)
        await out.bot.hear(until)
        assert len(out.said) == 2
        (row,) = await fetch("SELECT value FROM channel_state WHERE name LIKE 'telegram offset %'")
        assert row["value"] == "7"


async def test_metrics_tell_what_waits_to_this_machine_and_to_whoever_has_the_token(world: World) -> None:
    async with messengers(world) as out:
        await world.party(await world.event(), email="dara@example.org")
        out.mail.codes = ["450 4.2.0 greylisted"]
        await out.work()
        async with world.stranger as client:
            told = (await client.get("/metrics")).text
            assert 'bon_messages{channel="e-mail",state="queued"} 1.0' in told
            assert 'bon_messages_oldest_seconds{channel="e-mail"}' in told
            assert "dara" not in told
            far = {"x-forwarded-for": "192.0.2.1"}
            assert (await client.get("/metrics", headers=far)).status_code == 404
        world.app.state.settings = msgspec.structs.replace(world.app.state.settings, metrics_token="m" * 20)
        async with world.client(authorization=f"Bearer {'m' * 20}") as client:
            assert (await client.get("/metrics", headers=far)).status_code == 200
        async with world.client(authorization="Bearer wrong") as client:
            assert (await client.get("/metrics", headers=far)).status_code == 404


# -- push ----------------------------------------------------------------------------------------------------------


class Browser:
    """A browser's end of web push."""

    def __init__(self, endpoint: str) -> None:
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.subscription = {"endpoint": endpoint, "keys": {"p256dh": plain(point), "auth": plain(self.secret)}}

    def opened(self, asked: Asked) -> dict[str, Any]:
        """What was pushed, decrypted (RFC 8291)."""
        assert asked.headers["content-encoding"] == "aes128gcm"
        told = http_ece.decrypt(asked.body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        return dict(json.loads(told))


def plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unplain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def vouched(asked: Asked) -> dict[str, Any]:
    """The claims of who sent it, their signature checked (RFC 8292)."""
    scheme, _, rest = asked.headers["authorization"].partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = parts["t"].split(".")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unplain(parts["k"]))
    raw = unplain(signature)
    signed = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return dict(json.loads(unplain(claims)))


async def link(world: World, party: dict[str, Any], browser: Browser) -> int:
    async with world.browser() as client:
        sent = {"do": "push", "subscription": json.dumps(browser.subscription)}
        return (await client.post(f"/en/r/{party['key']}/reach", data=sent)).status_code


async def test_a_browser_is_told_and_the_push_shows_nothing_to_a_stranger(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, language="en")
        browser = Browser(f"{out.push.address}/send/abc")
        assert await link(world, party, browser) == 303
        assert await link(world, party, browser) == 303  # tapped twice
        await out.work()
        first = out.push.asked[0]
        told = browser.opened(first)
        assert told["title"] == "«Bon»: there is news about your festival."
        assert set(told) == {"title", "link", "id", "language"}
        assert told["link"].endswith(f"/en/r/{party['key']}")
        claims = vouched(first)
        assert claims["aud"] == out.push.address
        assert claims["sub"] == "mailto:bon@example.org"
        assert first.headers["topic"] == told["id"].replace("-", "")
        assert len(await fetch("SELECT 1 FROM reach WHERE channel = 'push'")) == 1


async def test_a_browser_that_is_gone_ends_its_reach(world: World) -> None:
    async with messengers(world) as out:
        party = await world.party(await world.event())
        await link(world, party, Browser(f"{out.push.address}/send/abc"))
        out.push.reply = lambda _: (410, {}, b"")
        await out.work()
        (row,) = await fetch("SELECT state, error FROM message")
        assert (row["state"], row["error"]) == ("failed", "gone")
        assert await fetch("SELECT 1 FROM reach WHERE stopped_at IS NULL") == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/send",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com:8443/x",
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest",
        "http://[",
        "",
    ],
)
async def test_nobody_makes_us_call_another_address(world: World, endpoint: str) -> None:
    async with messengers(world):
        party = await world.party(await world.event())
        assert await link(world, party, Browser(endpoint)) == 422
        assert await fetch("SELECT 1 FROM reach") == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"endpoint": 1}', '{"endpoint": "https://fcm.googleapis.com/x"}'])
def test_a_subscription_that_is_none_is_none(text: str) -> None:
    assert read_subscription(text, ()) is None


def test_the_four_push_services_are_known() -> None:
    for endpoint in (
        "https://fcm.googleapis.com/fcm/send/x",
        "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://web.push.apple.com/x",
        "https://wns2-by3p.notify.windows.com/w/?token=x",
    ):
        assert read_subscription(json.dumps(Browser(endpoint).subscription), ()) is not None


# -- the page of ways ----------------------------------------------------------------------------------------------


async def test_a_party_sees_by_what_it_is_told_and_stops_it(world: World) -> None:
    async with messengers(world) as out:
        event = await world.event()
        party = await world.party(event, phone="010-1234-5678", email="dara@example.org")
        other = await world.party(event, email="other@example.org")
        await out.link(party["key"], 77)
        here = f"/en/r/{party['key']}/reach"
        async with world.browser() as client:
            page = (await client.get(here)).text
            assert "+821012345678" in page
            assert "not confirmed yet" in page
            assert "other@example.org" not in page
            (foreign,) = await fetch("SELECT id FROM reach WHERE registration = $1", id_of(other["key"]))
            await client.post(here, data={"do": "stop", "reach": str(foreign["id"])})
            assert await fetch("SELECT 1 FROM reach WHERE stopped_at IS NOT NULL") == []
            (own,) = await fetch("SELECT id FROM reach WHERE channel = 'telegram'")
            assert (await client.post(here, data={"do": "stop", "reach": str(own["id"])})).status_code == 303
            assert "stopped" in (await client.get(here)).text
            asked = await client.post(here, data={"do": "ask", "reach": str(own["id"])})
            assert asked.status_code == 409
        async with world.api("korea") as api:
            await api.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": soon(hour=8)})
        assert len(out.said) == 0


async def test_the_same_address_saved_again_stays_confirmed(world: World) -> None:
    event = await world.event()
    party = await world.party(event, email="dara@example.org")
    await fetch("UPDATE reach SET confirmed_at = consented_at")
    async with world.stranger as client:
        path = f"/api/v1/registrations/{party['key']}"
        assert (await client.patch(path, json={"email": "dara@example.org"})).status_code == 200
        assert len(await fetch("SELECT 1 FROM reach WHERE confirmed_at IS NOT NULL")) == 1
        assert (await client.patch(path, json={"email": "sok@example.org"})).status_code == 200
    assert len(await fetch("SELECT 1 FROM reach WHERE confirmed_at IS NULL")) == 1
