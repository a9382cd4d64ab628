"""The fields of an event: each can be changed alone, all others stand, and the form brings back what it shows."""

from typing import Any
from uuid import UUID

import pytest

from app.accounts.actions import add_posting
from app.activity.record import OPERATOR
from app.events.queries import event_by_id
from app.events.shapes import EventFields, as_raw
from app.events.typed import as_typed
from app.validation.forms import fields_of
from tests.world import World

# every field with a value that is not its default, and another one
EVERYTHING: dict[str, tuple[Any, Any]] = {
    "host_country": ("KR", "JP"),
    "campaign": ("New Year 2090", "Other"),
    "festival": ("khmer_new_year", "other"),
    "title": ({"km": "បុណ្យ", "en": "Feast"}, {"km": "បុណ្យ", "en": "Another feast"}),
    "description": ({"en": "one\ntwo"}, {"en": "three"}),
    "venue": ({"km": "សួន", "en": "Park"}, "Hall"),
    "address": ("Suwon 1", {"en": "Suwon 2"}),
    "latitude": (37.5, 37.25),
    "longitude": (127.5, 127.25),
    "time_zone": ("Asia/Seoul", "Asia/Tokyo"),
    "starts_at": ("2090-04-11T09:00:00+09:00", "2090-04-11T08:30:00+09:00"),
    "ends_at": ("2090-04-12T17:00:00+09:00", "2090-04-12T18:00:00+09:00"),
    "all_day": (False, None),  # needs midnights: see below
    "capacity": (100, 120),
    "party_limit": (5, 6),
    "entry_rule": ("daily", "free"),
    "registration_opens_at": ("2090-01-01T08:00:00+09:00", "2090-01-02T08:00:00+09:00"),
    "registration_closes_at": ("2090-04-10T08:00:00+09:00", "2090-04-09T08:00:00+09:00"),
    "registration_paused": (True, False),
    "notice": ({"en": "bring water"}, {"en": "bring tea"}),
    "programme": (
        [{"at": "09:00", "what": {"en": "Monks"}, "day": 1}],
        [{"at": "10:00", "what": {"en": "Games"}, "day": 2}],
    ),
    "travel": ({"en": "by train"}, {"en": "by bus"}),
    "bring": ({"en": "a hat"}, {"en": "an umbrella"}),
    "facilities": (["toilets", "parking"], ["halal"]),
    "held_after_hours": (12, 13),
    "held_after_passes": (3, 4),
    "held_for_hours": (24, 12),
    "rush_share": (30, 0),
    "known_networks": (["203.0.113.0/24", "198.51.100.7/32"], ["2001:db8::/64"]),
    "entry_opens_at": ("2090-04-11T07:00:00+09:00", "2090-04-11T07:30:00+09:00"),
    "entry_closes_at": ("2090-04-12T16:00:00+09:00", "2090-04-12T16:30:00+09:00"),
    "day_turns": ("05:00", "03:00"),
    "admit_waiting": (True, False),
    "gate_search": (True, False),
    "retention_days": (10, 3),
}
BUS = {"name": "Osan", "place": "Station", "departs_at": "2090-04-11T07:30:00+09:00", "seats": 45}
NAMES = [field.name or attribute for attribute, field in fields_of(EventFields).items()]


async def whole(world: World, *buses: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, (value, _) in EVERYTHING.items()}
    return await world.event(**values, pickup_points=list(buses))


def test_the_table_names_every_field() -> None:
    assert list(EVERYTHING) == NAMES


def shown(event: dict[str, Any]) -> dict[str, Any]:
    points = [{name: value for name, value in each.items() if name != "seats_left"} for each in event["pickup_points"]]
    return {name: event[name] for name in NAMES} | {"pickup_points": points}


