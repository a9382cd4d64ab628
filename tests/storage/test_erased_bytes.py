"""What is erased is gone from the bytes, while Bon serves: files, logs and log files are read, and every lock is tried.

Each name, address, note and reason here is a word of its own. `readable` is what somebody learns who has all the bytes
and the secret: words that stand there plain, and sealed values for which a key opens.
"""

import asyncio
import base64
import contextvars
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.activity.record import OPERATOR
from app.care.purge import purge
from app.database.connection import current, fetch, tables
from app.database.data_keys import sweep
from app.database.lanes import LaneEngine
from app.messages.actions import write_letter
from app.messages.shapes import Audience
from app.security.keyring import Keyring
from app.security.sealing import OWN, Unreadable, open_key, unseal
from tests.storage.test_jobs import end
from tests.world import World

PARTIES = 12
SEALED = {
    "registration": ("id", ("sealed_name", "sealed_note")),
    "ticket": ("registration", ("sealed_name",)),
    "reach": ("registration", ("sealed_address",)),
    "idempotency": ("registration", ("sealed_answer",)),
    "invitation": ("event", ("sealed_label",)),
    "pairing": ("event", ("sealed_label",)),
    "scan": ("event", ("sealed_override",)),
    "audit_entry": ("event", ("sealed_words",)),
    "announcement": ("event", ("sealed_words",)),
}
OF_NO_WORKER = {"second_factor.sealed_secret", "webhook.sealed_secret", "webhook.sealed_former", "data_key.sealed_key"}


def test_the_thief_looks_at_every_sealed_column() -> None:
    there = {
        f"{table._meta.tablename}.{column._meta.db_column_name}"
        for table in tables()
        for column in table._meta.columns
        if column._meta.name.startswith("sealed_")
    }
    looked_at = {f"{table}.{column}" for table, (_, columns) in SEALED.items() for column in columns}
    assert there - looked_at == OF_NO_WORKER


class Sealed(msgspec.Struct):
    """A sealed value as it stood in the database once, and whose key seals it."""

    subject: str
    text: str
    place: str


