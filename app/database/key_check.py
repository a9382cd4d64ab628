"""Whether the secret belongs to this database: tickets, links and sealed names depend on it."""

from app.database.connection import DatabaseError, insert, write
from app.security.keyring import Keyring
from app.security.sealing import keyed_hash
from models.guards import KeyCheck


async def require_matching_secret(keyring: Keyring) -> None:
    """Note each secret at its first use; raises DatabaseError when one that was used here is missing or another."""
    noted = {row["key_id"]: row["check_hash"] for row in await KeyCheck.select()}
    for key_id, check in noted.items():
        if key_id not in keyring or keyed_hash(keyring, "key-check", "bon", key_id) != check:
            raise DatabaseError(
                f"The secret with id {key_id} is not the one this database was made with: its names and tickets cannot"
                " be read. Put back BON_SECRET, or the file `secret` of the data folder, from your backup."
            )
    async with write():
        for key_id in keyring.ids:
            if key_id not in noted:
                check = keyed_hash(keyring, "key-check", "bon", key_id)
                await insert(KeyCheck, {"key_id": key_id, "check_hash": check}, unless_there="key_id")
