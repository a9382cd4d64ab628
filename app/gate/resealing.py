"""What gates are called and why people were let in anyway, from releases that wrote it in plain words.

SQL by name: `_WITH_FIRST` looks into what was answered, which is JSON.
"""

import re
from uuid import UUID

from app.database.connection import fetch, write
from app.database.data_keys import words_key
from app.database.rows import as_json, json_of, uuid_of
from app.gate.queries import device_names
from app.security.keyring import Keyring
from models.gate import Pairing, Scan

BATCH = 100  # rows

# which phone saw a ticket first: its id, but its name in answers of old
_WITH_FIRST = """
SELECT id, event, answer FROM scan WHERE CAST(answer AS TEXT) LIKE '%"first":{%' AND id > $1 ORDER BY id LIMIT $2
"""
_ID = re.compile(r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def reseal_gates(keyring: Keyring) -> int:
    """Seal labels and reasons under their events' keys; returns how many."""
    return await _reseal_labels(keyring) + await _reseal_reasons(keyring) + await _reseal_answers(keyring)


async def _reseal_labels(keyring: Keyring) -> int:
    done = 0
    plain = Pairing.select(Pairing.id, Pairing.event, Pairing.label).where(Pairing.label != "")
    while rows := await plain.limit(BATCH):
        async with write():
            for row in rows:
                key = await words_key(keyring, row["event"])
                sealed = key.seal(row["label"], f"pairing.sealed_label:{row['id']}")
                await Pairing.update({Pairing.label: "", Pairing.sealed_label: sealed}).where(
                    Pairing.id == row["id"], Pairing.label != ""
                )
        done += len(rows)
    return done


async def _reseal_reasons(keyring: Keyring) -> int:
    done = 0
    plain = Scan.select(Scan.id, Scan.event, Scan.override).where(Scan.override != "")
    while rows := await plain.limit(BATCH):
        async with write():
            for row in rows:
                key = await words_key(keyring, row["event"])
                sealed = key.seal(row["override"], f"scan.sealed_override:{row['id']}")
                await Scan.update({Scan.override: "", Scan.sealed_override: sealed}).where(
                    Scan.id == row["id"], Scan.override != ""
                )
        done += len(rows)
    return done


async def _reseal_answers(keyring: Keyring) -> int:
    done, last = 0, UUID(int=0)
    while rows := await fetch(_WITH_FIRST, last, BATCH):
        last = uuid_of(rows[-1]["id"])
        async with write():
            for row in rows:
                answer = json_of(row["answer"])
                name = answer["first"]["device"]
                if _ID.fullmatch(name):
                    continue
                phones = {called: phone for phone, called in (await device_names(keyring, row["event"])).items()}
                answer["first"]["device"] = phones.get(name, "")
                await Scan.update({Scan.answer: as_json(answer)}).where(Scan.id == row["id"])
                done += 1
    return done
