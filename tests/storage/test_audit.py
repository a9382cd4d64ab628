"""The audit only grows, on either database, whoever holds the connection."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.activity.kinds import Kind
from app.activity.record import OPERATOR, RULE, record
from app.database.connection import current, fetch, insert, write
from models.audit import AuditEntry

pytestmark = pytest.mark.usefixtures("database")


async def entry() -> UUID:
    """An entry of just now."""
    await record(Kind.PURGED, RULE, uuid4(), uuid4(), parties=3)
    (row,) = await fetch("SELECT id FROM audit_entry")
    return UUID(str(row["id"]))


def old(**columns: Any) -> dict[str, Any]:
    """An entry as an older release wrote it."""
    return {
        "id": uuid4(),
        "at": datetime.now(UTC),
        "actor_kind": "worker",
        "action": "registered",
        "subject_kind": "registration",
        "subject": str(uuid4()),
        "event": uuid4(),
        "address": "203.0.113.0/24",
        "facts": "{}",
        **columns,
    }


@pytest.mark.parametrize(
    "change",
    [
        "at = '2020-01-01 00:00:00+00:00'",
        "actor_kind = 'staff'",
        "actor = 'somebody'",
        "action = 'erased'",
        "subject = 'another'",
        "event = NULL",
        "address = '198.51.100.0/24'",
        "facts = '{}'",
    ],
)
async def test_no_entry_is_changed(change: str) -> None:
    row = await entry()
    before = await fetch("SELECT * FROM audit_entry")
    with pytest.raises(Exception, match="audit_entry_is_fixed"):
        async with write():
            await fetch(f"UPDATE audit_entry SET {change} WHERE id = $1", row)
    assert await fetch("SELECT * FROM audit_entry") == before


async def test_no_entry_of_two_years_is_removed() -> None:
    row = await entry()
    with pytest.raises(Exception, match="audit_entry_is_fixed"):
        async with write():
            await fetch("DELETE FROM audit_entry WHERE id = $1", row)
    moment = datetime.now(UTC)
    young, aged = old(at=moment - timedelta(days=725)), old(at=moment - timedelta(days=735))
    await insert(AuditEntry, young, aged)
    with pytest.raises(Exception, match="audit_entry_is_fixed"):
        async with write():
            await fetch("DELETE FROM audit_entry")
    await fetch("DELETE FROM audit_entry WHERE id = $1", aged["id"])
    assert {str(each["id"]) for each in await fetch("SELECT id FROM audit_entry")} == {str(row), str(young["id"])}


async def test_plain_words_of_old_are_sealed_once_and_addresses_of_workers_go() -> None:
    told = old(action="invited", facts='{"label":"Sokha"}')
    staff = old(actor_kind="staff")
    await insert(AuditEntry, told, staff)
    await fetch("UPDATE audit_entry SET address = '' WHERE id = $1", told["id"])
    await fetch("UPDATE audit_entry SET facts = '{}', sealed_words = 's' WHERE id = $1", told["id"])
    other = old()
    await insert(AuditEntry, other)
    with pytest.raises(Exception, match="audit_entry_is_fixed"):
        async with write():  # what nobody typed is never rewritten
            await fetch("UPDATE audit_entry SET facts = '{\"x\":1}', sealed_words = 's' WHERE id = $1", other["id"])
    for change in ("sealed_words = 't'", "facts = '{\"a\":1}'", "address = '203.0.113.0/24'"):
        with pytest.raises(Exception, match="audit_entry_is_fixed"):
            async with write():
                await fetch(f"UPDATE audit_entry SET {change} WHERE id = $1", told["id"])
    with pytest.raises(Exception, match="audit_entry_is_fixed"):
        async with write():
            await fetch("UPDATE audit_entry SET address = '' WHERE id = $1", staff["id"])


async def test_no_entry_is_replaced_and_the_table_is_not_emptied() -> None:
    row = await entry()
    before = await fetch("SELECT * FROM audit_entry")
    statement = (
        "TRUNCATE audit_entry"
        if current().engine_type == "postgres"
        else "INSERT OR REPLACE INTO audit_entry SELECT id, at, 'staff', actor, 'erased', subject_kind, subject,"
        f" event, address, facts, sealed_words FROM audit_entry WHERE id = '{row}'"
    )
    with pytest.raises(Exception, match="audit_entry_is_fixed"):
        async with write():
            await fetch(statement)
    assert await fetch("SELECT * FROM audit_entry") == before


async def test_an_entry_says_who_did_what_to_whom() -> None:
    event = uuid4()
    await record(Kind.EVENT_PUBLISHED, OPERATOR, event, event)
    (row,) = await fetch("SELECT * FROM audit_entry")
    assert (row["actor_kind"], row["action"], row["subject_kind"]) == ("operator", "event_published", "event")
    assert (row["subject"], str(row["event"]), row["sealed_words"]) == (str(event), str(event), "")