@pytest.mark.parametrize("name", [name for name, (_, other) in EVERYTHING.items() if other is not None])
async def test_a_change_of_one_field_leaves_all_others(world: World, name: str) -> None:
    before = shown(await whole(world, BUS))
    for field, (value, _) in EVERYTHING.items():
        assert before[field] == value, field
    other = EVERYTHING[name][1]
    if name == "host_country":
        await add_posting("korea@bon.example", "JP", OPERATOR)
    async with world.api("korea") as client:
        answer = await client.patch("/api/v1/events/feast", json={name: other, "move_along": False})
        assert answer.status_code == 200, answer.text
        after = shown((await client.get("/api/v1/events/feast")).json())
    assert after[name] == other
    moved = {key for key in after if after[key] != before[key]}
    assert moved == {name}


async def test_a_whole_day_event_keeps_its_other_fields(world: World) -> None:
    before = shown(await whole(world))
    days = {"all_day": True, "starts_at": "2090-04-11T00:00", "ends_at": "2090-04-13T00:00"}
    async with world.api("korea") as client:
        answer = await client.patch("/api/v1/events/feast", json=days)
        assert answer.status_code == 200, answer.text
        after = shown((await client.get("/api/v1/events/feast")).json())
    assert {key for key in after if after[key] != before[key]} == set(days)


async def test_the_form_as_it_comes_changes_nothing(world: World) -> None:
    event = await whole(world, BUS)
    present = await event_by_id(UUID(event["id"]))
    async with world.desk("korea") as desk:
        page = (await desk.get("/desk/events/feast/edit")).text
        typed = as_typed(as_raw(present))
        lacking = [name for name in typed if f'name="{name}"' not in page]
        assert lacking == [], "the form has no line for these fields"
        answer = await desk.post("/desk/events/feast/edit", data=typed)
        assert answer.status_code == 303, answer.text
    after = await event_by_id(present.id)
    assert as_raw(after) == as_raw(present)
    assert after.content_revision == present.content_revision


async def test_private_fields_are_for_staff_alone(world: World) -> None:
    event = await whole(world)
    private = {field.name or name for name, field in fields_of(EventFields).items() if not field.public}
    assert private == {
        "held_after_hours",
        "held_after_passes",
        "held_for_hours",
        "rush_share",
        "known_networks",
        "day_turns",
        "admit_waiting",
        "gate_search",
    }
    async with world.stranger as client:
        seen = (await client.get(f"/api/v1/events/{event['slug']}")).json()
    assert private.isdisjoint(seen)
    assert {"registered", "waiting", "revision"}.isdisjoint(seen)


async def test_names_may_go_sooner_and_never_later_than_was_said(world: World) -> None:
    event = await world.event()
    assert event["retention_days"] == 14
    path, form = f"/api/v1/events/{event['slug']}", f"/desk/events/{event['slug']}/edit"
    async with world.api("korea") as staff:
        assert (await staff.patch(path, json={"retention_days": 3})).json()["retention_days"] == 3
        refused = await staff.patch(path, json={"retention_days": 14})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "retention_days")
        assert "3 days" in refused.json()["errors"][0]["detail"]
        copied = await staff.post(f"{path}/copy", json={"starts_at": "2091-04-11T09:00"})
        assert copied.json()["retention_days"] == 3
        of_a_draft = f"/api/v1/events/{copied.json()['slug']}"
        assert (await staff.patch(of_a_draft, json={"retention_days": 14})).status_code == 200
        assert (await staff.patch(of_a_draft, json={"retention_days": 15})).status_code == 422
        assert (await staff.patch(of_a_draft, json={"retention_days": None})).json()["retention_days"] == 14
    async with world.stranger as worker:
        assert "3 days after" in (await worker.get(f"/en/events/{event['slug']}/register")).text
    async with world.desk("korea") as desk:
        kept = as_typed(as_raw(await event_by_id(UUID(event["id"]))))
        answer = await desk.post(f"{form}?lang=en", data=kept | {"retention_days": "30"})
        assert "Names are kept for 3 days at most" in answer.text
        assert 'value="30"' in answer.text  # nothing typed is lost
