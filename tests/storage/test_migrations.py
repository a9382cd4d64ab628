"""Migrations: both databases end with the same tables, models have no change left, checks hold, the seed is there."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.conf.apps import Finder

from app.database.connection import current, fetch, insert, tables
from app.database.migrations import known_migrations, migrate, pending
from app.settings import Settings
from models.events import Event, PickupPoint

ROOT = Path(__file__).parent.parent.parent
LANDED = Path(__file__).parent / "migrations.txt"


def landed() -> str:
    """A line for each migration: its name and a digest of what it says, however it is laid out."""
    found = sorted((ROOT / "models" / "piccolo_migrations").glob("m*.py"))
    texts = {path.stem: "".join(path.read_text().split()).replace(",)", ")") for path in found}
    return "".join(f"{name} {sha256(text.encode()).hexdigest()[:16]}\n" for name, text in texts.items())


async def columns() -> dict[str, set[str]]:
    found = {}
    for table in tables():
        name = table._meta.tablename
        if current().engine_type == "sqlite":
            rows = await fetch(f"PRAGMA table_info({name})")
        else:
            rows = await fetch("SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1", name)
        found[name] = {row["name"] for row in rows}
    return found


async def test_a_fresh_database_has_every_table_and_column(database: Settings) -> None:
    assert await pending() == []
    assert await migrate() == []
    assert await columns() == {
        table._meta.tablename: {column._meta.db_column_name for column in table._meta.columns} for table in tables()
    }


async def test_indexes_and_checks_are_the_same_on_both(database: Settings) -> None:
    from models.piccolo_migrations.m0002_indexes_and_checks import CHECKS, INDEXES, UNIQUE

    if current().engine_type == "sqlite":
        indexes = {row["name"] for row in await fetch("SELECT name FROM sqlite_master WHERE type = 'index'")}
        checks = {row["name"] for row in await fetch("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        assert {f"{name}_{moment}" for name in CHECKS for moment in ("insert", "update")} <= checks
    else:
        indexes = {row["name"] for row in await fetch("SELECT indexname AS name FROM pg_indexes")}
        checks = {row["name"] for row in await fetch("SELECT conname AS name FROM pg_constraint WHERE contype = 'c'")}
        assert set(CHECKS) <= checks
    wanted = {
        f"{table}_{'_'.join(keys)}" for group in (UNIQUE, INDEXES) for table, rows in group.items() for keys in rows
    }
    assert wanted <= indexes


def test_the_models_have_no_change_left(tmp_path: Path) -> None:
    env = {**os.environ, "BON_DATA_DIR": str(tmp_path), "BON_SECRET": "x" * 40}
    folder = ROOT / "models" / "piccolo_migrations"
    before = set(folder.glob("*.py"))
    answer = subprocess.run(
        [sys.executable, "-m", "piccolo.main", "migrations", "new", "models", "--auto", "--auto_input=n"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    made = set(folder.glob("*.py")) - before
    for path in made:
        path.unlink()
    assert not made, answer.stdout
    assert "No changes detected" in answer.stdout, answer.stdout + answer.stderr


def test_piccolos_own_command_line_migrates(tmp_path: Path) -> None:
    env = {**os.environ, "BON_DATA_DIR": str(tmp_path), "BON_SECRET": "x" * 40}
    command = [sys.executable, "-m", "piccolo.main", "migrations"]
    done = subprocess.run(
        [*command, "forwards", "models"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    listed = subprocess.run([*command, "check"], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert listed.stdout.count("True") == 35, listed.stdout


def test_a_migration_that_landed_is_not_changed() -> None:
    """Whoever ran it never runs it again: a mistake is mended by another migration, with a line of its own here."""
    assert landed() == LANDED.read_text(), "run: python -m tests.storage.test_migrations"


async def test_where_the_first_messages_ran_two_parties_of_one_address_are_told(database: Settings) -> None:
    from models.piccolo_migrations.m0030_message_indexes import STATEMENTS

    for sql in (
        "DROP INDEX message_announcement_reach",
        "DROP INDEX message_announcement_target",
        "DROP INDEX message_counted",
        "CREATE UNIQUE INDEX message_announcement_target ON message (announcement, target)",
        *STATEMENTS,
    ):
        await fetch(sql)
    assert await unique_keys("message") >= {("announcement", "reach")}
    assert ("announcement", "target") not in await unique_keys("message")


async def unique_keys(table: str) -> set[tuple[str, ...]]:
    if current().engine_type == "sqlite":
        sql = f"SELECT sql AS made FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}' AND sql IS NOT NULL"
    else:
        sql = f"SELECT indexdef AS made FROM pg_indexes WHERE tablename = '{table}'"
    made = [row["made"] for row in await fetch(sql) if "UNIQUE" in row["made"]]
    return {tuple(each.rpartition("(")[2].rstrip(")").split(", ")) for each in made}


async def test_the_ten_host_countries_and_the_hotline_are_seeded(database: Settings) -> None:
    codes = {row["code"] for row in await fetch("SELECT code FROM host_country")}
    assert codes == {"TH", "KR", "JP", "MY", "SG", "HK", "TW", "SA", "KW", "AE"}
    (hotline,) = await fetch("SELECT value, label FROM contact WHERE kind = 'hotline'")
    assert hotline["value"] == "1297"
    assert "to be confirmed" in hotline["label"]


def event_row(**changes: Any) -> dict[str, Any]:
    moment = datetime(2027, 4, 11, tzinfo=UTC)
    wall = moment.replace(tzinfo=None)
    return {
        "id": uuid4(),
        "number": 1,
        "slug": "x",
        "host_country": "KR",
        "festival": "other",
        "title": "{}",
        "description": "{}",
        "venue": '""',
        "address": '""',
        "starts_local": wall,
        "ends_local": wall + timedelta(hours=1),
        "time_zone": "Asia/Seoul",
        "starts_at": moment,
        "ends_at": moment + timedelta(hours=1),
        "notice": "{}",
        "created_at": moment,
        "modified_at": moment,
        **changes,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"capacity": 1, "seats_taken": 2},
        {"seats_taken": -1},
        {"seats_waiting": -1},
        {"ends_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
async def test_the_database_itself_refuses_impossible_seats(database: Settings, changes: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"(?i)check"):
        await insert(Event, event_row(**changes))


async def test_a_bus_cannot_be_overfilled(database: Settings) -> None:
    event = event_row()
    await insert(Event, event)
    point = {
        "id": uuid4(),
        "event": event["id"],
        "name": '"x"',
        "place": '"x"',
        "seats": 1,
        "seats_taken": 1,
        "position": 0,
    }
    await insert(PickupPoint, point)
    with pytest.raises(Exception, match=r"(?i)check"):
        await fetch("UPDATE pickup_point SET seats_taken = 2 WHERE id = $1", point["id"])


if __name__ == "__main__":
    LANDED.write_text(landed())


def test_what_is_known_of_migrations_is_what_piccolo_finds() -> None:
    manager = ForwardsMigrationManager(app_name="models")
    folder = manager.get_app_config(app_name="models").resolved_migrations_folder_path
    assert known_migrations() == sorted(manager.get_migration_ids(manager.get_migration_modules(folder)))
    assert set(tables()) == set(Finder().get_table_classes(include_apps=["models"]))


def test_a_process_that_serves_brings_no_tools_along() -> None:
    """A formatter of code and a maker of false names took a third of the start, and stayed in memory."""
    tools = "black", "faker", "piccolo.conf.apps"
    words = f"import sys, app.asgi; print([name for name in {tools} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
