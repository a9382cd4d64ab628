"""A database that is ready for use, for the command line."""

import contextlib
from collections.abc import AsyncIterator

from app.database.connection import opened
from app.database.engines import engine_for
from app.database.migrations import migrate
from app.settings import Settings


@contextlib.asynccontextmanager
async def ready(settings: Settings) -> AsyncIterator[None]:
    """The database of these settings, opened and up to date."""
    async with opened(engine_for(settings)):
        await migrate()
        yield
