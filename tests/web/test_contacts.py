"""Contacts at the desk and wherever workers see them: page, ticket, calendar, card."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from icalendar import Calendar

from app.database.connection import fetch
from tests.world import World

FORM = {
    "host_country": "KR",
    "kind": "phone",
    "value": "02-123-4567",
    "label.km": "អនុព័ន្ធការងារ",
    "label.en": "Labour attaché Seoul",
    "opening.0.days": "every",
    "opening.0.opens": "00:00",
    "opening.0.closes": "24:00",
    "position": "1",
}


async def add(world: World, by: str = "korea", **changes: str) -> Any:
    async with world.desk(by) as client:
        return await client.post("/desk/contacts/new?lang=en", data={**FORM, **changes})


def only(calendar: bytes) -> Any:
    """The one event of a calendar."""
    (event,) = Calendar.from_ical(calendar).events
    return event


async def row_of(value: str) -> dict[str, Any]:
    (row,) = await fetch("SELECT * FROM contact WHERE value = $1", value)
    return row


async def test_a_contact_is_wherever_workers_look(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    async with world.stranger as client:
        before = (await client.get("/calendars/en/khmer-festivals-korea.ics")).content
        assert (await add(world)).status_code == 303
        code = party["tickets"][0]["code"]
        for path in (
            "/en/korea/",
            "/en/korea/contacts",
            f"/en/events/{event['slug']}",
            f"/en/r/{party['key']}",
            f"/T/{code}",
        ):
            text = (await client.get(path)).text
            assert 'href="tel:+8221234567"' in text, path
            assert "Labour attaché Seoul" in text
            assert "Open now" in text
            assert 'href="tel:1297"' in text
        # the country's own stands first; the ministry's short number is one of Cambodia; Japan does not show Seoul's
        assert text.index("tel:+8221234567") < text.index("tel:1297") < text.index("A number in Cambodia")
        assert "8221234567" not in (await client.get("/en/japan/")).text
        after = (await client.get("/calendars/en/khmer-festivals-korea.ics")).content
    old, new = only(before), only(after)
    assert "Labour attaché Seoul +82 2-123-4567" in new["description"]
    assert new["uid"] == old["uid"]
    assert new["last-modified"].dt > old["last-modified"].dt
    assert new["sequence"] == old["sequence"]


async def test_khmer_comes_with_khmer_hours(world: World) -> None:
    await add(world, **{"opening.0.days": "working", "opening.0.opens": "០៩:០០", "opening.0.closes": "១៧:០០"})
    async with world.stranger as client:
        text = (await client.get("/km/korea/contacts")).text.replace("<wbr>", "")
    assert "09:00–17:00" in text
    assert "អនុព័ន្ធការងារ" in text
    assert "ឥឡូវបើក" in text or "ឥឡូវបិទ" in text


async def test_the_card_and_its_square(world: World) -> None:
    await add(world)
    async with world.stranger as client:
        card = await client.get("/km/korea/contacts.vcf")
        assert card.headers["content-type"].startswith("text/vcard")
        assert "TEL;VALUE=uri;TYPE=voice:tel:+8221234567" in card.text
        assert "set-cookie" not in card.headers


async def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(world: World) -> None:
    answer = await add(world, value="nothing to call", **{"opening.0.closes": "99"})
    assert answer.status_code == 422
    assert "This is no phone number" in answer.text
    assert "Please give a time of day" in answer.text
    assert 'value="nothing to call"' in answer.text
    assert 'value="Labour attaché Seoul"' in answer.text
    assert await fetch("SELECT id FROM contact WHERE host_country = 'KR'") == []


async def test_a_double_tap_adds_one(world: World) -> None:
    async with world.desk("korea") as client:
        form = (await client.get("/desk/contacts/new")).text
        found = re.search(r'name="nonce" value="([^"]+)"', form)
        assert found
        for _ in range(2):
            answer = await client.post("/desk/contacts/new", data={**FORM, "nonce": found[1]})
            assert answer.status_code == 303
    assert len(await fetch("SELECT id FROM contact WHERE host_country = 'KR'")) == 1


async def test_the_audit_keeps_what_a_contact_was(world: World) -> None:
    await add(world)
    row = await row_of("+82 2-123-4567")
    async with world.desk("korea") as client:
        assert (await client.post(f"/desk/contacts/{row['id']}", data={**FORM, "value": "1350"})).status_code == 303
        assert (await client.post(f"/desk/contacts/{row['id']}/remove")).status_code == 303
        assert (await client.post(f"/desk/contacts/{row['id']}/remove")).status_code == 404
    entries = await fetch("SELECT action, facts FROM audit_entry WHERE subject_kind = 'contact' ORDER BY at")
    assert [entry["action"] for entry in entries] == ["contact_added", "contact_edited", "contact_removed"]
    assert "+82 2-123-4567" in str(entries[1]["facts"])
    assert "1350" in str(entries[2]["facts"])
    async with world.stranger as client:
        assert "1350" not in (await client.get("/en/korea/contacts")).text


async def test_other_countries_contacts_do_not_exist(world: World) -> None:
    await add(world)
    row = await row_of("+82 2-123-4567")
    async with world.desk("japan") as client:
        assert (await client.get(f"/desk/contacts/{row['id']}")).status_code == 404
        assert (await client.post(f"/desk/contacts/{row['id']}", data=FORM)).status_code == 404
        assert (await client.post(f"/desk/contacts/{row['id']}/remove")).status_code == 404
        assert "8221234567" not in (await client.get("/desk/contacts")).text.replace("-", "").replace(" ", "")
        taken_over = await client.post("/desk/contacts/new", data=FORM)
        assert taken_over.status_code == 422
    hotline = await row_of("1297")
    async with world.desk("korea") as client:  # nor is the ministry's an attaché's to change
        assert (await client.get(f"/desk/contacts/{hotline['id']}")).status_code == 404
        moved = await client.post(f"/desk/contacts/{row['id']}", data={**FORM, "host_country": "JP"})
        assert moved.status_code == 422
    assert str((await row_of("+82 2-123-4567"))["host_country"]) == "KR"


async def test_hq_sees_what_nobody_tried_for_long(world: World) -> None:
    await add(world)
    row = await row_of("+82 2-123-4567")
    old = date.today() - timedelta(days=100)  # noqa: DTZ011 - a day more or less does not matter
    await fetch("UPDATE contact SET checked_on = $2 WHERE id = $1 RETURNING id", UUID(str(row["id"])), old)
    async with world.desk("hq") as client:
        assert (await client.post(f"/desk/contacts/{row['id']}/checked")).status_code == 404  # not the ministry's
        await world.posted("hq", "KR")
        text = (await client.get("/desk/contacts?lang=en")).text
        assert text.count("Please try it") == 2  # this one, and the hotline that was never tried
        assert (await client.post(f"/desk/contacts/{row['id']}/checked")).status_code == 303
        assert (await client.get("/desk/contacts?lang=en")).text.count("Please try it") == 1
        text = (await client.get(f"/desk/contacts/{row['id']}")).text
        assert 'value="+82 2-123-4567"' in text
        assert '<option value="every" selected>' in text


async def test_looking_for_help_leaves_nothing(world: World) -> None:
    tables = ("audit_entry", "throttle", "session")
    async with world.stranger as client:
        before = [(await fetch(f"SELECT count(*) AS rows FROM {table}"))[0]["rows"] for table in tables]
        for path in ("/km/help", "/km/korea/contacts", "/km/korea/contacts.vcf", "/km/privacy", "/km/how"):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
        assert [(await fetch(f"SELECT count(*) AS rows FROM {table}"))[0]["rows"] for table in tables] == before
