"""Behind PgBouncer in transaction mode, a real one: migrations, bookings at once, the gate, erasing and its sweep."""

import asyncio
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from app.database.connection import current, fetch, opened
from app.database.data_keys import sweep
from app.database.engines import engine_for
from app.database.migrations import migrate
from app.settings import Settings
from tests.served import free_port
from tests.world import World, settings_for

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed")]


@pytest.fixture
def bouncer(cluster: str, postgres_other: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an empty database that is reached through PgBouncer."""
    parts = urlsplit(postgres_other)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    port, name = free_port(), parts.path.strip("/")
    (tmp_path / "pgbouncer.ini").write_text(f"""
[databases]
{name} = host={host} {f"port={parts.port}" if parts.port else ""} dbname={name} user={parts.username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
ignore_startup_parameters = extra_float_digits
""")
    assert PGBOUNCER is not None
    owner = pwd.getpwuid(Path(host).stat().st_uid).pw_name  # root may not run it, and others may not reach the socket
    words = [PGBOUNCER, *(["-u", owner] if os.getuid() == 0 else []), str(tmp_path / "pgbouncer.ini")]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    url = f"postgresql://{parts.username}@127.0.0.1:{port}/{name}"
    try:
        until = time.monotonic() + 15
        while True:
            try:
                asyncio.run(_ask(url))
                break
            except (OSError, asyncpg.PostgresError):
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < until
                time.sleep(0.1)
        yield settings_for(tmp_path, f"{url}?statement_cache_size=0")
    finally:
        process.terminate()
        process.wait()


async def _ask(url: str) -> None:
    connection = await asyncpg.connect(url, statement_cache_size=0)
    await connection.close()


async def test_everything_goes_through_a_pooler(bouncer: Settings) -> None:
    async with opened(engine_for(bouncer)):
        assert len(await migrate()) > 20
        assert await migrate() == []

    async def as_it_is() -> None:
        """The database is fresh."""

    async with World.begin(bouncer, as_it_is) as world:
        event = await world.event(capacity=20)
        answers = await asyncio.gather(*(world.party(event, 2) for _ in range(10)))
        assert (await fetch("SELECT seats_taken FROM event"))[0]["seats_taken"] == 20
        async with world.stranger as stranger:
            full = await stranger.post(
                f"/api/v1/events/{event['slug']}/registrations", json={"name": "Sok", "party": 1}
            )
            assert full.json()["code"] == "event_full"
            erased = await stranger.post(f"/api/v1/registrations/{answers[0]['key']}/erase")
            assert erased.status_code == 200
        device = await world.gate(event)
        (seen,) = await world.scan(device, {"code": answers[1]["tickets"][0]["code"]})
        assert seen["outcome"] == "admitted"
        for _ in range(20):
            if await sweep():
                break
            await asyncio.sleep(0.1)
        assert await fetch("SELECT subject FROM data_key WHERE NOT swept") == []
        assert (await fetch("SHOW lock_timeout"))[0]["lock_timeout"] == "0"  # nothing of ours is left to others
        assert current().engine_type == "postgres"
