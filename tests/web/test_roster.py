"""What a phone is given to judge without a network, and what it may not learn; what it says of itself."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from app.database.connection import fetch
from app.gate import roster as rosters
from tests.web.test_conflicts import stats
from tests.world import World


def number_in(code: str) -> str:
    """The registration number that a ticket's code carries, as a phone reads it."""
    return base64.b32decode(code + "===")[4:12].hex()


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def secrets_of(number: str, event: int) -> tuple[str, bytes]:
    made = hashlib.pbkdf2_hmac("sha256", bytes.fromhex(number), b"bon roster" + event.to_bytes(3), 50, 64)
    return base64.urlsafe_b64encode(made[:16]).decode().rstrip("="), made[16:]


def opened(secret: bytes, sealed: str) -> str:
    """What the phone does with a sealed name; fails for the wrong secret."""
    raw = unpacked(sealed)
    plain = Cipher(AES(secret[:16]), CTR(raw[:16])).decryptor().update(raw[16:])
    assert hmac.digest(secret[16:], plain, "sha256")[:16] == raw[:16]
    return plain.decode()


class Phone:
    """A phone's picture of its event, brought up to date page by page."""

    def __init__(self, world: World, device: dict[str, Any]) -> None:
        self.world, self.device = world, device
        self.cursor, self.tag, self.parties, self.revoked = "", "", dict[str, list[Any]](), set[str]()
        self.head: dict[str, Any] = {}
        self.pages = 0

    async def sync(self) -> dict[str, Any]:
        while True:
            async with self.world.phone(self.device["token"]) as client:
                answer = await client.get("/gate/api/roster", params={"since": self.cursor, "known": self.tag})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            self.pages += 1
            self.parties |= {row[0]: row for row in page["parties"]}
            self.revoked |= set(page["revoked"])
            for gone in page["revoked"]:
                self.parties.pop(gone, None)
            self.head |= {name: page[name] for name in ("event", "keys", "gates", "pickups", "others") if name in page}
            self.cursor, self.tag = page["cursor"], page["tag"]
            if not page["more"]:
                return dict(page)

    def row(self, code: str) -> list[Any]:
        return self.parties[secrets_of(number_in(code), self.head["event"]["number"])[0]]


async def test_a_ticket_finds_its_party_and_opens_its_name(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 3, name="សុខ ដារ៉ា")
    phone = Phone(world, await world.gate(event))
    page = await phone.sync()
    assert page["counts"]["registered"] == 3
    code = party["tickets"][1]["code"]
    reference, state, size, children, admitted, issues, sealed, pickup, attention = phone.row(code)
    assert (state, size, children, admitted, issues, pickup, attention) == ("confirmed", 3, 0, [], [0, 0, 0], "", "")
    secret = secrets_of(number_in(code), phone.head["event"]["number"])[1]
    assert opened(secret, sealed) == "សុខ ដារ៉ា"
    with pytest.raises((AssertionError, UnicodeDecodeError)):
        opened(secrets_of("0" * 16, phone.head["event"]["number"])[1], sealed)
    public = Ed25519PublicKey.from_public_bytes(unpacked(phone.head["keys"]["0"]))
    raw = base64.b32decode(code + "===")
    public.verify(raw[14:], raw[:14])  # raises for a key that is not the tickets'
    assert reference


async def test_a_lost_phone_names_nobody(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2, name="Chanthou Kim", phone="010-1234-5678")
    gate = await world.gate(event)
    async with world.phone(gate["token"]) as client:
        text = (await client.get("/gate/api/roster")).text
    number = number_in(party["tickets"][0]["code"])
    for secret in ("Chanthou", "12345678", "1234-5678", number, party["short_code"], party["id"], party["key"]):
        assert secret not in text
    assert base64.urlsafe_b64encode(bytes.fromhex(number)).decode().rstrip("=") not in text


