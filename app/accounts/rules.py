"""What an account needs. Pure."""

import re

from app.security.passwords import LEAST_LENGTH
from app.validation.refusals import Problem, Refused
from models.states import Role

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{3,190}")


def read_account(email: str, name: str, role: str, password: str) -> tuple[str, str]:
    """The e-mail (lower case) and name to store; raises Refused naming what is wrong."""
    problems = []
    if not _EMAIL.fullmatch(email.strip()):
        problems.append(Problem("email", "email_invalid"))
    if not name.strip():
        problems.append(Problem("name", "required"))
    if role not in tuple(Role):
        problems.append(Problem("role", "not_a_choice", {"options": ", ".join(Role)}))
    if len(password) < LEAST_LENGTH:
        problems.append(Problem("password", "password_too_short", {"low": LEAST_LENGTH}))
    if problems:
        raise Refused("invalid", tuple(problems))
    return email.strip().lower(), name.strip()[:120]
