"""Unguessable addresses: an id, the key id, and a keyed hash of both; nothing about them is stored."""

import base64
import hmac
from uuid import UUID

from app.security.keyring import Keyring
from app.security.sealing import keyed_hash

TAG = 18  # bytes of the keyed hash that a link carries


def _tag(keyring: Keyring, purpose: str, row: UUID, issue: int, key_id: int) -> bytes:
    return bytes.fromhex(keyed_hash(keyring, f"link:{purpose}", f"{row}:{issue}", key_id))[:TAG]


def make_key(keyring: Keyring, purpose: str, row: UUID, issue: int = 0) -> str:
    """The secret part of a link to `row`: 48 characters, safe in a path. Raising `issue` makes a new one."""
    tag = _tag(keyring, purpose, row, issue, keyring.current)
    return base64.urlsafe_b64encode(row.bytes + bytes([keyring.current]) + tag).decode().rstrip("=")


def read_key(key: str) -> tuple[UUID, int, bytes] | None:
    """Row id, key id and tag of a well-formed link, or None. Proves nothing: `proves` does."""
    try:
        raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    except ValueError:
        return None
    canonical = base64.urlsafe_b64encode(raw).decode().rstrip("=") == key
    if len(raw) != 16 + 1 + TAG or not canonical:
        return None
    return UUID(bytes=raw[:16]), raw[16], raw[17:]


def proves(keyring: Keyring, purpose: str, key: str, issue: int = 0) -> bool:
    """Whether `key` is the link to its row in the given issue (constant time)."""
    parts = read_key(key)
    if parts is None or parts[1] not in keyring:
        return False
    row, key_id, tag = parts
    return hmac.compare_digest(tag, _tag(keyring, purpose, row, issue, key_id))
