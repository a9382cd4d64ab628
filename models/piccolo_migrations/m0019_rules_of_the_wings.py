"""What is unique, what is asked for often and what must hold of the tables that messages, the desk and integrators get.

Words of campaigns become rows, one a host country and word. SQLite's new keys do not restrict, so triggers do (m0013).
"""

from uuid import uuid4

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from models.events import Campaign, Event

ID = "2026-11-25T09:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of the wings"

INDEXES = (
    "CREATE UNIQUE INDEX announcement_open ON announcement (event, kind) WHERE told_at IS NULL",
    "CREATE INDEX announcement_due ON announcement (not_before) WHERE told_at IS NULL",
    "CREATE INDEX delivery_due ON delivery (not_before) WHERE delivered_at IS NULL",
    "CREATE INDEX delivery_webhook ON delivery (webhook)",
    "CREATE UNIQUE INDEX campaign_of_country ON campaign (host_country, slug) WHERE host_country IS NOT NULL",
    "CREATE UNIQUE INDEX campaign_of_all ON campaign (slug) WHERE host_country IS NULL",
    "CREATE INDEX event_belongs_to ON event (belongs_to)",
    "CREATE UNIQUE INDEX place_left_event_host_country ON place_left (event, host_country)",
    "CREATE UNIQUE INDEX second_factor_account ON second_factor (account)",
    "CREATE INDEX passkey_account ON passkey (account)",
    "CREATE INDEX recovery_code_account ON recovery_code (account)",
    "CREATE INDEX one_time_link_account ON one_time_link (account)",
)
# two equal addresses of a party on one channel are one
DOUBLES = """
DELETE FROM reach WHERE EXISTS (
  SELECT 1 FROM reach AS other WHERE other.registration = reach.registration AND other.channel = reach.channel
    AND other.address_hash = reach.address_hash AND other.id < reach.id)
"""
REACH = "CREATE UNIQUE INDEX reach_registration_channel_hash ON reach (registration, channel, address_hash)"

# the last that is known of an installation that was there before: its clock may jump at the upgrade
BEAT = """
INSERT INTO heartbeat (name, at, waits) SELECT 'running', last, 0 FROM (SELECT max(at) AS last FROM audit_entry) AS told
WHERE last IS NOT NULL
"""

# name: table, rule
CHECKS = {
    "invitation_people_limit": ("invitation", "{row}people_limit IS NULL OR {row}people_limit >= 1"),
    "delivery_attempts": ("delivery", "{row}attempts >= 0"),
    "one_time_link_times": ("one_time_link", "{row}expires_at > {row}created_at"),
}
KEYS = (
    ("announcement", "event", "event", "id"),
    ("campaign", "host_country", "host_country", "code"),
    ("event", "belongs_to", "campaign", "id"),
    ("place_left", "event", "event", "id"),
    ("place_left", "host_country", "host_country", "code"),
    ("second_factor", "account", "account", "id"),
    ("passkey", "account", "account", "id"),
    ("recovery_code", "account", "account", "id"),
    ("one_time_link", "account", "account", "id"),
    ("webhook", "made_by", "account", "id"),
    ("webhook", "host_country", "host_country", "code"),
    ("delivery", "webhook", "webhook", "id"),
)


def statements(engine_type: str) -> list[str]:
    """The SQL of this migration for "sqlite" or "postgres"."""
    sql = [*INDEXES, DOUBLES, REACH, BEAT]
    if engine_type == "postgres":
        return sql + [
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule.format(row='')})"
            for name, (table, rule) in CHECKS.items()
        ]
    sql += [
        f"CREATE TRIGGER {name}_{moment.lower()} BEFORE {moment} ON {table} WHEN NOT ({rule.format(row='NEW.')})"
        f" BEGIN SELECT RAISE(ABORT, 'CHECK {name}'); END"
        for name, (table, rule) in CHECKS.items()
        for moment in ("INSERT", "UPDATE")
    ]
    return sql + [
        f"CREATE TRIGGER {table}_{column}_restricts BEFORE DELETE ON {parent}"
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} = OLD.{key})"
        f" BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY {table}_{column}_restricts'); END"
        for table, column, parent, key in KEYS
    ]


async def campaigns() -> None:
    """A row for each word that events of a host country share."""
    words = await Event.raw("SELECT DISTINCT host_country, campaign FROM event WHERE campaign <> ''")
    for word in words:
        row = uuid4()
        await Campaign.raw(
            "INSERT INTO campaign (id, host_country, slug, names) VALUES ({}, {}, {}, {})",
            row,
            word["host_country"],
            word["campaign"],
            "{}",
        )
        await Event.raw(
            "UPDATE event SET belongs_to = {} WHERE host_country = {} AND campaign = {}",
            row,
            word["host_country"],
            word["campaign"],
        )


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        for sql in statements(engine.engine_type if engine else ""):
            await Event.raw(sql)
        await campaigns()

    manager.add_raw(run)
    return manager