async def test_what_changed_comes_with_the_next_page_and_nothing_else(world: World) -> None:
    event = await world.event(capacity=4)
    north = await world.gate(event, "North")
    families = [await world.party(event, 2, name=f"Family {index}") for index in range(2)]
    waiting = await world.party(event, 1, accept_waiting=True)
    phone = Phone(world, await world.gate(event, "South"))
    await phone.sync()
    assert len(phone.parties) == 3
    quiet = await phone.sync()
    assert (quiet["parties"], quiet["revoked"], "event" in quiet) == ([], [], False)

    await world.scan(north, {"nonce": "in", "code": families[0]["tickets"][0]["code"]})
    seen = await phone.sync()
    assert len(seen["parties"]) == 1
    ((at, gate, *numbers),) = phone.row(families[0]["tickets"][0]["code"])[4]
    assert numbers == [1]
    assert phone.head["gates"][gate] == "North"
    assert abs(at - datetime.now(UTC).timestamp()) < 60

    await world.scan(north, {"undo": "in"})
    async with world.stranger as client:
        await client.delete(f"/api/v1/registrations/{families[1]['key']}")  # the waiting one moves up
    await phone.sync()
    assert phone.row(families[0]["tickets"][0]["code"])[4] == []
    given_up = phone.row(families[1]["tickets"][0]["code"])
    assert (given_up[1], given_up[5]) == ("cancelled", [-1, -1])
    async with world.stranger as client:
        moved_up = (await client.get(f"/api/v1/registrations/{waiting['key']}")).json()
    assert phone.row(moved_up["tickets"][0]["code"])[1] == "confirmed"


async def test_reissued_handed_on_and_erased_tickets(world: World) -> None:
    event = await world.event()
    party, gone = await world.party(event, 3), await world.party(event, name="Gone")
    phone = Phone(world, await world.gate(event))
    await phone.sync()
    old = party["tickets"][0]["code"]
    async with world.stranger as client:
        handed = await client.post(f"/api/v1/registrations/{party['key']}/tickets/2/hand-on", json={"name": "A friend"})
        assert handed.status_code == 201
        await client.post(f"/api/v1/registrations/{gone['key']}/erase")
    async with world.desk("korea") as desk:
        await desk.post(f"/desk/events/{event['slug']}/registrations/{party['id']}", data={"do": "reissue"})
    page = await phone.sync()
    assert phone.row(old)[5] == [1, -2, 1]
    reference = secrets_of(number_in(gone["tickets"][0]["code"]), phone.head["event"]["number"])[0]
    assert page["revoked"] == [reference]
    assert reference not in phone.parties
    assert phone.row(handed.json()["tickets"][0]["code"])[2] == 1


async def test_a_long_roster_comes_in_pages_and_goes_on_where_it_broke(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rosters, "PARTIES_A_PAGE", 3)
    event = await world.event()
    parties = [await world.party(event, 1) for _ in range(8)]
    phone = Phone(world, await world.gate(event))
    await phone.sync()
    assert (phone.pages, len(phone.parties)) == (3, 8)
    again = Phone(world, phone.device)
    async with world.phone(phone.device["token"]) as client:
        first = (await client.get("/gate/api/roster")).json()
    again.cursor = first["cursor"]
    await again.sync()
    assert (len(first["parties"]), len(again.parties)) == (3, 5)
    assert {row[0] for row in first["parties"]} | set(again.parties) == set(phone.parties)
    assert all(phone.row(party["tickets"][0]["code"])[1] == "confirmed" for party in parties)


async def test_a_server_restored_from_a_backup_says_begin_anew(world: World) -> None:
    event = await world.event()
    await world.party(event)
    gate = await world.gate(event)
    async with world.phone(gate["token"]) as client:
        page = (await client.get("/gate/api/roster", params={"since": "999999"})).json()
        assert (page["reset"], len(page["parties"])) == (True, 1)
        for odd in ("-1", "x", "9" * 40, "១២"):
            assert len((await client.get("/gate/api/roster", params={"since": odd})).json()["parties"]) == 1


