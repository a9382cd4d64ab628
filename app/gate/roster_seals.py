"""What a roster may tell: a party is found, and its name opened, only by who knows its registration number.

The number is in every ticket of the party and nowhere in the roster. From it (8 random bytes) PBKDF2 makes a reference
by which the party stands in the roster and two keys that seal its name; stretching makes trying numbers out against all
references of an event cost 2^51 times that. The seal is made when a roster is served and is stored nowhere.

The seal needs no stored nonce: the first 16 bytes of HMAC-SHA256 over the name are both its check and the counter block
of AES-128-CTR (a synthetic IV, as in RFC 5297), so the same name gives the same bytes and another one others.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

ROUNDS = 50
REFERENCE = 16
BLOCK = 16
MOST_KEPT = (
    16_384  # parties, about 7 MB: whoever comes in is listed again and again, and stretching is most of the work
)


@lru_cache(maxsize=MOST_KEPT)
def party_secrets(number: str, event: int) -> tuple[str, bytes]:
    """A party's reference (base64, 22 characters) in an event's roster, and the 48 bytes that seal its name."""
    made = hashlib.pbkdf2_hmac("sha256", bytes.fromhex(number), b"bon roster" + event.to_bytes(3), ROUNDS, 64)
    return encoded(made[:REFERENCE]), made[REFERENCE:]


def encoded(raw: bytes) -> str:
    """URL-safe base64 without padding, as everything binary in a roster."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def seal_for_tickets(secret: bytes, text: str) -> str:
    """Seal a text with what `party_secrets` gave; "" stays ""."""
    if not text:
        return ""
    plain = text.encode()
    check = hmac.digest(secret[BLOCK:], plain, "sha256")[:BLOCK]
    cipher = Cipher(AES(secret[:BLOCK]), CTR(check)).encryptor()
    return encoded(check + cipher.update(plain) + cipher.finalize())
