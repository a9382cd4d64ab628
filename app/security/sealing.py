"""Sealing of personal data: AES-256-GCM, bound to the table, column and row it stands in."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from app.security.keyring import Keyring

NONCE = 12


class Unreadable(Exception):
    """A sealed value that no key opens: altered, moved to another row, or its secret is lost."""


def seal(keyring: Keyring, text: str, place: str) -> str:
    """Seal `text` for `place` ("table.column:row id"). "" stays "". Returns base64 of key id, nonce and ciphertext."""
    if not text:
        return ""
    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(keyring.key("seal")).encrypt(nonce, text.encode(), place.encode())
    return base64.b64encode(bytes([keyring.current]) + nonce + sealed).decode()


def unseal(keyring: Keyring, sealed: str, place: str) -> str:
    """Open what `seal` made for the same place; raises Unreadable."""
    if not sealed:
        return ""
    try:
        raw = base64.b64decode(sealed, validate=True)
        key = keyring.key("seal", raw[0])
        return AESGCM(key).decrypt(raw[1 : 1 + NONCE], raw[1 + NONCE :], place.encode()).decode()
    except (ValueError, KeyError, IndexError, InvalidTag) as error:
        raise Unreadable(place) from error


def keyed_hash(keyring: Keyring, purpose: str, text: str, key_id: int | None = None) -> str:
    """HMAC-SHA256 in hex: equal texts give equal hashes, and nobody without the secret can try texts out."""
    mac = HMAC(keyring.key(purpose, key_id), SHA256())
    mac.update(text.encode())
    return mac.finalize().hex()
