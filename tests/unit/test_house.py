"""The house holds: what CONTRIBUTING promises of its directions, sizes and owners is refused when it is broken."""

import argparse
import ast
import inspect
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute

from app import arguments
from app.asgi import API, DESK, GATE
from app.directory.rules import RESERVED
from app.seats.columns import COLUMNS, MESSAGES, TABLES, owner
from tests import owners
from tests.world import World

ROOT = Path(__file__).parent.parent.parent

# file (made if it is not there), the import that is planted, and what import-linter must name
WRONG = (
    ("app/registrations/changes.py", "from litestar import get", "app.registrations.changes -> litestar"),
    ("app/directory/rules.py", "from app.database.connection import fetch", "app.directory.rules -> app.database"),
    ("app/web/limits.py", "from app.gate.actions import pair", "app.web.limits -> app.gate.actions"),
    ("app/accounts/actions.py", "from app.gate.scans import record_scans", "app.accounts.actions -> app.gate.scans"),
    ("app/database/rows.py", "from app.web.icons import symbol", "app.database.rows -> app.web.icons"),
    ("app/reports/rules.py", "from litestar import get", "app.reports.rules -> litestar"),
    (
        "app/messages/actions.py",
        "from app.web.public_cache import PublicCache",
        "app.messages.actions -> app.web",
    ),
    ("app/web/newcomer.py", "", ""),
    ("app/gate/queries.py", "from app.web import newcomer", "app.gate.queries -> app.web.newcomer"),
    ("app/gate/rules.py", "from models.gate import Scan", "app.gate.rules -> models.gate"),
    ("app/events/queries.py", "from app.accounts.access import staff_of", "app.events.queries -> app.accounts.access"),
    (
        "app/registrations/pages.py",
        "from app.events.pages import HANDLERS",
        "app.registrations.pages -> app.events.pages",
    ),
    ("app/seats/places.py", "from app.web.icons import symbol", "app.seats.places -> app.web.icons"),
    ("calendars/feed.py", "from app.settings import read", "calendars.feed -> app.settings"),
    ("app/shapes_of_all/__init__.py", "", "shapes_of_all"),
    ("app/events/helpers.py", "", "helpers"),
)


