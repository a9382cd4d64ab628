"""The audit only grows: triggers refuse to change an entry, or to remove one that is younger than two years.

One change passes, once: free text that an older release wrote in plain words is sealed, and the address of somebody who
is not of the staff goes. The index finds ended keys whose bytes are not swept yet.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from models.events import Event

ID = "2026-11-25T08:30:02:000000"
VERSION = "1.38.0"
DESCRIPTION = "append-only audit"

FIXED = ("id", "at", "actor_kind", "actor", "action", "subject_kind", "subject", "event")
YEARS = 2
TYPED = "OLD.action IN ('invited', 'moved_up_by_hand', 'moved_first_by_hand', 'attention_set')"

UNSWEPT = "CREATE INDEX data_key_unswept ON data_key (subject) WHERE NOT swept"

POSTGRES = (
    f"""
CREATE FUNCTION audit_entry_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.at > now() - INTERVAL '{YEARS} years' THEN RAISE EXCEPTION 'CHECK audit_entry_is_fixed'; END IF;
    RETURN OLD;
  END IF;
  IF {" OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FIXED)}
    OR NOT (NEW.address = OLD.address OR (NEW.address = '' AND OLD.actor_kind <> 'staff'))
    OR NOT (NEW.sealed_words = OLD.sealed_words AND NEW.facts::text = OLD.facts::text
      OR ({TYPED} AND OLD.sealed_words = '' AND NEW.sealed_words <> ''))
  THEN RAISE EXCEPTION 'CHECK audit_entry_is_fixed'; END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER audit_entry_is_fixed BEFORE UPDATE OR DELETE ON audit_entry"
    " FOR EACH ROW EXECUTE FUNCTION audit_entry_is_fixed()",
    """
CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'CHECK audit_entry_is_fixed';
END $$
""",
    "CREATE TRIGGER audit_entry_stays BEFORE TRUNCATE ON audit_entry EXECUTE FUNCTION audit_entry_stays()",
)
SQLITE = (
    f"""
CREATE TRIGGER audit_entry_is_fixed BEFORE UPDATE ON audit_entry
WHEN {" OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in FIXED)}
  OR NOT (NEW.address = OLD.address OR (NEW.address = '' AND OLD.actor_kind <> 'staff'))
  OR NOT (NEW.sealed_words = OLD.sealed_words AND NEW.facts = OLD.facts
    OR ({TYPED} AND OLD.sealed_words = '' AND NEW.sealed_words <> ''))
BEGIN SELECT RAISE(ABORT, 'CHECK audit_entry_is_fixed'); END
""",
    f"""
CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
WHEN julianday(OLD.at) > julianday('now', '-{YEARS} years')
BEGIN SELECT RAISE(ABORT, 'CHECK audit_entry_is_fixed'); END
""",
    """
CREATE TRIGGER audit_entry_is_new BEFORE INSERT ON audit_entry
WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'CHECK audit_entry_is_fixed'); END
""",
)


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        postgres = engine is not None and engine.engine_type == "postgres"
        for sql in (UNSWEPT, *(POSTGRES if postgres else SQLITE)):
            await Event.raw(sql)

    manager.add_raw(run)
    return manager