async def test_daily_admissions_are_of_today_only(world: World) -> None:
    event = await world.event(entry_rule="daily")
    party = await world.party(event, 2)
    gate = await world.gate(event)
    codes = [ticket["code"] for ticket in party["tickets"]]
    yesterday = (datetime.now(UTC) - timedelta(days=1, hours=1)).isoformat()
    await world.scan(gate, {"code": codes[0], "scanned_at": yesterday}, {"code": codes[1]})
    phone = Phone(world, gate)
    await phone.sync()
    assert [run[2:] for run in phone.row(codes[0])[4]] == [[2]]


async def test_a_revoked_phone_gets_no_roster(world: World) -> None:
    event = await world.event()
    gate = await world.gate(event)
    async with world.api("korea") as client:
        await client.delete(f"/api/v1/events/{event['slug']}/gate-devices/{gate['id']}")
    async with world.phone(gate["token"]) as phone:
        answer = await phone.get("/gate/api/roster")
        assert (answer.status_code, answer.json()["code"]) == (401, "device_unknown")
        assert (await phone.post("/gate/api/phone", json={})).status_code == 401
        assert (await phone.post("/gate/api/names", json={"name": "x"})).status_code == 401
        earlier = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
        late = await phone.post("/gate/api/walk-ins", json={"nonce": "before", "size": 2, "at": earlier})
        assert late.status_code == 200
        assert (await phone.post("/gate/api/walk-ins", json={"nonce": "after", "size": 2})).status_code == 401


async def test_attention_reaches_the_gate_and_the_note_is_sealed(world: World) -> None:
    event = await world.event()
    party = await world.party(event, name="Vanna")
    gate = await world.gate(event)
    phone = Phone(world, gate)
    await phone.sync()
    here = f"/desk/events/{event['slug']}/registrations/{party['id']}"
    async with world.desk("korea") as desk:
        saved = await desk.post(
            here, data={"do": "attention", "attention.wheelchair": "on", "attention.monk": "on", "note": "Row A"}
        )
        assert saved.status_code == 303
        too_long = await desk.post(here, data={"do": "attention", "note": "x" * 200})
        assert too_long.status_code == 422
        assert "x" * 200 in too_long.text
        assert 'value="Row A"' in (await desk.get(here)).text
    page = await phone.sync()
    assert "Row A" not in json.dumps(page)
    code = party["tickets"][0]["code"]
    row = phone.row(code)
    assert row[8] == "wheelchair monk"
    assert opened(secrets_of(number_in(code), phone.head["event"]["number"])[1], row[6]) == "Vanna\nRow A"
    async with world.phone(gate["token"]) as client:
        found = (await client.get(f"/gate/api/short-codes/{party['short_code']}")).json()
    assert (found["attention"], found["note"]) == (["wheelchair", "monk"], "Row A")
    assert "Row A" not in json.dumps(await fetch("SELECT * FROM registration"), default=str)