def test_every_planted_wrong_import_is_refused(tmp_path: Path) -> None:
    for folder in ("app", "models", "calendars"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("_vendor", "__pycache__"))
    (tmp_path / "templates").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "piccolo_conf.py", tmp_path)
    for file, line, _ in WRONG:
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        (path.parent / "__init__.py").touch()
        with path.open("a") as opened:
            opened.write(f"\n{line}\n")
    linter = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run(
        [linter, "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert [named for _, _, named in WRONG if named not in said] == [], said


def _modules() -> list[Path]:
    found = [path for folder in ("app", "models", "calendars") for path in (ROOT / folder).rglob("*.py")]
    return [path for path in found if "piccolo_migrations" not in path.parts and "_vendor" not in path.parts]


def test_modules_and_functions_stay_small() -> None:
    long = []
    for path in _modules():
        text = path.read_text()
        if len(text.splitlines()) > 300 and path.name != "lanes.py":
            long.append(f"{path.name}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > 60:
                    long.append(f"{path.name}: {node.name} has {lines} lines")
    assert long == []


def test_every_folder_says_what_lives_there() -> None:
    folders = {path.parent for path in _modules()}
    assert [folder for folder in folders if not (folder / "__init__.py").read_text().startswith('"""')] == []


def test_no_two_classes_share_a_name() -> None:
    seen: dict[str, Path] = {}
    twice = []
    for path in _modules():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                if node.name in seen:
                    twice.append(f"{node.name}: {seen[node.name]} and {path}")
                seen[node.name] = path
    assert twice == []


# SQL by name outside seats, gate and feeds, with the reason; everything else goes by Piccolo's builder
RAW = {
    "app/directory/queries.py": 1,  # whom to call, on every party's page: 1 ms less
    "app/care/purge.py": 1,  # keys that are left of an event, which no foreign key joins to it
    "app/accounts/queries.py": 5,  # every request of staff asks who they are: 1.2 ms less
    "app/events/queries.py": 5,  # each registration, roster and page reads an event: 0.2 ms less; windows; narrow rows
    "app/events/present.py": 2,  # the same, of what others changed alone
    "app/webhooks/actions.py": 2,
    "app/webhooks/finding.py": 7,
    "app/webhooks/queries.py": 3,
    "app/webhooks/sending.py": 3,
    "app/events/campaigns.py": 3,  # an insert whose conflict is with an index of some rows; counts, grouped
    "app/festivals/actions.py": 1,  # an upsert whose revision goes on from the row that is there
    "app/registrations/queries.py": 4,  # three counts that correlate, two asked in two places; names with their keys
    "app/registrations/invitations.py": 3,  # a sum over a link's bookings decides in the UPDATE that counts one more
    "app/registrations/paper.py": 1,  # who came in with a batch: a join over two tables
    "app/registrations/finding.py": 6,  # sealed names and numbers with their keys, which no foreign key joins
    "app/registrations/set_aside.py": 1,  # sums by case, grouped, of sources of which something is set aside
    "app/registrations/resealing.py": 1,  # rows without a key, found by the key's index
    "app/desk/held.py": 1,  # two tables alike, with their makers' postings and sealed labels
    "app/reports/queries.py": 5,  # counts over one event's rows, grouped by the beginning of an instant's text
    "app/messages/fanning.py": 1,  # who is to be told: EXISTS over three tables
    "app/messages/queries.py": 10,  # counts of parties by what they are linked to, of messages by what became of them
    "app/messages/sending.py": 1,  # a claim: an UPDATE over what a SELECT … SKIP LOCKED finds
    "app/messages/writing.py": 4,  # everything about fifty messages at once, with their keys, and what others told
    "app/web/idempotency.py": 2,  # in the way of every registration with a key
    "app/web/limits.py": 1,  # counts and tells in one statement
}


def test_raw_statements_are_few_and_known() -> None:
    found = {}
    for path in _modules():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("app/seats", "app/gate", "app/database", "app/events/feed")):
            continue
        calls = 0
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                calls += isinstance(node.func, ast.Name) and node.func.id == "fetch"
                calls += isinstance(node.func, ast.Attribute) and node.func.attr in {"raw", "fetch"}
        if calls:
            found[name] = calls
    assert found == RAW


def test_every_word_of_the_command_line_leads_to_a_command() -> None:
    """Commands are named as text, which neither mypy nor import-linter reads."""

    def words(parser: argparse.ArgumentParser) -> list[str]:
        found = [run] if (run := parser.get_default("run")) else []
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for each in action.choices.values():
                    found += words(each)
        return found

    named = words(arguments.parser())
    assert len(named) >= 13
    for each in named:
        module, _, name = each.partition(":")
        assert inspect.iscoroutinefunction(getattr(import_module(module), name)), each


async def test_no_country_can_take_the_address_of_a_page(world: World) -> None:
    """What stands directly under the language is reserved, whoever adds the page."""
    taken = {
        parts[2]
        for route in world.app.routes
        if (parts := route.path.split("/")[:4])[:2] == ["", "{language:str}"] and len(parts) > 2
    }
    assert {word for word in taken if word and not word.startswith("{")} <= RESERVED


def test_every_table_has_an_owner_and_seats_own_what_decides() -> None:
    from app.database.connection import tables

    there = {table._meta.tablename: {column._meta.name for column in table._meta.columns} for table in tables()}
    assert set(TABLES) == set(there)
    assert all(columns <= there[table] for owned in (COLUMNS, MESSAGES) for table, columns in owned.items())
    assert owner("event", "seats_taken") == "seats"
    assert owner("event", "title") == "events"


def test_a_statement_of_another_rooms_column_is_seen() -> None:
    assert owners.written("UPDATE event SET seats_taken = seats_taken + $2, revision = 1 WHERE id = $1") == (
        "event",
        ("seats_taken", "revision"),
    )
    assert owners.written('UPDATE "ticket" SET "child" = ? WHERE "id" = ?') == ("ticket", ("child",))
    assert owners.written("SELECT 1 FROM event") is None
    source = compile("check('UPDATE event SET seats_taken = 0 WHERE id = $1')", f"{owners.APP}/events/x.py", "exec")
    with pytest.raises(AssertionError, match=r"app/events writes event\.seats_taken"):
        exec(source, {"check": owners.check})  # noqa: S102 - as if the line stood in events


# -- who may ask ------------------------------------------------------------------------------------------------------

PUBLIC = {
    "DESK": {"/desk/login", "/desk/login/second", "/desk/login/passkey", "/desk/welcome/{secret:str}"},
    "API": {
        "/api/v1/host-countries",
        "/api/v1/host-countries/{code:str}/contacts",
        "/api/v1/festivals",
        "/api/v1/campaigns",
        "/api/v1/events",
        "/api/v1/events/{slug:str}",
        "/api/v1/events/{slug:str}/registrations",
        "/api/v1/registrations/{key:str}",
        "/api/v1/registrations/{key:str}/tickets/{number:str}/hand-on",
        "/api/v1/registrations/{key:str}/erase",
        "/api/v1/registrations/{key:str}/undo",
        "/api/v1/registrations/{key:str}/tickets/{number:str}/undo",
    },
    "GATE": {"/gate", "/gate/pair/{token:str}"},
}


def test_public_handlers_behind_guards_are_these() -> None:
    for name, router in (("DESK", DESK), ("API", API), ("GATE", GATE)):
        public = {
            path
            for route in router.routes
            if isinstance(route, HTTPRoute)
            for handler in route.route_handlers
            for path in [route.path]
            if handler.opt.get("public")
        }
        assert public == PUBLIC[name], name


@pytest.mark.parametrize(("router", "path"), [(DESK, "/desk/new"), (API, "/api/v1/new"), (GATE, "/gate/new")])
async def test_a_handler_that_names_nothing_is_closed(world: World, router: object, path: str) -> None:
    """Whoever adds a handler and forgets who may ask has added one that a stranger cannot reach."""
    from litestar import Litestar, Response, Router, get

    @get(path)
    async def forgotten() -> Response[bytes]:
        return Response(b"everybody's names")

    assert isinstance(router, Router)
    app = Litestar(
        route_handlers=[Router("/", route_handlers=[forgotten], guards=router.guards)],
        exception_handlers=world.app.exception_handlers,
        state=world.app.state,
        logging_config=None,  # it would set the level of everybody's logs
        openapi_config=None,
    )
    import httpx

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),  # type: ignore[arg-type]
        base_url=world.settings.base_url,
    ) as client:
        answer = await client.get(path, headers={"accept": "application/json"})
    assert answer.status_code in {303, 401}
    assert "names" not in answer.text


def _sealed_places(reading: bool) -> set[str]:
    """The places ("reach.sealed_address") that code seals, or those that it opens again to show them."""
    found = set[str]()
    for path in _modules():
        if path.name == "resealing.py":
            continue  # opens everything to seal it anew: that shows nobody anything
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name.startswith("seal") is not reading:
                texts = [part for part in node.args if isinstance(part, ast.JoinedStr)]
                heads = [part.values[0].value for part in texts if isinstance(part.values[0], ast.Constant)]
                found |= {str(head).rstrip(":") for head in heads if ".sealed_" in str(head)}
    return found


def test_what_is_asked_for_and_sealed_is_read_by_somebody() -> None:
    sealed = _sealed_places(reading=False)
    assert {"reach.sealed_address", "registration.sealed_name", "registration.sealed_note"} <= sealed
    assert sealed - _sealed_places(reading=True) == set()
