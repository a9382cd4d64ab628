"""The gate: pairing, judging, repeats, conflicts, overriding, undoing, counting."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.database.connection import fetch
from tests.world import World


async def stats(world: World, event: dict[str, Any]) -> dict[str, int]:
    async with world.api("korea") as client:
        return dict((await client.get(f"/api/v1/events/{event['slug']}/stats")).json())


async def test_one_ticket_at_many_gates_is_admitted_once(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    gates = [await world.gate(event, f"Gate {number}") for number in range(6)]
    results = await asyncio.gather(*(world.scan(gate, {"code": party["tickets"][0]["code"]}) for gate in gates))
    outcomes = sorted(result[0]["outcome"] for result in results)
    assert outcomes == ["admitted", *["already_admitted"] * 5]
    assert (await stats(world, event))["admitted"] == 1


async def test_a_repeated_nonce_gets_its_first_answer(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    gate = await world.gate(event)
    scan = {"nonce": "n-1", "code": party["tickets"][0]["code"]}
    (first,) = await world.scan(gate, scan)
    again, twin = await world.scan(gate, scan, scan)
    assert (first["outcome"], first["repeat"]) == ("admitted", False)
    assert again == twin == {**first, "repeat": True}
    assert len(await fetch("SELECT id FROM scan")) == 1


async def test_codes_are_read_with_any_scheme_host_and_case(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 4)
    gate = await world.gate(event)
    codes = [ticket["code"] for ticket in party["tickets"]]
    results = await world.scan(
        gate,
        {"code": codes[0]},
        {"code": f"https://elsewhere.example/t/{codes[1].lower()}"},
        {"code": f"  HTTP://127.0.0.1:8000/T/{codes[2]}?x=1 "},
        {"ticket": f"{(await fetch('SELECT number FROM registration'))[0]['number'].upper()}-4"},
    )
    assert [result["outcome"] for result in results] == ["admitted"] * 4


@pytest.mark.parametrize(
    "text", ["hello", "", "A" * 125, "0" * 125, "http://x/T/", "A" * 3000, "សំបុត្រ", "T/" + "7" * 125]
)
async def test_what_is_no_ticket_is_refused_calmly(world: World, text: str) -> None:
    gate = await world.gate(await world.event())
    async with world.phone(gate["token"]) as client:
        answer = await client.post("/gate/api/scans", json={"scans": [{"nonce": "n", "code": text}]})
    if text:
        (result,) = answer.json()["results"]
        assert result["outcome"] == "refused"
        assert result["code"] in {"code_malformed", "code_forged", "code_unknown_key"}
    else:
        assert answer.status_code == 422


async def test_forged_and_foreign_tickets_are_refused(world: World) -> None:
    event, other = await world.event(), await world.event()
    party, stranger = await world.party(event, 2), await world.party(other)
    gate = await world.gate(event)
    code = party["tickets"][0]["code"]
    forged = code[:30] + ("A" if code[30] != "A" else "B") + code[31:]
    results = await world.scan(
        gate, {"code": forged}, {"code": stranger["tickets"][0]["code"]}, {"code": code[:-1] + "B"}
    )
    assert [(result["outcome"], result["code"]) for result in results] == [
        ("refused", "code_forged"),
        ("refused", "other_event"),
        ("refused", "code_malformed"),
    ]


async def test_given_up_and_waiting_tickets(world: World) -> None:
    event = await world.event(capacity=1)
    party = await world.party(event)
    waiting = await world.party(event, 1, accept_waiting=True)
    gate = await world.gate(event)
    number = (await fetch("SELECT number FROM registration WHERE state = 'waiting'"))[0]["number"]
    (early,) = await world.scan(gate, {"ticket": f"{number}-1"})
    assert (early["outcome"], early["code"]) == ("refused", "ticket_waiting")
    async with world.stranger as client:
        await client.delete(f"/api/v1/registrations/{party['key']}")
        assert (await client.get(f"/api/v1/registrations/{waiting['key']}")).json()["state"] == "confirmed"
    late, now_in = await world.scan(gate, {"code": party["tickets"][0]["code"]}, {"ticket": f"{number}-1"})
    assert (late["outcome"], late["code"]) == ("refused", "ticket_given_up")
    assert now_in["outcome"] == "admitted"


async def test_let_in_anyway_on_every_refusal(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    gate = await world.gate(event)
    code = party["tickets"][0]["code"]
    results = await world.scan(
        gate,
        {"code": "paper ticket from a cousin", "override": "known to us"},
        {"code": code},
        {"code": code, "override": "second person, same picture"},
    )
    assert [result["outcome"] for result in results] == ["admitted"] * 3
    counts = await stats(world, event)
    assert (counts["admitted"], counts["walk_ins"]) == (1, 2)
    assert len(await fetch("SELECT id FROM scan WHERE sealed_override <> ''")) == 2
    await world.scan(gate, {"code": code, "override": "known_to_us"})
    async with world.desk("korea") as desk:
        page = (await desk.get(f"/desk/events/{event['slug']}/gate?lang=en")).text
    for why in ("known to us", "second person, same picture", "We know this person"):
        assert why in page
    async with world.desk("hq") as desk:
        assert "second person" not in (await desk.get(f"/desk/events/{event['slug']}/gate?lang=en")).text


async def test_two_offline_phones_that_both_showed_admitted_are_a_conflict(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    north, south = await world.gate(event, "North"), await world.gate(event, "South")
    scan = {"code": party["tickets"][0]["code"], "offline": True, "shown": "admitted"}
    (first,) = await world.scan(north, scan)
    (second,) = await world.scan(south, scan)
    (other_tab,) = await world.scan(north, scan)  # of the first phone, which did not know either
    assert (first["outcome"], second["outcome"], other_tab["outcome"]) == ("admitted", "conflict", "conflict")
    assert second["first"]["device"] == other_tab["first"]["device"] == "North"
    async with world.desk("korea") as desk:
        page = (await desk.get(f"/desk/events/{event['slug']}/gate?lang=en")).text
    assert page.count("North") >= 4  # the gate, and for both conflicts who was first
    assert (await stats(world, event))["admitted"] == 1


async def test_undo_takes_back_what_a_scan_did(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 3)
    gate = await world.gate(event)
    codes = [ticket["code"] for ticket in party["tickets"]]
    await world.scan(gate, {"nonce": "all", "code": codes[0], "numbers": [1, 2, 3]})
    assert (await stats(world, event))["admitted"] == 3
    undone, nothing, again = await world.scan(gate, {"undo": "all"}, {"undo": "never"}, {"code": codes[1]})
    assert (undone["outcome"], undone["code"]) == ("left", "undone")
    assert (nothing["outcome"], nothing["code"]) == ("refused", "scan_unknown")
    assert again["outcome"] == "admitted"
    assert (await stats(world, event))["admitted"] == 1


async def test_entry_once_a_day_and_freely(world: World) -> None:
    daily = await world.event(entry_rule="daily")
    party = await world.party(daily)
    gate = await world.gate(daily)
    code = party["tickets"][0]["code"]
    day_before = (datetime.now(UTC) - timedelta(days=1, hours=1)).isoformat()
    results = await world.scan(gate, {"code": code, "scanned_at": day_before}, {"code": code}, {"code": code})
    assert [result["outcome"] for result in results] == ["admitted", "admitted", "already_admitted"]
    assert (await stats(world, daily))["admitted"] == 1

    free = await world.event(entry_rule="free")
    party = await world.party(free)
    gate = await world.gate(free)
    code = party["tickets"][0]["code"]
    results = await world.scan(
        gate, {"code": code, "direction": "out"}, {"code": code}, {"code": code}, {"code": code, "direction": "out"}
    )
    assert [result["outcome"] for result in results] == ["refused", "admitted", "already_admitted", "left"]
    assert (await stats(world, free))["inside"] == 0
    (back,) = await world.scan(gate, {"code": code})
    assert back["outcome"] == "admitted"
    assert (await stats(world, free))["inside"] == 1


async def test_rehearsal_counts_nothing(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    gate = await world.gate(event)
    scan = {"code": party["tickets"][0]["code"]}
    first, second = await world.scan(gate, {**scan, "rehearsal": True}, scan)
    assert (first["outcome"], second["outcome"]) == ("admitted", "admitted")
    assert (await stats(world, event))["admitted"] == 1


async def test_wrong_clocks_are_flagged_and_never_refused(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 3)
    gate = await world.gate(event)
    codes = [ticket["code"] for ticket in party["tickets"]]
    in_1970 = {"sent_at": "1970-01-01T00:10:00Z"}
    (old,) = await world.scan(gate, {"code": codes[0], "scanned_at": "1970-01-01T00:05:00Z"}, **in_1970)
    (future,) = await world.scan(gate, {"code": codes[1], "scanned_at": "2099-01-01T00:00:00Z"})
    (right,) = await world.scan(gate, {"code": codes[2], "scanned_at": datetime.now(UTC).isoformat()})
    assert [each["outcome"] for each in (old, future, right)] == ["admitted"] * 3
    five_minutes_ago = datetime.now(UTC) - timedelta(minutes=5)
    assert abs(datetime.fromisoformat(old["first"]["at"]) - five_minutes_ago) < timedelta(minutes=1)
    rows = await fetch("SELECT clock_off FROM scan ORDER BY received_at")
    assert [bool(row["clock_off"]) for row in rows] == [True, True, False]


async def test_a_revoked_phone_delivers_what_it_scanned_before_and_nothing_after(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    gate = await world.gate(event)
    earlier = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    async with world.api("korea") as client:
        assert (await client.delete(f"/api/v1/events/{event['slug']}/gate-devices/{gate['id']}")).status_code == 204
    before, after = await world.scan(
        gate, {"code": party["tickets"][0]["code"], "scanned_at": earlier}, {"code": party["tickets"][1]["code"]}
    )
    assert before["outcome"] == "admitted"
    assert (after["outcome"], after["code"]) == ("refused", "device_unknown")
    async with world.phone(gate["token"]) as phone:
        assert (await phone.get(f"/gate/api/short-codes/{party['short_code']}")).status_code == 401
        assert (await phone.post("/gate/api/walk-ins", json={"nonce": "w"})).status_code == 401
    async with world.stranger as client:
        assert (await client.get(gate["pair_url"])).status_code == 410


async def test_each_post_to_the_pairing_link_adds_a_phone(world: World) -> None:
    event = await world.event()
    gate = await world.gate(event)
    link = gate["pair_url"].removeprefix(world.settings.base_url)
    secrets = []
    for _ in range(2):
        async with world.browser() as client:
            offered = await client.get(link)
            assert "set-cookie" not in offered.headers
            paired = await client.post(link)
            assert paired.status_code == 303
            assert "HttpOnly" in paired.headers["set-cookie"]
            secrets.append(client.cookies["bon-gate"])
            assert (await client.post(link)).status_code == 303
            assert client.cookies["bon-gate"] == secrets[-1]
    assert len(set(secrets)) == 2
    assert len(await fetch("SELECT id FROM gate_device")) == 3


async def test_short_codes_find_one_party_and_are_slow_to_guess(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2, name="Chanthou")
    other = await world.party(await world.event())
    gate = await world.gate(event)
    async with world.phone(gate["token"]) as phone:
        found = (await phone.get(f"/gate/api/short-codes/{party['short_code'].lower()}")).json()
        assert (found["name"], len(found["tickets"])) == ("Chanthou", 2)
        assert (await phone.get(f"/gate/api/short-codes/{other['short_code']}")).status_code == 404
        answers = [(await phone.get("/gate/api/short-codes/222222")).status_code for _ in range(62)]
    assert answers[0] == 404
    assert answers[-1] == 429


async def test_walk_ins_are_counted_once(world: World) -> None:
    event = await world.event()
    gate = await world.gate(event)
    async with world.phone(gate["token"]) as phone:
        group = {"nonce": "g1", "size": 6, "children": 2, "at": datetime.now(UTC).isoformat()}
        first = (await phone.post("/gate/api/walk-ins", json=group)).json()
        again = (await phone.post("/gate/api/walk-ins", json=group)).json()
        assert (first["repeat"], again["repeat"], again["walk_ins"]) == (False, True, 6)
        wrong = await phone.post("/gate/api/walk-ins", json={"nonce": "g2", "size": 1, "children": 3})
        assert wrong.status_code == 422


async def test_a_wrong_batch_is_refused_whole_and_named(world: World) -> None:
    gate = await world.gate(await world.event())
    async with world.phone(gate["token"]) as phone:
        answer = await phone.post(
            "/gate/api/scans",
            json={
                "sent_at": "soon",
                "scans": [{"code": "x"}, {"nonce": "n", "code": 7, "numbers": ["a"], "direction": "up", "odd": 1}],
            },
        )
        assert answer.status_code == 422
        assert {problem["field"]: problem["code"] for problem in answer.json()["errors"]} == {
            "sent_at": "not_a_time",
            "scans.0.nonce": "required",
            "scans.1.code": "not_a_text",
            "scans.1.numbers": "not_a_list",
            "scans.1.direction": "not_a_choice",
            "scans.1.odd": "unknown_field",
        }
        assert (await phone.post("/gate/api/scans", json={})).status_code == 422
        assert (await phone.post("/gate/api/scans", json={"scans": []})).json() == {"results": []}
    assert await fetch("SELECT id FROM scan") == []


# -- the page ---------------------------------------------------------------------------------------------------------


def hidden(page: str, form: str) -> dict[str, str]:
    """The hidden fields of the first form whose HTML has these words."""
    found = next(part for part in page.split("<form")[1:] if form in part)
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found.split("</form>")[0]))


async def test_the_gate_page_admits_a_family_without_script(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 5, name="Chanthou")
    gate = await world.gate(event)
    async with world.browser(bon_gate=gate["token"], bon_language="en") as client:
        arrived = await client.get(f"/T/{party['tickets'][0]['code']}")
        assert "Chanthou" not in arrived.text
        admitted = await client.post("/gate", data=hidden(arrived.text, "data-by-itself"))
        assert 'data-outcome="admitted"' in admitted.text
        assert "Chanthou" in admitted.text
        everybody = await client.post("/gate", data=hidden(admitted.text, "Let in all 4"))
        assert "5 of 5 came in" in everybody.text
        again = await client.post("/gate", data={"nonce": uuid4().hex, "code": party["tickets"][2]["url"]})
        assert 'data-outcome="already_admitted"' in again.text
        assert "North gate" in again.text
        anyway = await client.post(
            "/gate", data={**hidden(again.text, "We know this person"), "override": "known_to_us"}
        )
        assert 'data-outcome="admitted"' in anyway.text


async def test_a_typed_short_code_shows_the_party_to_choose_from(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    gate = await world.gate(event)
    async with world.browser(bon_gate=gate["token"], bon_language="en") as client:
        typed = " ".join(party["short_code"].lower())
        choice = await client.post("/gate", data={"nonce": "n", "code": typed})
        assert "data-choice" in choice.text
        assert (await stats(world, event))["admitted"] == 0
        done = await client.post("/gate", data=hidden(choice.text, "Let in all 2"))
        assert 'data-outcome="admitted"' in done.text
        wrong = await client.post("/gate", data={"nonce": "n2", "code": "222222"})
        assert (wrong.status_code, 'data-code="short_code_unknown"' in wrong.text) == (404, True)
    assert (await stats(world, event))["admitted"] == 2


async def test_a_forged_form_admits_nobody(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    gate = await world.gate(event)
    async with world.browser(bon_gate=gate["token"]) as client:
        answer = await client.post(
            "/gate", data={"nonce": "n", "code": party["tickets"][0]["code"]}, headers={"sec-fetch-site": "cross-site"}
        )
    assert answer.status_code == 403
    assert (await stats(world, event))["admitted"] == 0


# -- found by a hostile reader ----------------------------------------------------------------------------------------


async def test_undo_obeys_revocation_and_rehearsal_and_says_when_there_is_nothing(world: World) -> None:
    event = await world.event(entry_rule="free")
    party = await world.party(event)
    gate, other = await world.gate(event), await world.gate(event, "South gate")
    code = party["tickets"][0]["code"]
    await world.scan(gate, {"nonce": "in", "code": code}, {"nonce": "again", "code": code})
    (nothing,) = await world.scan(gate, {"undo": "again"})
    assert (nothing["outcome"], nothing["code"]) == ("refused", "scan_unknown")
    await world.scan(gate, {"undo": "in", "rehearsal": True})
    assert (await stats(world, event))["admitted"] == 1
    await world.scan(gate, {"nonce": "out", "code": code, "direction": "out"})
    assert (await stats(world, event))["inside"] == 0
    (back,) = await world.scan(gate, {"undo": "out"})
    assert (back["outcome"], (await stats(world, event))["inside"]) == ("left", 1)
    async with world.api("korea") as client:
        await client.delete(f"/api/v1/events/{event['slug']}/gate-devices/{other['id']}")
    (refused,) = await world.scan(other, {"undo": "in"})
    assert (refused["outcome"], refused["code"]) == ("refused", "device_unknown")
    assert (await stats(world, event))["admitted"] == 1


async def test_an_undone_admission_of_a_party_that_left_frees_its_seat(world: World) -> None:
    from app.seats.counts import miscounted

    event = await world.event(capacity=3)
    party = await world.party(event, 3)
    waiting = await world.party(event, 3, accept_waiting=True)
    gate = await world.gate(event)
    await world.scan(gate, {"nonce": "in", "code": party["tickets"][0]["code"]})
    async with world.stranger as client:
        await client.delete(f"/api/v1/registrations/{party['key']}")
        assert (await client.get(f"/api/v1/registrations/{waiting['key']}")).json()["state"] == "waiting"
        await world.scan(gate, {"undo": "in"})
        assert (await client.get(f"/api/v1/registrations/{waiting['key']}")).json()["state"] == "confirmed"
    assert (await stats(world, event))["registered"] == 3
    assert await miscounted() == []


async def test_what_is_undone_after_the_purge_frees_seat_and_bus(world: World) -> None:
    from app.care.purge import purge
    from app.seats.counts import miscounted

    event = await world.event(pickup_points=[{"name": "Osan", "seats": 4}])
    party = await world.party(event, 2, pickup_point=event["pickup_points"][0]["id"])
    gate = await world.gate(event)
    await world.scan(gate, {"nonce": "in", "code": party["tickets"][0]["code"]})
    await fetch(
        "UPDATE event SET starts_at = $2, ends_at = $3, retention_days = 0 WHERE slug = $1 RETURNING id",
        event["slug"],
        datetime.now(UTC) - timedelta(hours=9),
        datetime.now(UTC) - timedelta(hours=1),
    )
    assert await purge(world.app.state.keyring) == 1
    await world.scan(gate, {"undo": "in"})
    left = await fetch("SELECT seats_taken FROM pickup_point UNION ALL SELECT seats_taken FROM event")
    assert [row["seats_taken"] for row in left] == [0, 0]
    assert await miscounted() == []


async def test_an_overridden_group_is_counted_whole_and_undone_whole(world: World) -> None:
    event, other = await world.event(), await world.event()
    party = await world.party(other, 4)
    gate = await world.gate(event)
    foreign = {
        "nonce": "group",
        "code": party["tickets"][0]["code"],
        "numbers": [1, 2, 3, 4],
        "override": "came with us",
    }
    (result,) = await world.scan(gate, foreign)
    assert [each["outcome"] for each in result["numbers"]] == ["admitted"] * 4
    assert (await stats(world, event))["walk_ins"] == 4
    await world.scan(gate, {"undo": "group"})
    assert (await stats(world, event))["walk_ins"] == 0
