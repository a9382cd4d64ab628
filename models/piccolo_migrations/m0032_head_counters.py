"""Heads counted as rows change: at 20,000 parties each page of a busy gate counted them for 37 ms.

Triggers, because whatever changes a party, its places or its admissions must be counted, whichever release does it.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from models.events import HeadCount

ID = "2026-11-29T17:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "head counters"

# (what, key, number, condition): what a registration counts as, {row} being NEW or OLD
REGISTRATION = (
    ("parties", "{row}.state", "1", "{row}.state <> 'erased'"),
    ("bus", "coalesce(CAST({row}.pickup_point AS TEXT), '')", "{row}.party", "{row}.state IN ('confirmed', 'waiting')"),
    (
        "came",
        "''",
        "1",
        "{row}.state = 'confirmed' AND EXISTS (SELECT 1 FROM ticket JOIN admission ON admission.ticket = ticket.id"
        " WHERE ticket.registration = {row}.id)",
    ),
)
ALONE = "NOT EXISTS (SELECT 1 FROM admission AS other WHERE other.ticket = {row}.ticket AND other.id <> {row}.id)"
FIRST_OF_PARTY = """
EXISTS (SELECT 1 FROM ticket JOIN registration ON registration.id = ticket.registration
  WHERE ticket.id = {row}.ticket AND registration.state = 'confirmed')
AND NOT EXISTS (SELECT 1 FROM ticket JOIN ticket AS beside ON beside.registration = ticket.registration
  JOIN admission AS other ON other.ticket = beside.id WHERE ticket.id = {row}.ticket AND other.id <> {row}.id)
"""
INSIDE = ("inside", "{row}.day", "1", "{row}.inside AND {row}.day NOT LIKE '+%'")
ADMISSION = (("admitted", "''", "1", ALONE), ("came", "''", "1", FIRST_OF_PARTY), INSIDE)

# PostgreSQL: what one statement brings is seen whole by each of its rows, so it is counted once for all of them
OTHERS = {
    "come": "AND NOT EXISTS (SELECT 1 FROM come AS own WHERE own.id = other.id)",
    "gone": "",
}
OF_MANY = """
INSERT INTO head_count (id, event, what, key, number)
SELECT CAST(event AS TEXT) || ' ' || what || ' ' || key, event, what, key, {sign}(number) FROM (
  SELECT event, 'admitted' AS what, '' AS key, count(DISTINCT ticket) AS number FROM {rows} WHERE NOT EXISTS (
    SELECT 1 FROM admission AS other WHERE other.ticket = {rows}.ticket {others}) GROUP BY event
  UNION ALL SELECT event, 'inside', day, count(*) FROM {rows} WHERE inside AND day NOT LIKE '+%' GROUP BY event, day
  UNION ALL SELECT registration.event, 'came', '', count(DISTINCT registration.id) FROM {rows}
    JOIN ticket ON ticket.id = {rows}.ticket JOIN registration ON registration.id = ticket.registration
  WHERE registration.state = 'confirmed' AND NOT EXISTS (SELECT 1 FROM ticket AS beside
    JOIN admission AS other ON other.ticket = beside.id WHERE beside.registration = registration.id {others})
  GROUP BY registration.event
) AS counted ON CONFLICT (id) DO UPDATE SET number = head_count.number + excluded.number;
"""

RECOUNT = """
INSERT INTO head_count (id, event, what, key, number)
SELECT CAST(event AS TEXT) || ' ' || what || ' ' || key, event, what, key, number FROM (
  SELECT event, 'parties' AS what, state AS key, count(*) AS number FROM registration
  WHERE state <> 'erased' GROUP BY event, state
  UNION ALL SELECT event, 'bus', coalesce(CAST(pickup_point AS TEXT), ''), sum(party) FROM registration
  WHERE state IN ('confirmed', 'waiting') GROUP BY event, pickup_point
  UNION ALL SELECT event, 'admitted', '', count(DISTINCT ticket) FROM admission GROUP BY event
  UNION ALL SELECT event, 'inside', day, count(*) FROM admission WHERE inside AND day NOT LIKE '+%' GROUP BY event, day
  UNION ALL SELECT registration.event, 'came', '', count(DISTINCT registration.id) FROM admission
    JOIN ticket ON ticket.id = admission.ticket JOIN registration ON registration.id = ticket.registration
  WHERE registration.state = 'confirmed' GROUP BY registration.event
) AS counted
"""


def added(row: str, part: tuple[str, str, str, str], sign: str) -> str:
    """A statement that adds to a count (or takes from it) what a row counts as."""
    what, key, number, condition = (text.format(row=row) for text in part)
    return (
        "INSERT INTO head_count (id, event, what, key, number)"
        f" SELECT CAST({row}.event AS TEXT) || ' {what} ' || {key}, {row}.event, '{what}', {key}, {sign}({number})"
        f" WHERE {condition}"
        " ON CONFLICT (id) DO UPDATE SET number = head_count.number + excluded.number;"
    )


def triggers() -> dict[tuple[str, str], list[str]]:
    """What happens after an INSERT, UPDATE or DELETE of a table's row."""
    gone = [added("OLD", part, "-") for part in REGISTRATION]
    come = [added("NEW", part, "") for part in REGISTRATION]
    return {
        ("registration", "INSERT"): come[:2],  # nobody came in yet
        ("registration", "UPDATE OF state, party, pickup_point"): [*gone, *come],
        ("admission", "INSERT"): [added("NEW", part, "") for part in ADMISSION],
        ("admission", "UPDATE OF inside, day"): [added("OLD", INSIDE, "-"), added("NEW", INSIDE, "")],
        ("admission", "DELETE"): [added("OLD", part, "-") for part in ADMISSION],
    }


def statements(engine_type: str) -> list[str]:
    """The SQL of this migration for "sqlite" or "postgres"."""
    sql = []
    for (table, moment), body in triggers().items():
        name = f"head_count_{table}_{moment.split()[0].lower()}"
        if engine_type == "sqlite":
            sql.append(f"CREATE TRIGGER {name} AFTER {moment} ON {table} BEGIN {' '.join(body)} END")
            continue
        said, each, rows = " ".join(body), "FOR EACH ROW", {"INSERT": "come", "DELETE": "gone"}.get(moment)
        if table == "admission" and rows:
            sign, which = ("", "NEW") if rows == "come" else ("-", "OLD")
            said = OF_MANY.format(rows=rows, sign=sign, others=OTHERS[rows])
            each = f"REFERENCING {which} TABLE AS {rows} FOR EACH STATEMENT"
        sql.append(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN {said} RETURN NULL; END $body$"
        )
        sql.append(f"CREATE TRIGGER {name} AFTER {moment} ON {table} {each} EXECUTE FUNCTION {name}()")
    return [*sql, RECOUNT]


async def forwards() -> MigrationManager:
    """Piccolo runs what is added with add_raw."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        for sql in statements(engine.engine_type if engine else ""):
            await HeadCount.raw(sql)

    manager.add_raw(run)
    return manager
