"""How Piccolo finds the tables and their migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="models",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(
        [
            f"models.{name}"
            for name in (
                "directory",
                "accounts",
                "events",
                "registrations",
                "tickets",
                "gate",
                "messages",
                "webhooks",
                "audit",
                "guards",
                "festivals",
                "claims",
            )
        ],
        exclude_imported=True,
    ),
)
