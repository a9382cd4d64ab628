"""What an account needs. Pure."""

import re
from collections.abc import Mapping
from datetime import date

from app.accounts.shapes import TokenFields
from app.security.passwords import LEAST_LENGTH, is_guessable
from app.validation.fields import Reader
from app.validation.forms import walk
from app.validation.refusals import Problem, Refused, invalid
from app.validation.texts import clean
from models.states import Role

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{3,190}")


def password_problems(password: str, *about: str) -> list[Problem]:
    """What is wrong with a new password; `about` are words that whoever guesses it would try first."""
    if len(password) < LEAST_LENGTH:
        return [Problem("password", "password_too_short", {"low": LEAST_LENGTH})]
    return [Problem("password", "password_common")] if is_guessable(password, about) else []


def read_person(typed: Mapping[str, str]) -> tuple[str, str, Role]:
    """E-mail, name and role of somebody to invite; raises Refused naming what is wrong."""
    email, role = (typed.get(field, "").strip() for field in ("email", "role"))
    name = clean(typed.get("name", ""))
    problems = []
    if not _EMAIL.fullmatch(email):
        problems.append(Problem("email", "email_invalid"))
    if not name:
        problems.append(Problem("name", "required"))
    if role not in tuple(Role):
        problems.append(Problem("role", "not_a_choice", {"options": ", ".join(Role)}))
    if problems:
        raise invalid(problems)
    return email.lower()[:254], name[:120], Role(role)


def read_span(typed: Mapping[str, str], today: date) -> tuple[date, date | None]:
    """From when until when (the last day, none: open) a posting is; raises Refused."""
    read = Reader({name: typed.get(name, "") for name in ("from", "until")})
    since, until = read.moment("from"), read.moment("until")
    first, last = since.date() if since else today, until.date() if until else None
    if last is not None and last < first:
        read.wrong("until", "ends_before_start")
    read.finish()
    return first, last


def read_token(typed: Mapping[str, str]) -> TokenFields:
    """For which program a token is, and how long it is good; raises Refused."""
    read = Reader({name: typed.get(name, "") for name in TokenFields.__struct_fields__})
    given = TokenFields(**walk(read, TokenFields))
    read.finish()
    return given


def read_account(email: str, name: str, role: str, password: str) -> tuple[str, str]:
    """The e-mail (lower case) and name to store; raises Refused naming what is wrong."""
    problems = []
    if not _EMAIL.fullmatch(email.strip()):
        problems.append(Problem("email", "email_invalid"))
    if not name.strip():
        problems.append(Problem("name", "required"))
    if role not in tuple(Role):
        problems.append(Problem("role", "not_a_choice", {"options": ", ".join(Role)}))
    problems += password_problems(password, email, name)
    if problems:
        raise Refused("invalid", tuple(problems))
    return email.strip().lower(), name.strip()[:120]
