"""Words that code holds and pages say: marked where they stand, translated where they are shown."""

import re

_FACT = re.compile(r"{(\w+)}")


class Many(str):
    """A sentence about a number of things (the plural), with what it says of `one`.

    `number` names the fact that counts: the first one of the sentence.
    """

    __slots__ = ("number", "one")

    one: str
    number: str

    def __new__(cls, one: str, many: str) -> "Many":
        made = super().__new__(cls, many)
        made.one = one
        made.number = _FACT.findall(many)[0]
        return made


def _(text: str) -> str:
    """Mark a sentence for the catalogues (`make messages` finds it); it stays as it is."""
    return text


def _n(one: str, many: str) -> Many:
    """Mark a sentence that counts: what it says of one thing, and of many."""
    return Many(one, many)
