"""Refusals as sentences for whoever types commands: English, one line."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from app.i18n.catalogues import sentence
from app.validation.refusals import Refused

Done = TypeVar("Done")


class Failed(Exception):
    """A command that cannot do what it was asked; the text is one sentence."""


async def told(doing: Coroutine[Any, Any, Done], missing: str = "") -> Done:
    """What `doing` gives; a refusal becomes Failed, "not_found" in the words of `missing`."""
    try:
        return await doing
    except Refused as refused:
        wrong = [f"{problem.field}: {sentence('en', problem.code, problem.facts)}" for problem in refused.problems]
        whole = missing if refused.code == "not_found" else sentence("en", refused.code, refused.facts)
        raise Failed(" ".join(wrong) or whole) from refused
