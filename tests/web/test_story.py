"""The main job through the API: schedule, register, admit, subscribe."""

from tests.world import World, soon


async def test_a_festival_from_draft_to_gate_and_calendar(world: World) -> None:
    event = await world.event()
    assert event["state"] == "published"
    assert event["sequence"] == 0
    assert event["seats_left"] == 100

    party = await world.party(event, 5, children=2)
    assert party["state"] == "confirmed"
    assert [ticket["number"] for ticket in party["tickets"]] == [1, 2, 3, 4, 5]
    assert len(party["tickets"][0]["code"]) == 125

    device = await world.gate(event)
    first, again = await world.scan(device, {"code": party["tickets"][0]["url"]}, {"code": party["tickets"][0]["code"]})
    assert (first["outcome"], again["outcome"]) == ("admitted", "already_admitted")
    assert again["first"]["device"] == "North gate"
    (rest,) = await world.scan(device, {"code": party["tickets"][1]["code"], "numbers": [2, 3, 4, 5]})
    assert rest["outcome"] == "admitted"
    assert rest["party"] == {"size": 5, "admitted": 5}

    async with world.stranger as calendar:
        before = await calendar.get("/calendars/en/khmer-festivals-korea.ics")
        assert before.status_code == 200
        assert "SEQUENCE:0" in before.text
    async with world.api("korea") as client:
        moved = await client.patch(
            f"/api/v1/events/{event['slug']}", json={"starts_at": soon(hour=10), "ends_at": soon(hour=18)}
        )
        assert moved.json()["sequence"] == 1
    async with world.stranger as calendar:
        after = await calendar.get(
            "/calendars/en/khmer-festivals-korea.ics", headers={"if-none-match": before.headers["etag"]}
        )
        assert after.status_code == 200
        assert "SEQUENCE:1" in after.text
        assert "T100000" in after.text
        unchanged = await calendar.get(
            "/calendars/en/khmer-festivals-korea.ics", headers={"if-none-match": after.headers["etag"]}
        )
        assert unchanged.status_code == 304
        assert unchanged.content == b""