async def test_the_file_of_a_phone_that_never_came_online(world: World) -> None:
    event, other = await world.event(), await world.event()
    party = await world.party(event, 2)
    gate = await world.gate(event)
    phone = Phone(world, gate)
    await phone.sync()
    async with world.phone(gate["token"]) as client:
        device = (await client.get("/gate/api/roster")).json()["device"]["id"]
    at = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    scans = [
        {"nonce": f"q{index}", "code": ticket["code"], "scanned_at": at, "offline": True, "shown": "admitted"}
        for index, ticket in enumerate(party["tickets"])
    ]
    own = {
        "device": device,
        "clock_offset": 3600,
        "scans": [*scans, {"undo": "w2", "nonce": "u", "scanned_at": at}],
        "walk_ins": [{"nonce": "w", "size": 4, "children": 1, "at": at}, {"nonce": "w2", "size": 7, "at": at}],
    }
    address = f"/desk/events/{event['slug']}/gate/handed-over"
    async with world.desk("korea") as desk:
        for _ in range(2):
            answer = await desk.post(address, files={"file": ("scans.json", json.dumps({"phones": [own]}))})
            assert answer.status_code == 303, answer.text
        for wrong in ("", "{", "[]", "[" * 50_000, json.dumps({"phones": [{**own, "device": 7}]})):
            answer = await desk.post(address + "?lang=en", files={"file": ("scans.json", wrong)})
            assert answer.status_code == 422
            assert "no file that a phone" in answer.text
        mixed = {**own, "scans": [{"odd": 1}, *scans], "walk_ins": []}
        foreign = {**own, "device": str(uuid4())}
        answer = await desk.post(
            address + "?lang=en", files={"file": ("scans.json", json.dumps({"phones": [mixed, foreign]}))}
        )
        assert answer.status_code == 422
        assert "Entries taken over: 2. Not readable, or of another event: 6." in answer.text
        long = {**own, "walk_ins": [], "scans": [{**scans[0], "nonce": f"n{index}"} for index in range(2_500)]}
        answer = await desk.post(address, files={"file": ("scans.json", json.dumps({"phones": [long]}))})
        assert answer.status_code == 303
        elsewhere = await desk.post(
            f"/desk/events/{other['slug']}/gate/handed-over",
            files={"file": ("scans.json", json.dumps({"phones": [own]}))},
        )
        assert elsewhere.status_code == 422
    counts = await stats(world, event)
    assert (counts["admitted"], counts["walk_ins"]) == (2, 4)
    (scan,) = await fetch("SELECT scanned_at FROM scan WHERE nonce = 'q0'")
    assert abs(scan["scanned_at"] - (datetime.now(UTC) - timedelta(hours=2))) < timedelta(minutes=1)


async def test_an_old_tab_cannot_deliver_by_the_cookie_of_a_newer_pairing(world: World) -> None:
    event, other = await world.event(), await world.event()
    party, gate, newer = await world.party(event), await world.gate(event), await world.gate(other)
    async with world.phone(gate["token"]) as phone:
        mine = (await phone.get("/gate/api/roster")).json()["device"]["id"]
    async with world.client(authorization=f"Bearer {newer['token']}", x_gate_device=mine) as old_tab:
        for answer in (
            await old_tab.get("/gate/api/roster"),
            await old_tab.post("/gate/api/walk-ins", json={"nonce": "w"}),
            await old_tab.post("/gate/api/phone", json={}),
            await old_tab.post(
                "/gate/api/scans", json={"scans": [{"nonce": "n", "code": party["tickets"][0]["code"]}]}
            ),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "another_pairing")
    assert await fetch("SELECT nonce FROM scan") == []


async def test_a_page_is_made_once_for_all_phones_and_never_after_it_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rosters, "WORTH_HOLDING", 1)
    made: list[int] = []
    original = rosters._rows

    def counted(*args: Any) -> Any:
        made.append(1)
        return original(*args)

    monkeypatch.setattr(rosters, "_rows", counted)
    event = await world.event()
    parties = [await world.party(event, 1, name=f"Name {number}") for number in range(4)]
    phones = [await world.gate(event, f"Gate {number}") for number in range(3)]

    async def page(phone: dict[str, Any], **headers: str) -> dict[str, Any]:
        async with world.phone(phone["token"]) as client:
            answer = await client.get("/gate/api/roster", headers=headers)
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

    pages = await asyncio.gather(*(page(phone) for phone in phones), *(page(phone) for phone in phones))
    assert len(made) == 1
    assert {len(each["parties"]) for each in pages} == {4}
    assert [each["device"]["name"].split(" ·")[0] for each in pages[:3]] == ["Gate 0", "Gate 1", "Gate 2"]
    plain = await page(phones[0], **{"accept-encoding": "identity"})
    assert plain["parties"] == pages[0]["parties"]
    assert len(made) == 1

    await world.scan(phones[0], {"code": parties[0]["tickets"][0]["code"]})
    now_in = await page(phones[1])
    assert sum(1 for row in now_in["parties"] if row[4]) == 1
    assert len(made) == 2
    async with world.stranger as worker:
        await worker.post(f"/api/v1/registrations/{parties[1]['key']}/erase")
    assert len(rosters._held) == 0
    left = await page(phones[2])
    assert (len(left["parties"]), len(left["revoked"])) == (3, 1)
