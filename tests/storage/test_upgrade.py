"""From every release's schema, with data, to the present one: nothing is lost, and what people hold goes on working.

`releases/` holds a dump of each release on both databases, and what somebody held then: links, tickets, tokens.
"""

import asyncio
import base64
import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.care import resealing
from app.care.heartbeat import unsound
from app.care.resealing import reseal
from app.database.connection import fetch, opened
from app.database.engines import engine_for
from app.database.migrations import migrate, pending
from app.security.sealing import OWN
from app.settings import Settings
from models.guards import Heartbeat
from tests.storage.test_erased_bytes import Thief, every_byte, swept
from tests.world import World, settings_for

RELEASES = Path(__file__).parent / "releases"
VERSIONS = sorted(path.stem for path in RELEASES.glob("*.json"))
MIGRATIONS = Path(__file__).parent.parent.parent / "models" / "piccolo_migrations"
OF_0_1_0 = "2026-11-24T18:00:01:000000"  # the last migration of that release


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["sqlite", "postgres"])
def installed(request: pytest.FixtureRequest, tmp_path: Path, version: str) -> tuple[Settings, dict[str, Any]]:
    """An installation of that release with its data, and what people of that time hold."""
    kind = str(request.param)
    script = (RELEASES / f"{version}.{kind}.sql").read_text()
    held = json.loads((RELEASES / f"{version}.json").read_text())[kind]
    if kind == "sqlite":
        with sqlite3.connect(tmp_path / "bon.sqlite") as connection:
            connection.executescript(script)
        return settings_for(tmp_path), held
    address = request.getfixturevalue("empty_postgres")

    async def restore() -> None:
        connection = await asyncpg.connect(address)
        await connection.execute(script)
        await connection.close()

    asyncio.run(restore())
    return settings_for(tmp_path, address), held


@pytest.fixture
def empty_postgres(postgres: str, worker_id: str) -> str:
    name = f"upgrade_{worker_id}"

    async def fresh() -> None:
        connection = await asyncpg.connect(postgres)
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(fresh())
    return postgres.replace(f"/bon_{worker_id}?", f"/{name}?", 1)


async def test_what_people_hold_goes_on_working(installed: tuple[Settings, dict[str, Any]]) -> None:
    settings, held = installed
    async with opened(engine_for(settings)):
        before = {name: (await fetch(f"SELECT count(*) AS rows FROM {name}"))[0]["rows"] for name in COUNTED}
        await migrate()
        assert await pending() == []
        after = {name: (await fetch(f"SELECT count(*) AS rows FROM {name}"))[0]["rows"] for name in COUNTED}
    assert after == before
    async with World.on(settings) as world:
        async with world.stranger as worker:
            party = (await worker.get(f"/api/v1/registrations/{held['party']}")).json()
            assert (party["name"], party["party"], party["state"]) == ("Sok Dara", 3, "confirmed")
            assert [ticket["code"] for ticket in party["tickets"]] == held["tickets"]
            page = (await worker.get(f"/en/r/{held['party']}")).text
            assert "Srey Mom" in page
            assert (await worker.get(f"/api/v1/registrations/{held['waiting']}")).json()["state"] == "waiting"
            assert (await worker.get(f"/api/v1/registrations/{held['friend']}")).json()["name"] == "Friend"
            assert (await worker.get(f"/api/v1/registrations/{held['erased']}")).status_code == 410
            event = (await worker.get(f"/api/v1/events/{held['slug']}")).json()
            assert event["programme"] == [{"at": "09:00", "what": {"en": "Monks"}, "day": 1}]  # days came later
            feed = (await worker.get("/calendars/en/khmer-festivals-japan.ics")).text
            assert "STATUS:CANCELLED" in feed
        async with world.client(authorization=f"Bearer {held['token']}") as attache:
            stats = (await attache.get(f"/api/v1/events/{held['slug']}/stats")).json()
            assert (stats["registered"], stats["waiting"], stats["admitted"], stats["walk_ins"]) == (6, 2, 2, 4)
        async with world.browser(bon_session=held["session"]) as desk:
            party_page = (await desk.get(f"/desk/events/{held['slug']}/registrations/{party['id']}")).text
            assert "comes by wheelchair" in party_page
        (first,) = await world.scan({"token": held["device"]}, {"code": held["tickets"][0]})
        (second,) = await world.scan({"token": held["device"]}, {"code": held["tickets"][1]})
        assert (first["outcome"], second["outcome"]) == ("already_admitted", "admitted")


