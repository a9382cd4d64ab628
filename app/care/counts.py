"""The folder in which the processes of one `bon serve` count for `/metrics` (app/web/measures.py says how).

In the data folder, which nobody tidies up: in the machine's folder for temporary files it would be gone after days, and
every process that starts anew would fail.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "counts."


@contextmanager
def counts_folder(data_dir: Path) -> Iterator[Path]:
    """A fresh folder, removed at the end; those of a `bon serve` that was killed are removed, too."""
    data_dir.mkdir(parents=True, exist_ok=True)
    for old in data_dir.glob(f"{PREFIX}*"):
        pid = old.name.removeprefix(PREFIX)
        if not pid.isdigit() or int(pid) == os.getpid() or not _lives(int(pid)):
            shutil.rmtree(old, ignore_errors=True)
    folder = data_dir / f"{PREFIX}{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True
