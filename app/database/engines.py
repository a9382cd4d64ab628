"""From settings to an engine."""

from app.database.lanes import LaneEngine
from app.database.pool import PoolEngine
from app.settings import Settings


def engine_for(settings: Settings) -> LaneEngine | PoolEngine:
    """The engine for BON_DATABASE_URL, not yet opened."""
    path = settings.sqlite_path
    return PoolEngine(settings.database_url) if path is None else LaneEngine(path)