async def test_what_an_older_release_wrote_is_sealed_under_keys_of_its_own(
    installed: tuple[Settings, dict[str, Any]],
) -> None:
    settings, held = installed
    async with opened(engine_for(settings)):
        await migrate()
    async with World.on(settings) as world:
        keyring = world.app.state.keyring
        counted = "SELECT count(*) AS rows FROM audit_entry"
        entries = await fetch(counted)
        assert await reseal(keyring) > 0
        assert await reseal(keyring) == 0  # and a second time there is nothing left
        assert await fetch(counted) == entries
        for table, column in SEALED_UNDER_OWN_KEYS:
            rows = await fetch(f"SELECT {column} AS sealed FROM {table} WHERE {column} <> ''")
            assert {base64.b64decode(row["sealed"])[0] for row in rows} <= {OWN}, (table, column)
        for table, column in (("invitation", "label"), ("pairing", "label"), ("scan", "override")):
            assert await fetch(f"SELECT id FROM {table} WHERE {column} <> ''") == []
        assert await fetch("SELECT id FROM audit_entry WHERE address <> '' AND actor_kind <> 'staff'") == []
        written = str(await fetch("SELECT facts FROM audit_entry")) + str(await fetch("SELECT answer FROM scan"))
        assert [word for word in ("Leader Sokha", "North gate", "wheelchair") if word in written] == []
        async with world.stranger as worker:
            party = (await worker.get(f"/api/v1/registrations/{held['party']}")).json()
            assert (party["name"], party["party"]) == ("Sok Dara", 3)
            assert "Srey Mom" in (await worker.get(f"/en/r/{held['party']}")).text
            assert (await worker.get(f"/api/v1/registrations/{held['friend']}")).json()["name"] == "Friend"
        async with world.browser(bon_session=held["session"]) as desk:
            assert (
                "comes by wheelchair"
                in (await desk.get(f"/desk/events/{held['slug']}/registrations/{party['id']}")).text
            )
            assert "Leader Sokha" in (await desk.get(f"/desk/events/{held['slug']}/invitations")).text
            assert "North gate" in (await desk.get(f"/desk/events/{held['slug']}/gate")).text
        (again,) = await world.scan({"token": held["device"]}, {"code": held["tickets"][0]})
        assert (again["outcome"], again["first"]["device"]) == ("already_admitted", "North gate")


async def test_a_wrong_clock_at_the_upgrade_erases_nobody(installed: tuple[Settings, dict[str, Any]]) -> None:
    settings, _ = installed
    async with opened(engine_for(settings)):
        await migrate()
        await fetch("UPDATE heartbeat SET at = $1 RETURNING name", datetime.now(UTC) - timedelta(days=90))
        assert await unsound() is not None


async def test_who_is_erased_after_the_upgrade_is_gone_from_the_bytes(
    installed: tuple[Settings, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, held = installed
    async with opened(engine_for(settings)):
        await migrate()
    async with World.on(settings) as world:
        keyring, folder = world.app.state.keyring, Path(settings.data_dir)
        thief = Thief(keyring)
        await thief.look()
        assert "Sok Dara" in thief.readable(await every_byte(folder))
        await reseal(keyring)
        await thief.look()
        monkeypatch.setattr(resealing, "LATER", timedelta())
        await rewritten(folder)
        async with world.stranger as worker:
            for name in ("party", "waiting", "friend"):
                assert (await worker.post(f"/api/v1/registrations/{held[name]}/erase")).status_code == 200
        await swept()
        left = thief.readable(await every_byte(folder))
        assert {"Sok Dara", "Srey Mom", "Friend"}.isdisjoint(left), left


async def rewritten(folder: Path) -> None:
    """Write anew as the job does until nothing of old is left: without its hour, somebody may still read what was."""
    left = ["never written anew"]
    for _ in range(200):
        if await resealing.rewrite():
            raw = await every_byte(folder)
            left = [word for word in ("Leader Sokha", "North gate", "wheelchair") if word.encode() in raw]
            if not left:
                break
            await Heartbeat.insert(Heartbeat(name=resealing.MARK, at=datetime.now(UTC), waits=0))
        await asyncio.sleep(0.05)
    assert left == []


SEALED_UNDER_OWN_KEYS = (
    ("registration", "sealed_name"),
    ("registration", "sealed_note"),
    ("ticket", "sealed_name"),
    ("reach", "sealed_address"),
    ("invitation", "sealed_label"),
    ("pairing", "sealed_label"),
    ("scan", "sealed_override"),
    ("audit_entry", "sealed_words"),
)

COUNTED = ("account", "event", "registration", "ticket", "admission", "scan", "walk_in", "reach", "audit_entry")


NOTED = "manager = Noted("  # see m0012


def test_migrations_since_the_first_release_only_expand() -> None:
    """A release never removes what the one before it reads: both run side by side during an upgrade."""
    newer = [path for path in sorted(MIGRATIONS.glob("m*.py")) if _id_of(path) > OF_0_1_0]
    calls = r"\.(drop_table|drop_column|rename_table|rename_column|change_table_schema|alter_column)\("
    shrinking = re.compile(rf"{calls}|\bDROP (TABLE|COLUMN)\b|\bRENAME\b|\bALTER COLUMN\b")
    # a manager that only notes what the models say now alters nothing
    texts = {path.name: path.read_text() for path in newer}
    ran = {
        name: re.sub(r"manager\.alter_column\(", "", text) if NOTED in text else text for name, text in texts.items()
    }
    assert not {name: found.group() for name, text in ran.items() if (found := shrinking.search(text))}


def _id_of(path: Path) -> str:
    found = re.search(r'^ID = "([^"]+)"', path.read_text(), re.MULTILINE)
    assert found is not None
    return found.group(1)
