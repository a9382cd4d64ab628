"""Where rights end: what somebody holds, against everything that ends it, judged at the moment when it is used.

One row a holder; `ENDS` says what ends it, and the test holds that all else leaves it good. Webhooks do not exist yet:
they become a column here with the wing that brings them.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.accounts import actions as accounts
from app.accounts import tokens
from app.activity.record import OPERATOR, Actor
from app.database.connection import fetch
from app.registrations import linking
from app.security import passwords
from app.validation.refusals import Refused
from models.states import ActorKind
from tests.storage.test_jobs import end
from tests.world import PASSWORD, World

KOREA = "korea@bon.example"


class Held:
    """What people of one event hold."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def begin(self) -> "Held":
        world = self.world
        self.event = await world.event()
        self.party = await world.party(self.event, 2)
        self.gate = await world.gate(self.event)
        async with world.desk("korea") as desk:
            path = f"/desk/events/{self.event['slug']}/invitations"
            assert (await desk.post(path, data={"label": "Sokha", "party_limit": "40"})).status_code == 303
            self.invitation = (await desk.get(path)).text.split("register?invitation=")[1].split('"')[0]
        keyring, row = world.app.state.keyring, UUID(self.party["id"])
        await linking.redeem(keyring, await linking.start_token(row, 0), "77", "", Actor(ActorKind.WORKER))
        self.start = await linking.start_token(row, 0)
        return self

    # -- what is held, and whether it is good ---------------------------------------------------------------------

    async def session(self) -> bool:
        async with self.world.desk("korea") as desk:
            return (await desk.get("/desk/account")).status_code == 200

    async def token(self) -> bool:
        async with self.world.api("korea") as client:
            return (await client.get("/api/v1/events")).status_code != 401

    async def phone(self) -> bool:
        async with self.world.phone(self.gate["token"]) as phone:
            return (await phone.get("/gate/api/roster")).status_code == 200

    async def pairing_link(self) -> bool:
        async with self.world.stranger as volunteer:
            path = self.gate["pair_url"].removeprefix(self.world.settings.base_url)
            return (await volunteer.get(path)).status_code == 200

    async def invited(self) -> bool:
        async with self.world.stranger as leader:
            answer = await leader.post(
                f"/api/v1/events/{self.event['slug']}/registrations",
                json={"name": "x", "party": 1, "invitation": self.invitation},
            )
            return answer.status_code == 201

    async def link(self) -> bool:
        async with self.world.stranger as worker:
            return (await worker.get(f"/api/v1/registrations/{self.party['key']}")).status_code == 200

    async def chat(self) -> bool:
        return bool(await linking.reaches_of_chat(self.world.app.state.keyring, "77"))

    async def start_token(self) -> bool:
        try:
            return (await linking.asked_by_token(self.start)).people > 0
        except Refused:
            return False

    async def kept_page(self) -> bool:
        """The ticket on a page that the phone kept: whether the gate lets it in."""
        gate = await self.world.gate(self.event, by="korea2" if "korea2" in self.world.tokens else "korea")
        (said,) = await self.world.scan(gate, {"code": self.party["tickets"][1]["code"], "rehearsal": True})
        return bool(said["outcome"] == "admitted")

    # -- what ends it ---------------------------------------------------------------------------------------------

    async def new_password(self) -> None:
        await accounts.add_account(KOREA, "Korea", "attache", PASSWORD + "!", OPERATOR)

    async def disabled(self) -> None:
        await accounts.disable(KOREA, OPERATOR)

    async def re_added(self) -> None:
        await self.disabled()
        await self.new_password()

    async def posting_ended(self) -> None:
        await accounts.end_posting(KOREA, "KR", OPERATOR)

    async def pairing_revoked(self) -> None:
        async with self.world.api("korea") as client:
            await client.delete(f"/api/v1/events/{self.event['slug']}/gate-devices/{self.gate['id']}")

    async def event_over(self) -> None:
        await end(self.event)
        await fetch("UPDATE pairing SET expires_at = $1", datetime(2020, 1, 2, 12, tzinfo=UTC))

    async def link_reissued(self) -> None:
        async with self.world.desk("korea") as desk:
            path = f"/desk/events/{self.event['slug']}/registrations/{self.party['id']}"
            assert (await desk.post(path, data={"do": "reissue"})).status_code in {200, 303}

    async def handed_on(self) -> None:
        async with self.world.stranger as worker:
            path = f"/api/v1/registrations/{self.party['key']}/tickets/2/hand-on"
            assert (await worker.post(path, json={"name": "Friend"})).status_code == 201

    async def erased(self) -> None:
        async with self.world.stranger as worker:
            assert (await worker.post(f"/api/v1/registrations/{self.party['key']}/erase")).status_code == 200


HOLDERS = ("session", "token", "phone", "pairing_link", "invited", "link", "kept_page", "chat", "start_token")
ENDS = {
    "new_password": {"session", "token"},
    "disabled": {"session", "token", "phone", "pairing_link", "invited"},
    "re_added": {"session", "token", "phone", "pairing_link", "invited"},
    "posting_ended": {"phone", "pairing_link", "invited"},
    "pairing_revoked": {"phone", "pairing_link"},
    "event_over": {"phone", "pairing_link", "invited"},
    "link_reissued": {"link", "kept_page", "chat", "start_token"},
    "handed_on": {"kept_page"},
    "erased": {"link", "kept_page", "chat", "start_token"},
}
# a gate of somebody else judges tickets where this attaché may open none
BY_ANOTHER = {"new_password", "disabled", "re_added", "posting_ended"}


