"""Unique indexes (they decide who is first), look-up indexes, and checks on seats, for both databases."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from models.events import Event

ID = "2026-11-23T03:52:43:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes and checks"

UNIQUE: dict[str, list[tuple[str, ...]]] = {
    "registration": [("event", "short_code")],
    "ticket": [("registration", "number")],
    "admission": [("ticket", "day")],
    "scan": [("event", "nonce")],
    "walk_in": [("event", "nonce")],
    "gate_device": [("pairing", "number")],
}
INDEXES: dict[str, list[tuple[str, ...]]] = {
    "contact": [("host_country",)],
    "posting": [("account",)],
    "session": [("account",)],
    "api_token": [("account",)],
    "event": [("host_country", "starts_at")],
    "pickup_point": [("event",)],
    "registration": [("event", "state", "wait_position"), ("event", "revision")],
    "reach": [("registration",)],
    "idempotency": [("registration",)],
    "ticket": [("event", "revision")],
    "admission": [("event", "revision"), ("scan",)],
    "pairing": [("event",)],
    "scan": [("registration",)],
}
CHECKS = {
    "event_seats": (
        "event",
        "{row}seats_taken >= 0 AND {row}seats_waiting >= 0"
        " AND ({row}capacity IS NULL OR {row}seats_taken <= {row}capacity)",
    ),
    "event_times": ("event", "{row}ends_at > {row}starts_at"),
    "pickup_point_seats": (
        "pickup_point",
        "{row}seats_taken >= 0 AND ({row}seats IS NULL OR {row}seats_taken <= {row}seats)",
    ),
    "registration_party": (
        "registration",
        "{row}party >= 1 AND {row}children >= 0 AND {row}children <= {row}party",
    ),
    "walk_in_size": ("walk_in", "{row}size >= 1 AND {row}children >= 0 AND {row}children <= {row}size"),
}


def statements(engine_type: str) -> list[str]:
    """The SQL of this migration for "sqlite" or "postgres"."""
    sql = [
        f"CREATE {kind} {table}_{'_'.join(columns)} ON {table} ({', '.join(columns)})"
        for kind, group in (("UNIQUE INDEX", UNIQUE), ("INDEX", INDEXES))
        for table, keys in group.items()
        for columns in keys
    ]
    for name, (table, rule) in CHECKS.items():
        if engine_type == "postgres":
            sql.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule.format(row='')})")
            continue
        sql += [
            f"CREATE TRIGGER {name}_{moment.lower()} BEFORE {moment} ON {table} WHEN NOT ({rule.format(row='NEW.')})"
            f" BEGIN SELECT RAISE(ABORT, 'CHECK {name}'); END"
            for moment in ("INSERT", "UPDATE")
        ]
    return sql


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        for sql in statements(engine.engine_type if engine else ""):
            await Event.raw(sql)

    manager.add_raw(run)
    return manager
