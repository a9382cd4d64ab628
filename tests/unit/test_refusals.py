"""Refusals: every code that is raised has a sentence, and a sentence never fails for want of a fact."""

import ast
import sqlite3
from pathlib import Path

import pytest

from app.database.lanes import TransactionLost
from app.i18n.catalogues import languages, sentence
from app.validation.refusals import Problem, Refused
from app.validation.sentences import SENTENCES
from app.web.errors import refusal_of

APP = Path(__file__).parent.parent.parent / "app"


def test_every_code_in_the_code_has_a_sentence() -> None:
    lacking = []
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = {"Refused": 0, "Problem": 1, "wrong": 1}.get(name)
            if place is None or len(node.args) <= place:
                continue
            code = node.args[place]
            if isinstance(code, ast.Constant) and code.value not in SENTENCES:
                lacking.append(f"{path.name}:{node.lineno} {code.value!r}")
    assert lacking == []


@pytest.mark.parametrize("language", languages())
def test_a_missing_fact_is_left_open(language: str) -> None:
    for code in SENTENCES:
        assert "{" not in sentence(language, code, {})
    assert "…" in sentence(language, "too_long", {})


def test_facts_may_have_any_name() -> None:
    refused = Refused("invalid", (Problem("x", "required"),), code="this", problems="that")
    assert (refused.code, refused.facts) == ("invalid", {"code": "this", "problems": "that"})


def test_a_mistake_of_ours_is_not_called_a_crowd() -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError) as mistake:
        connection.execute("SELECT nothing FROM nowhere")
    assert refusal_of(mistake.value).code == "internal"


def test_a_locked_file_is_busy(tmp_path: Path) -> None:
    one, two = (sqlite3.connect(tmp_path / "x", timeout=0) for _ in range(2))
    one.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError) as locked:
        two.execute("BEGIN EXCLUSIVE")
    assert refusal_of(locked.value).code == "busy"
    assert refusal_of(TimeoutError()).code == "busy"


@pytest.mark.parametrize(
    "kind",
    ["BUSY_RECOVERY", "BUSY_SNAPSHOT", "BUSY_TIMEOUT", "LOCKED_SHAREDCACHE"],
)
def test_every_case_of_a_busy_database_may_be_tried_again(kind: str) -> None:
    trouble = sqlite3.OperationalError(kind)
    trouble.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{kind}")
    assert refusal_of(trouble).code == "busy"
    assert refusal_of(TransactionLost()).code == "busy"
