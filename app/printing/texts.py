"""Text as prints take it: cut where a line may end, without what no font of ours can draw."""

from functools import cache

import regex
from fontTools.ttLib import TTFont

from app.i18n import khmer_lines
from app.printing.fonts import paths

MOST_MARKS = 2  # accents on one letter: more would run into the lines above
LONGEST = 10.5  # the width of a word that stays on one line, in em
SHARE = 8  # letters to a part of a longer one
MAY_BREAK = "\u200b"

_CLUSTER = regex.compile(r"\X")
_PIECE = regex.compile(
    r"[\u1780-\u17d3\u17d7\u17dc\u17dd]+|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]|[^\s/\-]*[/\-\s]?"
)
_MARKS = regex.compile(rf"(\p{{L}}\p{{M}}{{{MOST_MARKS}}})\p{{M}}+")
_TALL = regex.compile(r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Hebrew}\p{Arabic}]")
_CLOSES = regex.compile(r"[^\p{L}\p{M}\p{N}\p{Ps}\p{Pi}]")  # may not begin a line
_OPENS = regex.compile(r"[\p{Ps}\p{Pi}]$")  # may not end one
_NARROW = regex.compile(r"[a-ln-vx-z0-9\p{Arabic}.,:;/'\-]")
_UNSEEN = regex.compile(r"[\p{Cf}\uFE00-\uFE0F]")


@cache
def _drawn() -> frozenset[int]:
    """Every code point for which one of the fonts has a shape."""
    seen: set[int] = set()
    for path in paths():
        seen.update(TTFont(path, lazy=True, fontNumber=0).getBestCmap())
    return frozenset(seen)


def clusters(text: str) -> list[str]:
    """What a reader takes for one letter, each: with its accents, an emoji with its parts."""
    return [str(cluster) for cluster in _CLUSTER.findall(text)]


def _width(cluster: str) -> float:
    """Of a letter in em, rather too much than too little."""
    return 0.6 if _NARROW.match(cluster) else 1


def printable(text: str) -> str:
    """The text without letters that no font of ours has, never boxes, and with no more accents than a line holds."""
    drawn = _drawn()
    kept = (
        _MARKS.sub(r"\1", cluster) if _TALL.match(cluster) else cluster
        for cluster in clusters(_UNSEEN.sub("", text.replace(MAY_BREAK, "")))
        if cluster.isspace() or all(ord(each) in drawn for each in cluster)
    )
    return " ".join("".join(kept).split())


def pieces(text: str) -> list[str]:
    """A printable text cut into words; a piece without a blank at its end ends with a place where a line may break."""
    cut: list[str] = []
    for run in _PIECE.findall(printable(text)):
        words = khmer_lines.words(run) if "\u1780" <= run[:1] <= "\u17dd" else (run,)
        for word in words:
            letters = clusters(word)
            share = SHARE if sum(map(_width, letters)) > LONGEST else len(letters) or 1
            cut += ["".join(letters[at : at + share]) for at in range(0, len(letters), share)]
    together: list[str] = []
    for piece in cut:
        last = together[-1] if together else " "
        if len(last) < SHARE and not last.endswith(" ") and (_CLOSES.match(piece) or _OPENS.search(last)):
            together[-1] += piece
        else:
            together.append(piece)
    return [piece if piece.endswith(" ") else piece + MAY_BREAK for piece in together]


def said(language: str, text: str) -> dict[str, object]:
    """A text as templates take it: its pieces, the widest, and the first part of its language ("zh" of "zh-TW")."""
    cut = pieces(text)
    widest = max(cut, key=lambda piece: sum(map(_width, clusters(piece))), default="")
    return {"language": language.partition("-")[0], "pieces": cut, "widest": widest.strip(f" {MAY_BREAK}")}
