"""What is drawn for a registration: its number, and the short code that can be read out over a bad line."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O, 1 I L, U: they are misheard and misread
LENGTH = 6


def draw_number() -> str:
    """A registration number: 8 random bytes in hex."""
    return secrets.token_hex(8)


def draw_short_code() -> str:
    """Six characters; whether they are free in the event is for the database to say."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
