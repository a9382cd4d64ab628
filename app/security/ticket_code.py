"""The ticket code (DESIGN.md 7): 14 bytes and an Ed25519 signature over them, in base32 without padding.

version (4 bit) · key id (4 bit) | event number (3 bytes) | registration number (8) | ticket number (1) | issue (1)
"""

import base64
import hmac
import re

import msgspec

from app.security.keyring import Keyring

VERSION = 1
PAYLOAD = 14
LENGTH = 125  # base32 characters of 78 bytes; the last character's lowest bit is padding and must be 0

_FIVE_BITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TEN_BITS = [high + low for high in _FIVE_BITS for low in _FIVE_BITS]
_ALPHABET = re.compile(rf"[A-Z2-7]{{{LENGTH}}}")
_ADDRESS = re.compile(r"(?:.*/)?T/([^/?#]+)/?(?:[?#].*)?", re.IGNORECASE | re.DOTALL)


class Code(msgspec.Struct, frozen=True):
    """What a ticket's code says. `registration` is 16 hex digits; `issue` rises when the code is renewed."""

    key_id: int
    event: int
    registration: str
    ticket: int
    issue: int


class NotATicket(Exception):
    """Text that is no ticket of ours. `code` is "code_malformed", "code_unknown_key" or "code_forged"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def encode(keyring: Keyring, event: int, registration: str, ticket: int, issue: int) -> str:
    """Sign with the current key. Deterministic: the same ticket always gives the same 125 characters."""
    payload = (
        bytes([VERSION << 4 | keyring.current])
        + event.to_bytes(3)
        + bytes.fromhex(registration)
        + ticket.to_bytes(1)
        + issue.to_bytes(1)
    )
    return _base32(payload + keyring.ticket_signer().sign(payload))


def _base32(raw: bytes) -> str:
    """RFC 4648 without padding, of 78 bytes: the library takes five times as long, and an opening signs thousands."""
    number = int.from_bytes(raw) << 6  # 630 bits are 63 pairs of letters
    pairs = (_TEN_BITS[number >> shift & 1023] for shift in range(620, -1, -10))
    return "".join(pairs)[:LENGTH]


def decode(keyring: Keyring, text: str) -> Code:
    """Read and verify a code or a scanned address that holds one; raises NotATicket."""
    bare = bare_code(text)
    if not _ALPHABET.fullmatch(bare):
        raise NotATicket("code_malformed")
    raw = base64.b32decode(bare + "===")
    if _FIVE_BITS.index(bare[-1]) & 1 or raw[0] >> 4 != VERSION:
        raise NotATicket("code_malformed")
    payload, signature = raw[:PAYLOAD], raw[PAYLOAD:]
    key_id = raw[0] & 15
    if key_id not in keyring:
        raise NotATicket("code_unknown_key")
    # an Ed25519 signature is one of its kind: making it anew takes a third of the time that verifying does
    if not hmac.compare_digest(keyring.ticket_signer(key_id).sign(payload), signature):
        raise NotATicket("code_forged")
    return Code(key_id, int.from_bytes(payload[1:4]), payload[4:12].hex(), payload[12], payload[13])


def bare_code(text: str) -> str:
    """The base32 part of what a scanner read: scheme, host and letter case do not matter."""
    text = text.strip(" \t\r\n\v\f")
    found = _ADDRESS.fullmatch(text)
    bare = found.group(1) if found else text
    return bare.upper() if bare.isascii() else bare  # some letters beyond ASCII would turn into base32 ones


def address(base_url: str, code: str) -> str:
    """What the QR holds, in upper case so that it fits the alphanumeric mode."""
    return f"{base_url.upper()}/T/{code}"