class Thief:
    """Somebody who has every byte and the secret, and knows from an old copy what to look for."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self.keys: dict[str, bytes] = {}
        self.sealed: list[Sealed] = []

    async def look(self) -> None:
        """Copy down every key and sealed value that is there."""
        for row in await fetch("SELECT subject, sealed_key FROM data_key"):
            self.keys.setdefault(str(row["subject"]), row["sealed_key"])
        for table, (subject, columns) in SEALED.items():
            key = "claim_hash" if table == "idempotency" else "id"
            for row in await fetch(f"SELECT * FROM {table}"):
                self.sealed += [
                    Sealed(str(row[subject]), row[column], f"{table}.{column}:{row[key]}")
                    for column in columns
                    if row[column]
                ]

    def readable(self, raw: bytes) -> set[str]:
        """What can be read of the sealed values in these bytes."""
        found = set()
        for each in self.sealed:
            key = self.keys.get(each.subject)
            if each.text.encode() not in raw:
                continue
            try:
                if key and key in raw:
                    found.add(open_key(self.keyring, key, each.subject).unseal(each.text, each.place))
                else:
                    found.add(unseal(self.keyring, each.text, each.place))
            except Unreadable:
                continue
        return found


async def every_byte(folder: Path) -> bytes:
    """All files of the installation; of PostgreSQL, every table and index as it is on the disk."""
    raw = b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    if isinstance(current(), LaneEngine):
        return raw
    await fetch("CHECKPOINT")
    rows = await fetch(
        "SELECT pg_read_binary_file(pg_relation_filepath(pg_class.oid)) AS bytes FROM pg_class"
        " WHERE pg_relation_filepath(pg_class.oid) IS NOT NULL AND relkind IN ('r', 'i', 't') AND pg_class.oid >= 16384"
    )
    return raw + b"\n".join(row["bytes"] for row in rows)


async def typed_everywhere(world: World) -> tuple[dict[str, Any], list[dict[str, Any]], list[str]]:
    """An event with parties; something that names people stands wherever somebody can type. Also the words."""
    event = await world.event(capacity=PARTIES * 2 + 1)
    words, parties = ["Zuleika leads", "Zoltan gate", "Zenobia is known", "Zephyr is ill"], []
    async with world.stranger as worker:
        for number in range(PARTIES):
            sent = {
                "name": f"Quaffle{number:04}",
                "names": [f"Quaffle{number:04}", f"Friendly{number:04}"],
                "party": 2,
                "phone": f"+8210555{number:05}",
                "email": f"quaffle{number:04}@example.org",
            }
            answer = await worker.post(
                f"/api/v1/events/{event['slug']}/registrations",
                json=sent,
                headers={"idempotency-key": f"{number:020}"},
            )
            assert answer.status_code == 201, answer.text
            parties.append(answer.json())
            words += [str(sent["name"]), f"Friendly{number:04}", str(sent["phone"]), str(sent["email"])]
        waiting = await worker.post(
            f"/api/v1/events/{event['slug']}/registrations", json={"name": "Xanthe", "party": 2, "accept_waiting": True}
        )
        parties.append(waiting.json())
        words.append("Xanthe")
    path = f"/desk/events/{event['slug']}"
    async with world.desk("korea") as desk:
        for each in parties[:3]:
            await desk.post(
                f"{path}/registrations/{each['id']}", data={"do": "attention", "note": f"Knows {each['id']}"}
            )
            words.append(f"Knows {each['id']}")
        moved = f"{path}/registrations/{parties[-1]['id']}"
        assert (await desk.post(moved, data={"do": "move_first", "reason": "Zephyr is ill"})).status_code == 303
        assert (
            await desk.post(f"{path}/invitations", data={"label": "Zuleika leads", "party_limit": "9"})
        ).status_code == 303
    letter = {"en": "Zsazsa cannot come"}
    await write_letter(world.app.state.keyring, UUID(event["id"]), letter, Audience(), OPERATOR)
    words.append(letter["en"])
    gate = await world.gate(event, "Zoltan gate")
    await world.scan(gate, {"code": parties[0]["tickets"][0]["code"]})
    await world.scan(gate, {"code": "a cousin's", "override": "Zenobia is known"})
    return event, parties, words


async def test_nobody_can_read_who_was_erased(world: World, caplog: pytest.LogCaptureFixture) -> None:
    keyring, folder = world.app.state.keyring, Path(world.settings.data_dir)
    event, parties, words = await typed_everywhere(world)
    thief = Thief(keyring)
    await thief.look()
    before = await every_byte(folder)
    known = " ".join(thief.readable(before))
    assert [word for word in words if word not in known] == []  # all of it is there, for whoever has the secret
    assert [word for word in words if word.encode() in before] == []  # and nothing for who has not

    async with world.stranger as worker:
        for each in parties[: PARTIES // 2]:
            assert (await worker.post(f"/api/v1/registrations/{each['key']}/erase")).status_code == 200
    await end(event)
    assert await purge(keyring) > 0
    await swept()
    raw = await every_byte(folder)
    assert thief.readable(raw) == set()
    await thief.look()  # with what stands there now
    assert {each.text for each in thief.sealed if each.subject == event["id"]} != set()
    assert thief.readable(raw) == set()
    assert [word for word in words if word.encode() in raw] == []
    assert [word for word in words if word in caplog.text] == []

    (stats,) = await fetch("SELECT count(*) AS rows FROM ticket WHERE state = 'valid'")
    assert stats["rows"] > 0  # counted they are still
    async with world.desk("korea") as desk:
        page = (await desk.get(f"/desk/events/{event['slug']}/invitations")).text
        assert "—" in page
        assert "Zuleika" not in page


async def test_a_party_that_erases_itself_takes_nobody_else_along(world: World) -> None:
    keyring, folder = world.app.state.keyring, Path(world.settings.data_dir)
    event = await world.event()
    gone = await world.party(event, 1, name="Quaffle", phone="+821055512345")
    kept = await world.party(event, 1, name="Friendly")
    thief = Thief(keyring)
    await thief.look()
    async with world.stranger as worker:
        assert (await worker.post(f"/api/v1/registrations/{gone['key']}/erase")).status_code == 200
        await swept()
        assert thief.readable(await every_byte(folder)) == {"Friendly"}
        assert (await worker.get(f"/api/v1/registrations/{kept['key']}")).json()["name"] == "Friendly"
    assert await fetch("SELECT subject FROM data_key WHERE NOT swept") == []


async def test_the_log_is_emptied_once_nobody_reads_an_older_state(world: World) -> None:
    event = await world.event()
    gone = await world.party(event, 1, name="Quaffle")
    async with world.stranger as worker:
        assert (await worker.post(f"/api/v1/registrations/{gone['key']}/erase")).status_code == 200
    engine = current()
    if not isinstance(engine, LaneEngine):
        async with engine.transaction():
            await fetch("SELECT count(*) FROM data_key")
            assert not await sweep_beside()
    else:
        reader = engine._readers[0]
        await reader.call(lambda: reader.execute("BEGIN", ()))
        await reader.call(lambda: reader.execute("SELECT count(*) FROM data_key", ()))
        await world.party(event, 1)  # the log grows behind the reader
        assert not await sweep()
        await reader.call(lambda: reader.execute("COMMIT", ()))
    assert len(await fetch("SELECT subject FROM data_key WHERE NOT swept")) == 1
    await swept()
    assert await fetch("SELECT subject FROM data_key WHERE NOT swept") == []


async def swept() -> None:
    """Try as the job does: another database of the same server may be at work just then."""
    for _ in range(200):
        if await sweep():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it was never swept")


async def sweep_beside() -> bool:
    """Sweep in a task that has no part in the transaction of this one."""
    return await asyncio.get_running_loop().create_task(sweep(), context=contextvars.Context())


async def test_what_is_removed_from_a_file_is_zeros(world: World) -> None:
    engine = current()
    if isinstance(engine, LaneEngine):
        (told,) = await engine.writer.call(lambda: engine.writer.execute("PRAGMA secure_delete", ()))
        assert list(told.values()) == [1]
        return
    event = await world.event()
    await world.gate(event, "North")
    (key,) = await fetch("SELECT sealed_key FROM data_key WHERE subject = $1", UUID(event["id"]))
    assert (len(key["sealed_key"]), key["sealed_key"][0]) == (61, 0)
    (pairing,) = await fetch("SELECT label, sealed_label FROM pairing")
    assert (pairing["label"], base64.b64decode(pairing["sealed_label"])[0]) == ("", OWN)
