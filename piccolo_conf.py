"""Where Piccolo (and its command line) finds the engine and the tables."""

import os

from piccolo.conf.apps import AppRegistry

from app.database.engines import engine_for
from app.settings import read

DB = engine_for(read(os.environ))
APP_REGISTRY = AppRegistry(apps=["models.piccolo_app"])