@pytest.mark.parametrize("cause", ENDS)
async def test_every_right_ends_when_it_should_and_not_before(world: World, cause: str) -> None:
    held = await Held(world).begin()
    asked: dict[str, Callable[[], Awaitable[bool]]] = {name: getattr(held, name) for name in HOLDERS}
    assert {name: await ask() for name, ask in asked.items()} == dict.fromkeys(HOLDERS, True)
    await getattr(held, cause)()
    if cause in BY_ANOTHER:
        await second_attache(world)
    if cause == "event_over":
        asked.pop("kept_page")  # no gate can be opened any more
    good = {name for name, ask in asked.items() if await ask()}
    assert good == set(asked) - ENDS[cause]


async def second_attache(world: World) -> None:
    await accounts.add_account("korea2@bon.example", "Korea II", "attache", PASSWORD, OPERATOR)
    await accounts.add_posting("korea2@bon.example", "KR", OPERATOR)
    world.tokens["korea2"] = await tokens.add_token("korea2@bon.example", OPERATOR)


async def test_what_a_phone_saw_while_it_was_good_is_kept_also_afterwards(world: World) -> None:
    held = await Held(world).begin()
    seen = datetime.now(UTC).isoformat()
    await held.posting_ended()
    async with world.phone(held.gate["token"]) as phone:
        sent = {"code": held.party["tickets"][0]["code"], "nonce": "late", "scanned_at": seen}
        answer = await phone.post("/gate/api/scans", json={"scans": [sent]})
        assert answer.json()["results"][0]["outcome"] == "admitted"
        assert (await phone.get("/gate/api/roster")).status_code == 401


async def test_who_is_added_again_loses_nothing_of_what_was_seen_before(world: World) -> None:
    held = await Held(world).begin()
    seen = datetime.now(UTC).isoformat()
    await held.disabled()
    await held.disabled()  # a second time ends nothing later
    await held.new_password()
    async with world.phone(held.gate["token"]) as phone:
        sent = {"code": held.party["tickets"][0]["code"], "nonce": "late", "scanned_at": seen}
        answer = await phone.post("/gate/api/scans", json={"scans": [sent]})
        assert answer.json()["results"][0]["outcome"] == "admitted"
        now = {"code": held.party["tickets"][1]["code"], "nonce": "now", "scanned_at": datetime.now(UTC).isoformat()}
        answer = await phone.post("/gate/api/scans", json={"scans": [now]})
        assert answer.json()["results"][0]["outcome"] != "admitted"


async def test_an_old_password_starts_no_session_after_the_new_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accounts.add_account("mean@bon.example", "x", "attache", PASSWORD, OPERATOR)
    fits = passwords.password_fits

    async def slowly(password: str, hashed: str | None) -> bool:
        answer = await fits(password, hashed)
        await accounts.add_account("mean@bon.example", "x", "attache", PASSWORD + "!", OPERATOR)
        return answer

    monkeypatch.setattr(accounts, "password_fits", slowly)
    secret = await accounts.log_in(
        world.app.state.keyring, "mean@bon.example", PASSWORD, address="192.0.2.1", known_browser=True, by=OPERATOR,
        life=timedelta(days=1),
    )  # fmt: skip
    async with world.browser(bon_session=secret) as desk:
        assert (await desk.get("/desk/account")).status_code != 200


async def test_a_posting_with_a_last_day_lasts_until_then(world: World) -> None:
    held = await Held(world).begin()
    for ends, good in ((timedelta(days=1), True), (timedelta(seconds=-1), False)):
        await fetch("UPDATE posting SET ends_at = $1 WHERE host_country = 'KR' RETURNING id", datetime.now(UTC) + ends)
        assert (await held.phone(), await held.pairing_link(), await held.invited()) == (good, good, good)


async def test_a_new_posting_makes_old_gates_good_again(world: World) -> None:
    held = await Held(world).begin()
    await held.posting_ended()
    assert not await held.phone()
    await accounts.add_posting(KOREA, "KR", OPERATOR)
    assert await held.phone()


async def test_tokens_have_names_a_last_use_and_an_end(world: World) -> None:
    secret = await tokens.add_token(KOREA, OPERATOR, name="Website of the embassy", life=timedelta(days=30))
    async with world.client(authorization=f"Bearer {secret}") as script:
        assert (await script.get("/api/v1/events")).status_code != 401
        (row,) = await fetch("SELECT id, used_at, expires_at FROM api_token WHERE name = 'Website of the embassy'")
        assert datetime.now(UTC) - row["used_at"] < timedelta(minutes=1)
        first = row["used_at"]
        await script.get("/api/v1/events")
        (row,) = await fetch("SELECT id, used_at FROM api_token WHERE name = 'Website of the embassy'")
        assert row["used_at"] == first  # to the hour is enough; not every call writes
        await fetch("UPDATE api_token SET expires_at = $2 WHERE id = $1", UUID(str(row["id"])), datetime.now(UTC))
        assert (await script.get("/api/v1/events")).status_code == 401


async def test_hq_has_no_door_to_names(world: World) -> None:
    held = await Held(world).begin()
    slug, party = held.event["slug"], held.party["id"]
    async with world.api("hq") as client, world.desk("hq") as desk:
        answers: list[Any] = [
            await client.get(f"/api/v1/events/{slug}/registrations"),
            await desk.get(f"/desk/events/{slug}/registrations"),
            await desk.get(f"/desk/events/{slug}/registrations/{party}"),
            await desk.get(f"/desk/events/{slug}/suspicious"),
        ]
    assert {answer.status_code for answer in answers} <= {403, 404}
    assert "Sok Dara" not in "".join(answer.text for answer in answers)
