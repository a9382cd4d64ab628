"""What people type, made clean: one form of each letter, nothing that is not seen, digits in one script."""

import re
import unicodedata

_KHMER_DIGITS = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")
# what turns the direction of a line, and what no XML may hold
_NEVER = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff")


# letters, signs and marks of Unicode that show nothing, beside those that say so by their category
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def _shows(text: str) -> bool:
    """Whether there is anything to see: a letter, digit or sign that marks can stand on."""
    return any(unicodedata.category(each)[0] in "LNPS" and each not in _BLANK for each in text)


def without_invisible(text: str) -> str:
    """Without the characters that keyboards slip in unseen, such as the zero-width space between Khmer words."""
    return "".join(each for each in text if unicodedata.category(each) != "Cf" and each not in _BLANK)


def clean(text: str, *, lines: bool = False) -> str:
    """NFC, without control and direction-override characters, trimmed; line breaks kept only with `lines`.

    Nothing is left of a text that shows nothing.
    """
    if text.isascii() and text.isprintable():  # codes, keys, addresses: nothing unseen is among these
        return re.sub(r" +", " ", text).strip() if not lines else text.strip()
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (
        character
        if unicodedata.category(character) not in {"Cc", "Cs"}
        else (character if lines and character == "\n" else " ")
        for character in text
        if character not in _NEVER
    )
    joined = "".join(kept)
    if not _shows(joined):
        return ""
    return joined.strip() if lines else re.sub(r"\s+", " ", joined).strip()


def latin_digits(text: str) -> str:
    """Khmer digits as Latin ones, without invisible characters; everything else as it is."""
    return without_invisible(text).translate(_KHMER_DIGITS)
