"""How a request is refused: by the code of a sentence, with its facts, and every wrong field. Free of Litestar, so that
rules may refuse."""

from collections.abc import Mapping
from typing import Any

import msgspec

from app.validation.sentences import SENTENCES


class Problem(msgspec.Struct, frozen=True):
    """One wrong field: its path ("title", "pickup_points.0.name"), the code of a sentence, and the facts it names."""

    field: str
    code: str
    facts: dict[str, Any] = {}


class Refused(Exception):
    """A request that is understood and refused. `code` is a key of SENTENCES; `facts` of any name fill its sentence."""

    def __init__(self, code: str, problems: tuple[Problem, ...] = (), /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.problems = problems
        self.facts = facts

    @property
    def status(self) -> int:
        return SENTENCES[self.code][0]


class _Facts(dict[str, Any]):
    """Facts of a sentence; what nobody gave is left open rather than failing a second time."""

    def __missing__(self, name: str) -> str:
        return "…"


def filled(text: str, facts: Mapping[str, Any]) -> str:
    """A sentence with its facts."""
    return text.format_map(_Facts(facts))


def invalid(problems: list[Problem]) -> Refused:
    """The refusal that names every wrong field; a single field's own code stands for the whole where it is telling."""
    own = [problem for problem in problems if problem.code in {"party_too_large"}]
    if own and len(problems) == 1:
        return Refused(own[0].code, tuple(problems), **own[0].facts)
    return Refused("invalid", tuple(problems))
