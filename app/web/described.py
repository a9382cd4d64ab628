"""What a handler of the API says of itself, beside its path, its name and its docstring: `opt=told(…)`."""

from typing import Any

import msgspec

TOLD = "told"


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent and answered. `answer` is the Struct that shapes a success of `status`, None for one without a body;
    `body` and `query` are shapes of annotated fields, of a `partial` body none is required. `once`: takes an
    Idempotency-Key; `guarded`: takes If-Match; `tagged`: has an ETag; `limited`: says
    what is left of a limit. `problems` are its own codes, beside those that
    every operation may answer."""

    answer: Any = None
    status: int = 200
    body: type[msgspec.Struct] | None = None
    partial: bool = False
    query: type[msgspec.Struct] | None = None
    once: bool = False
    guarded: bool = False
    tagged: bool = False
    limited: bool = False
    problems: tuple[str, ...] = ()


def told(answer: Any = None, *problems: str, **facts: Any) -> dict[str, Any]:
    """What to put into a handler's `opt`."""
    return {TOLD: Described(answer=answer, problems=problems, **facts)}


class FieldProblem(msgspec.Struct, frozen=True):
    """A wrong field: its path, such as "title.km" or "pickup_points.0.name", a code, and what to do about it."""

    field: str
    code: str
    detail: str


class ProblemAnswer(msgspec.Struct, frozen=True):
    """Why a request was refused (RFC 9457). `type` is an address that answers with words; `code` never changes."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem]
