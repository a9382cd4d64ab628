"""When two spellings are one name: in Khmer, in Latin letters, and between the two. Pure.

Khmer has many code points for what looks the same, a name has many Latin spellings; what is compared leaves that out.
The consonants of both scripts go to one coarse key (after UNGEGN's table, without what people spell differently).
"""

import re
import unicodedata

EXACT, LIKE, SOUNDS_LIKE = 0, 1, 2  # how well a name fits, the best first
_Word = tuple[str, str, int]  # as compared, as heard, and a bit for each wanted word that it is, begins, or sounds like
LEAST_JOINED = 4  # letters of a name without blanks that may stand inside another
LEAST_HEARD = 2  # consonants
_SUBSCRIPTS = re.compile("(?:\u17d2[\u1780-\u17a2]){2,}")
_SOUNDS = {
    "k": "កខគឃ", "g": "ង", "c": "ចឆជឈ", "n": "ញណន", "t": "ដឌឋឍតថទធ", "p": "បផពភ", "m": "ម", "r": "រ", "l": "លឡ",
    "v": "វ", "s": "សឝឞ", "h": "ហ",
}  # fmt: skip
_KHMER = {ord(letter): sound for sound, letters in _SOUNDS.items() for letter in letters}
_LATIN = (
    ("ng", "g"), ("nh", "n"), ("ny", "n"), ("ch", "c"), ("sh", "s"), ("j", "c"), ("x", "s"), ("z", "s"), ("q", "k"),
    ("f", "p"), ("b", "p"), ("d", "t"), ("w", "v"),
)  # fmt: skip


def _in_order(subscripts: re.Match[str]) -> str:
    """Two consonants below another look the same in either order."""
    pairs = re.findall("\u17d2.", subscripts[0])
    return "".join(sorted(pairs))


def folded(name: str) -> str:
    """A name without what differs between two spellings of one: case, marks, blanks, digits, the order of Khmer
    subscripts, and the coeng that looks the same for two letters."""
    plain = unicodedata.normalize("NFKD", name.casefold()).replace("\u17d2\u178a", "\u17d2\u178f")
    plain = _SUBSCRIPTS.sub(_in_order, plain)
    return "".join(each for each in plain if unicodedata.category(each)[0] == "L")


def sound(name: str) -> str:
    """The consonants of a name in one coarse alphabet, whichever script it is written in; "" for other scripts."""
    plain = folded(name)
    if any(letter in _KHMER for letter in map(ord, plain)):
        return _once("".join(_KHMER.get(ord(letter), "") for letter in plain))
    for written, heard in _LATIN:
        plain = plain.replace(written, heard)
    plain = re.sub(r"(?<=[a-z])h", "", plain)  # an aspirate is spelt with and without it
    return _once(re.sub(r"[^gkcntpmrlvsh]", "", plain))


class Wanted:
    """What somebody looks for, to be held against many names. Words that it has met are remembered as long as it lives:
    names are made of few."""

    def __init__(self, text: str) -> None:
        self._words: list[str] = []
        self._sounds: list[str] = []
        for word in text.split():
            if plain := folded(word):
                self._words.append(plain)
                self._sounds.append(sound(word))
        self._joined, self._heard = "".join(self._words), _once("".join(self._sounds))
        self._met: dict[str, _Word] = {}
        self._count = len(self._words)
        self._whole = (1 << self._count) - 1
        self._deaf = sum(1 << 2 * self._count + index for index, each in enumerate(self._sounds) if not each)

    @property
    def empty(self) -> bool:
        """Whether there is no letter to look for."""
        return not self._words

    def fit(self, name: str) -> int | None:
        """How well a name fits; None where it does not."""
        if self.empty:
            return None
        met, bits = self._met, self._deaf
        joined = sounds = ""
        for word in name.split():
            plain, heard, fits = met.get(word) or self._meet(word)
            joined += plain
            sounds += heard
            bits |= fits
        exact, like, alike = bits & self._whole, bits >> self._count & self._whole, bits >> 2 * self._count
        if exact == self._whole:
            return EXACT
        if like == self._whole or (len(self._joined) >= LEAST_JOINED and self._joined in joined):
            return LIKE
        if len(self._heard) < LEAST_HEARD:
            return None
        sounds_like = alike == self._whole or (sounds[:1] == self._heard[:1] and _once(sounds) == self._heard)
        return SOUNDS_LIKE if sounds_like else None

    def _meet(self, word: str) -> "_Word":
        plain, heard, bits = folded(word), sound(word), 0
        for index, (wanted, sounding) in enumerate(zip(self._words, self._sounds, strict=True)):
            bits |= (plain == wanted) << index
            bits |= plain.startswith(wanted) << self._count + index
            bits |= bool(plain and heard == sounding) << 2 * self._count + index
        known = self._met[word] = plain, heard, bits
        return known


def _once(sounds: str) -> str:
    """A consonant that is heard twice in a row is written once."""
    return re.sub(r"(.)\1+", r"\1", sounds)
