"""Long work on many rows in small slices, so that nobody else on the event loop waits for it."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

Row = TypeVar("Row")
Made = TypeVar("Made")

SLICE = 0.004  # seconds until others have their turn


async def in_slices(rows: Iterable[Row], make: Callable[[Row], Made]) -> list[Made]:
    """`make` of every row, in order; a thread would hold the interpreter's lock just as long, and in larger pieces."""
    made: list[Made] = []
    until = time.perf_counter() + SLICE
    for row in rows:
        made.append(make(row))
        if time.perf_counter() >= until:
            await asyncio.sleep(0)
            until = time.perf_counter() + SLICE
    return made
