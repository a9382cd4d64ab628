"""Where Piccolo (and its command line) finds the engine and the tables."""

import os
from typing import Any

from app.database.engines import engine_for
from app.settings import read

DB = engine_for(read(os.environ))


def __getattr__(name: str) -> Any:
    """The registry only when Piccolo's commands ask for it: it brings a formatter of code along."""
    if name != "APP_REGISTRY":
        raise AttributeError(name)
    from piccolo.conf.apps import AppRegistry

    return AppRegistry(apps=["models.piccolo_app"])
