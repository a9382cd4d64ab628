"""Signed one-time nonces for forms: they prove when the form was made and repeat harmlessly."""

import hmac
import secrets
import time

from app.security.keyring import Keyring
from app.security.sealing import keyed_hash

MAX_AGE = 24 * 3600
SLACK = 120  # seconds that clocks of two processes, or one that is set right, may differ by


def make_nonce(keyring: Keyring, purpose: str) -> str:
    """`random.time.signature` for a form of this purpose."""
    body = f"{secrets.token_hex(12)}.{int(time.time()):x}"
    return f"{body}.{_signature(keyring, purpose, body, keyring.current)}"


def kept_or_new(keyring: Keyring, purpose: str, nonce: str) -> str:
    """The nonce that a form came back with if it is still ours, so that sending it again repeats; else a new one."""
    return nonce if nonce_is_ours(keyring, purpose, nonce) else make_nonce(keyring, purpose)


def nonce_is_ours(keyring: Keyring, purpose: str, nonce: str, max_age: int = MAX_AGE) -> bool:
    """Whether we made this nonce for this purpose within `max_age` seconds."""
    if not nonce.isascii():
        return False
    body, _, signature = nonce.rpartition(".")
    made = body.partition(".")[2]
    if not any(hmac.compare_digest(signature, _signature(keyring, purpose, body, key)) for key in keyring.ids):
        return False
    return -SLACK <= time.time() - int(made, 16) <= max_age + SLACK


def nonce_age(nonce: str) -> float:
    """Seconds since a nonce of ours was made; it counts whole seconds, so up to one less than it is."""
    return time.time() - int(nonce.split(".")[1], 16)


def _signature(keyring: Keyring, purpose: str, body: str, key_id: int) -> str:
    return keyed_hash(keyring, f"form:{purpose}", body, key_id)[:32]
