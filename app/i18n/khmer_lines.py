"""Where a line of Khmer may break: written without spaces, it needs a dictionary that some browsers lack.

The server marks words with <wbr>, which no copy and no search carries along; never inside a cluster.
"""

import re
from functools import lru_cache

from khmercut import tokenize

_PARTS = re.compile(r"<(script|style|textarea|title|option|svg)\b.*?</\1>|<[^>]*>|[^<]+", re.DOTALL)
_RUN = re.compile(r"[\u1780-\u17d3\u17d7\u17dc\u17dd]{7,}")
# words that the dictionary cuts inside and readers do not
PLACES = ("ស៊ូវ៉ុន", "អានសាន", "ហ្វាសុង", "ណាហ្គោយ៉ា", "គុយវ៉ែត")  # foreign names that the dictionary does not know
_WHOLE = re.compile("(" + "|".join(("កឋិនទាន", "កឋិន", "អន្តេវាសិកដ្ឋាន", "ទទេ", *PLACES)) + ")")
_COENG = "\u17d2"
_BEGINS = re.compile(r"[\u1780-\u17b3]")  # consonants and independent vowels: whatever else belongs to what is before


@lru_cache(maxsize=8192)
def words(run: str) -> tuple[str, ...]:
    """A run of Khmer letters cut into words, each of whole clusters."""
    cut: list[str] = []
    parts = [part for part in _WHOLE.split(run) if part]
    for token in (token for part in parts for token in ([part] if _WHOLE.fullmatch(part) else tokenize(part))):
        if cut and (cut[-1].endswith(_COENG) or not _BEGINS.match(token)):
            cut[-1] += token
        else:
            cut.append(token)
    return tuple(cut)


def _marked(part: re.Match[str]) -> str:
    text = part.group()
    if text.startswith("<"):
        return text
    return _RUN.sub(lambda run: "<wbr>".join(words(run.group())), text)


def with_breaks(html: str) -> str:
    """The page with its Khmer words marked, wherever text is shown."""
    return _PARTS.sub(_marked, html)
