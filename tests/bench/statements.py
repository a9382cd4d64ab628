"""What Piccolo's builder costs beside the same statement as text: `python -m tests.bench.statements`."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.database.connection import fetch, opened
from app.database.engines import engine_for
from app.database.migrations import migrate
from models.directory import HostCountry
from tests.world import settings_for

COUNT = 3_000


async def run() -> None:
    """Print a table: CPU of the whole process for each statement, in turns of a hundred."""

    async def select_text(code: str) -> None:
        await fetch("SELECT code, slug, time_zone FROM host_country WHERE code = $1", code)

    async def select_built(code: str) -> None:
        await HostCountry.select(HostCountry.code, HostCountry.slug, HostCountry.time_zone).where(
            HostCountry.code == code
        )

    async def update_text(code: str) -> None:
        await fetch("UPDATE host_country SET position = position + 1 WHERE code = $1 RETURNING code", code)

    async def update_built(code: str) -> None:
        await (
            HostCountry.update({HostCountry.position: HostCountry.position + 1})
            .where(HostCountry.code == code)
            .returning(HostCountry.code)
        )

    ways: dict[str, Callable[[str], Awaitable[None]]] = {
        "select, text": select_text,
        "select, builder": select_built,
        "update, text": update_text,
        "update, builder": update_built,
    }
    spent = dict.fromkeys(ways, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        async with opened(engine_for(settings_for(Path(folder)))):
            await migrate()
            for _ in range(COUNT // 100):
                for name, ask in ways.items():
                    began = time.process_time()
                    for _ in range(100):
                        await ask("KR")
                    spent[name] += time.process_time() - began
    for name, seconds in spent.items():
        print(f"| {name:16} | {seconds / COUNT * 1e6:6.0f} µs |")


if __name__ == "__main__":
    asyncio.run(run())
