"""Sealing of personal data: AES-256-GCM, bound to the table, column and row it stands in.

What is personal of one registration, or free text of one event, is sealed under a key of its own (`RowKey`), and that
key under the keyring's: whoever ends the key has made everything under it noise, wherever a copy of it may lie. What
belongs to nobody in particular, and what releases before these keys wrote, is sealed under the keyring itself.
"""

import base64
import binascii
import hmac
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.security.keyring import Keyring

NONCE = 12
KEY = 32  # bytes
OWN = 255  # in place of a key id: sealed under a data key
ENDED = bytes(1 + NONCE + KEY + 16)  # in place of a sealed key, and as long


class Unreadable(Exception):
    """A sealed value that no key opens: altered, moved to another row, or its key is ended or lost."""


class RowKey:
    """The key of one registration or event. `sealed` is the key as it is stored, None where there is none (any more).

    Opens what was sealed under it, and what was sealed for the same place under the keyring before there were keys.
    """

    __slots__ = ("_cipher", "_keyring", "sealed", "subject")

    def __init__(self, keyring: Keyring, raw: bytes | None, sealed: bytes | None, subject: UUID | str = "") -> None:
        self._keyring = keyring
        self.subject = subject
        self._cipher = AESGCM(raw) if raw else None
        self.sealed = sealed

    def seal(self, text: str, place: str) -> str:
        """Seal `text` for `place` ("table.column:row id"). "" stays "". Raises Unreadable where there is no key."""
        if not text:
            return ""
        if self._cipher is None:
            raise Unreadable(place)
        return _sealed(OWN, self._cipher, text, place)

    def unseal(self, sealed: str, place: str) -> str:
        """Open what was sealed for the same place; raises Unreadable."""
        if not sealed:
            return ""
        try:  # searching opens every name of an event: this is its inner loop
            raw = binascii.a2b_base64(sealed, strict_mode=True)
            if raw[0] == OWN and self._cipher is not None:
                return self._cipher.decrypt(raw[1 : 1 + NONCE], raw[1 + NONCE :], place.encode()).decode()
        except (ValueError, IndexError, InvalidTag) as error:
            raise Unreadable(place) from error
        if raw[0] == OWN:
            raise Unreadable(place)
        return _opened(self._keyring, raw, place)

    def words(self, plain: str, sealed: str, place: str) -> str:
        """Free text: what is sealed, or where an older release wrote it `plain`; "—" for what opens no more."""
        try:
            return self.unseal(sealed, place) if sealed else plain
        except Unreadable:
            return "—"


def new_key(keyring: Keyring, subject: UUID) -> RowKey:
    """A key for a registration or event that has none."""
    raw, nonce = secrets.token_bytes(KEY), secrets.token_bytes(NONCE)
    sealed = keyring.cipher("data-key").encrypt(nonce, raw, _key_place(subject))
    return RowKey(keyring, raw, bytes([keyring.current]) + nonce + sealed, subject)


def sealed_anew(keyring: Keyring, sealed: bytes, subject: UUID) -> bytes | None:
    """The same key under the present secret; None where it is so already, was ended, or opens under none."""
    if sealed == ENDED or sealed[0] == keyring.current:
        return None
    try:
        raw = keyring.cipher("data-key", sealed[0]).decrypt(
            sealed[1 : 1 + NONCE], sealed[1 + NONCE :], _key_place(subject)
        )
    except (KeyError, InvalidTag):
        return None
    nonce = secrets.token_bytes(NONCE)
    return bytes([keyring.current]) + nonce + keyring.cipher("data-key").encrypt(nonce, raw, _key_place(subject))


def is_sealed_under(sealed: str, key_id: int) -> bool:
    """Whether a value that was sealed under the keyring carries this key id."""
    return bool(sealed) and _bytes_of(sealed, "")[0] == key_id


def open_key(keyring: Keyring, sealed: bytes | None, subject: UUID | str) -> RowKey:
    """The key stored for a row (its id); one that was never made, was ended, or does not open, seals nothing."""
    if not sealed or sealed == ENDED:
        return RowKey(keyring, None, None)
    try:
        cipher = keyring.cipher("data-key", sealed[0])
        raw = cipher.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], _key_place(subject))
    except (KeyError, InvalidTag):
        return RowKey(keyring, None, sealed)
    return RowKey(keyring, raw, sealed)


def _key_place(subject: UUID | str) -> bytes:
    raw = subject.bytes if isinstance(subject, UUID) else bytes.fromhex(subject.replace("-", ""))
    return b"data_key.sealed_key:" + raw


def seal(keyring: Keyring, text: str, place: str) -> str:
    """Seal `text` for `place` under the keyring. "" stays "". Returns base64 of key id, nonce and ciphertext."""
    return _sealed(keyring.current, keyring.cipher("seal"), text, place) if text else ""


def unseal(keyring: Keyring, sealed: str, place: str) -> str:
    """Open what `seal` made for the same place; raises Unreadable."""
    return _opened(keyring, _bytes_of(sealed, place), place) if sealed else ""


def _sealed(mark: int, cipher: AESGCM, text: str, place: str) -> str:
    nonce = secrets.token_bytes(NONCE)
    return base64.b64encode(bytes([mark]) + nonce + cipher.encrypt(nonce, text.encode(), place.encode())).decode()


def _bytes_of(sealed: str, place: str) -> bytes:
    try:
        raw = binascii.a2b_base64(sealed, strict_mode=True)
    except ValueError as error:
        raise Unreadable(place) from error
    if not raw:
        raise Unreadable(place)
    return raw


def _opened(keyring: Keyring, raw: bytes, place: str) -> str:
    try:
        cipher = keyring.cipher("seal", raw[0])
        return cipher.decrypt(raw[1 : 1 + NONCE], raw[1 + NONCE :], place.encode()).decode()
    except (KeyError, ValueError, InvalidTag) as error:
        raise Unreadable(place) from error


def keyed_hash(keyring: Keyring, purpose: str, text: str, key_id: int | None = None) -> str:
    """HMAC-SHA256 in hex: equal texts give equal hashes, and nobody without the secret can try texts out."""
    return hmac.digest(keyring.key(purpose, key_id), text.encode(), "sha256").hex()
